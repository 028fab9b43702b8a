// Matrix products: register blocks, no library call, nothing copied that need not be.
//
// C (n, q) = alpha L (n, K) R (K, q) + beta C. A block of C stays in registers while K runs: MV vectors of rows times NR
// columns; a step of K loads MV vectors of L and broadcasts NR numbers of R.
//
// A small product reads R where it is, in any order, and copies of L only a panel (MV vectors of rows) whose rows are not
// contiguous or whose columns lie far apart. A large one has a second level of blocks: a block of R is copied once, in the
// order in which it is read, and stays in the second cache; then every panel of L is copied, stays in the first cache,
// and meets all of that block. It is as fast as OpenBLAS (benchmarks/products.py), and there is no library, no work space
// and no threads of a library to take care of.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

// Columns of C in registers at a time, beside MV vectors of L and a broadcast of R.
template <int MV>
constexpr int most_columns = registers == 32 ? 12 : (MV == 1 ? 8 : 6);

// What all blocks of one product share.
template <class T>
struct Block {
    T* C;
    Index ldc;
    View<const T> R;
    Index K;
    T alpha, beta;
    const T* bias;
};

// C = alpha sum + beta C + bias for the first `rows` rows and `columns` columns of a block.
template <class V, int MV, int NR, class T = ScalarOf<V>>
[[gnu::noinline]] void store_part(const V (&sum)[NR][MV], const Block<T>& block, T* C, Index rows, Index columns) {
    constexpr int lanes = lanes_of<V>;
    for (Index c = 0; c < columns; ++c)
        for (Index v = 0; v * lanes < rows; ++v) {
            const Index left = rows - v * lanes;
            T* to = C + c * block.ldc + v * lanes;
            V value = sum[c][v] * block.alpha;
            if (block.bias) value += load_some<V>(block.bias + v * lanes, left);
            if (block.beta != T(0)) value += load_some<V>(to, left) * block.beta;
            store_some(to, value, left);
        }
}

// The same for all of it.
template <class V, int MV, int NR, class T = ScalarOf<V>>
inline void store_whole(V (&sum)[NR][MV], const Block<T>& block, T* C) {
    constexpr int lanes = lanes_of<V>;
    V bias[MV] = {};
    if (block.bias)
#pragma GCC unroll 4
        for (int v = 0; v < MV; ++v) bias[v] = load<V>(block.bias + v * lanes);
    if (block.beta != T(0)) {
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
#pragma GCC unroll 4
            for (int v = 0; v < MV; ++v) {
                T* to = C + c * block.ldc + v * lanes;
                store(to, sum[c][v] * block.alpha + bias[v] + load<V>(to) * block.beta);
            }
        }
    } else {
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
#pragma GCC unroll 4
            for (int v = 0; v < MV; ++v) store(C + c * block.ldc + v * lanes, sum[c][v] * block.alpha + bias[v]);
        }
    }
}

template <class V, int MV, int NR, class T = ScalarOf<V>>
inline void store_block(V (&sum)[NR][MV], const Block<T>& block, T* C, Index rows, Index columns) {
    if (rows == MV * lanes_of<V> && columns == NR) return store_whole(sum, block, C);
    // A copy: what a function is given the address of does not stay in registers.
    V copy[NR][MV];
#pragma GCC unroll 16
    for (int c = 0; c < NR; ++c) {
#pragma GCC unroll 4
        for (int v = 0; v < MV; ++v) copy[c][v] = sum[c][v];
    }
    store_part(copy, block, C, rows, columns);
}

// C[0:rows, q:q+columns], at most NR columns, its rows those of the panel L: row i of column p at L[p * step + i].
template <class V, int MV, int NR, class T = ScalarOf<V>>
inline void register_block(const Block<T>& block, const T* L, Index step, Index rows, Index q, Index columns) {
    V sum[NR][MV] = {};
    const T* R = block.R.data + q * block.R.columns;
    // Columns that are not there are the last one again.
    Index at[NR];
#pragma GCC unroll 16
    for (int c = 0; c < NR; ++c) at[c] = smaller<Index>(c, columns - 1) * block.R.columns;
    for (Index p = 0; p < block.K; ++p) {
        V l[MV];
#pragma GCC unroll 4
        for (int v = 0; v < MV; ++v) l[v] = load<V>(L + v * lanes_of<V>);
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
            const V r = splat<V>(R[at[c]]);
#pragma GCC unroll 4
            for (int v = 0; v < MV; ++v) sum[c][v] += l[v] * r;
        }
        L += step;
        R += block.R.rows;
    }
    store_block(sum, block, block.C + q * block.ldc, rows, columns);
}

// All columns of C for one panel of at most MV vectors of rows.
template <class V, int MV, class T = ScalarOf<V>>
inline void panel_times(const Block<T>& block, const T* L, Index step, Index rows, Index columns) {
    constexpr int most = most_columns<MV>, few = 4;
    Index q = 0;
    for (; q + most <= columns; q += most) register_block<V, MV, most>(block, L, step, rows, q, most);
    if constexpr (MV == 1 && most > 8)
        // With one vector of rows, 4 columns wait for their sums.
        for (; columns - q > few; q += 8) register_block<V, MV, 8>(block, L, step, rows, q, smaller<Index>(8, columns - q));
    for (; q < columns; q += few) register_block<V, MV, few>(block, L, step, rows, q, smaller<Index>(few, columns - q));
}

// to[p * height + i] = from[i * step + p] for as many i and p as a vector has lanes.
template <class V, class T = ScalarOf<V>>
inline void transpose(T* to, Index height, const T* from, Index step) {
    constexpr int lanes = lanes_of<V>;
    V v[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) v[i] = load<V>(from + i * step);
#pragma GCC unroll 4
    for (int stage = 1; stage < lanes; stage *= 2) {
        V next[lanes];
#pragma GCC unroll 8
        for (int i = 0; i < lanes / 2; ++i) {
            next[2 * i] = v[i], next[2 * i + 1] = v[i + lanes / 2];
            interleave(next[2 * i], next[2 * i + 1]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < lanes; ++i) v[i] = next[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) store(to + i * height, v[i]);
}

// Copy rows x K of L so that each column's `height` numbers are contiguous, zeros below the last row.
template <class T>
[[gnu::noinline]] void pack(T* panel, View<const T> L, Index rows, Index height, Index K) {
    using V = Vector<T, (registers == 32 ? register_bytes : 16) / int(sizeof(T))>;
    constexpr Index lanes = lanes_of<V>;
    if (rows < height)
        for (Index i = 0; i < height * K; ++i) panel[i] = T(0);
    if (L.rows == 1) {
        using W = Full<T>;
        for (Index p = 0; p < K; ++p) {
            // What is written too far, the next column writes over.
            const Index room = lanes_of<W> <= height && p + 1 < K ? lanes_of<W> : 0;
            const T* const from = L.data + p * L.columns;
            for (Index i = 0; i < rows; i += lanes_of<W>)
                store_some(panel + p * height + i, load_some<W>(from + i, rows - i), larger(room, rows - i));
        }
        return;
    }
    Index done = 0;
    if (L.columns == 1)
        for (; done + lanes <= K; done += lanes) {
            Index i = 0;
            for (; i + lanes <= rows; i += lanes)
                transpose<V>(panel + done * height + i, height, L.data + i * L.rows + done, L.rows);
            for (; i < rows; ++i)
                for (Index p = done; p < done + lanes; ++p) panel[p * height + i] = L.data[i * L.rows + p];
        }
    for (Index i = 0; i < rows; ++i)
        for (Index p = done; p < K; ++p) panel[p * height + i] = L.data[i * L.rows + p * L.columns];
}

template <class V, int MV, class T = ScalarOf<V>>
inline void rows_times(Block<T> block, View<const T> L, Index rows, Index columns, T* panel) {
    constexpr Index height = MV * lanes_of<V>;
    const bool far = L.columns != height && columns > 2 * most_columns<MV> && block.K > 16;
    if (L.rows == 1 && rows == height && !far) return panel_times<V, MV>(block, L.data, L.columns, rows, columns);
    pack(panel, L, rows, height, block.K);
    panel_times<V, MV>(block, panel, height, rows, columns);
}

// All rows of C for the block of K that `block` and L are of.
template <class T>
inline void small_product(Block<T> block, View<const T> L, Index n, Index q, T* panel) {
    constexpr int lanes = full_lanes<T>;
    T* const C = block.C;
    const T* const bias = block.bias;
    for (Index i = 0; i < n;) {
        const View<const T> left = {L.data + i * L.rows, L.rows, L.columns};
        block.C = C + i;
        block.bias = bias ? bias + i : nullptr;
        const Index rest = n - i;
        // The narrowest vectors that hold what is left: of 20 rows in float64 16 and 4, none of them idle.
        const Index rows = smaller<Index>(rest, rest > lanes + lanes / 2 ? 2 * lanes : lanes);
        if (rows > lanes)
            rows_times<Full<T>, 2>(block, left, rows, q, panel);
        else if (rows > lanes / 2 || sizeof(Full<T>) == 16)
            rows_times<Full<T>, 1>(block, left, rows, q, panel);
        else if (rows > lanes / 4 || sizeof(Full<T>) == 32)
            rows_times<Vector<T, larger(full_lanes<T> / 2, 2)>, 1>(block, left, rows, q, panel);
        else
            rows_times<Vector<T, larger(full_lanes<T> / 4, 2)>, 1>(block, left, rows, q, panel);
        i += rows;
    }
}

// Steps of K between two questions whether it has ended. Panels are as long as a multiple of it, with zeros at their end.
constexpr Index steps_at_once = 4;
inline Index whole_steps(Index K) { return (K + steps_at_once - 1) / steps_at_once * steps_at_once; }

template <class T>
inline void pack_whole_steps(T* panel, View<const T> L, Index rows, Index height, Index K) {
    pack(panel, L, rows, height, K);
    for (Index i = height * K; i < height * whole_steps(K); ++i) panel[i] = T(0);
}

// The blocks of a large product: `height` rows of C times `width` columns in registers.
template <class T>
struct Large {
    static constexpr int vectors = 2, width = most_columns<vectors>;
    static constexpr Index height = vectors * full_lanes<T>;
};

// C[0:rows, 0:columns] for a panel of L and one of R, both copied.
template <class T>
inline void packed_block(const Block<T>& block, T* C, const T* L, const T* R, Index rows, Index columns) {
    using V = Full<T>;
    constexpr int MV = Large<T>::vectors, NR = Large<T>::width, lanes = full_lanes<T>;
    constexpr Index height = Large<T>::height;
    V sum[NR][MV] = {};
    for (Index c = 0; c < columns; ++c) {
        __builtin_prefetch(C + c * block.ldc, 1);
        if constexpr (height * sizeof(T) > 64) __builtin_prefetch(C + c * block.ldc + height - 1, 1);
    }
    const auto step = [&] {
        V l[MV];
#pragma GCC unroll 4
        for (int v = 0; v < MV; ++v) l[v] = load<V>(L + v * lanes);
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
            const V r = splat<V>(R[c]);
#pragma GCC unroll 4
            for (int v = 0; v < MV; ++v) sum[c][v] += l[v] * r;
        }
        L += height, R += NR;
    };
    for (Index p = 0; p < block.K; p += steps_at_once) step(), step(), step(), step();
    store_block(sum, block, C, rows, columns);
}

// Copy K x q of R, `width` columns side by side; zeros beside the last.
template <class T>
inline void pack_columns(T* to, View<const T> R, Index K, Index q) {
    constexpr Index width = Large<T>::width;
    for (Index j = 0; j < q; j += width, to += width * whole_steps(K))
        pack_whole_steps<T>(to, {R.data + j * R.columns, R.columns, R.rows}, smaller(width, q - j), width, K);
}

// Copy rows x K of L as panels of `height` rows, one behind the other.
template <class T>
inline void pack_rows(T* to, View<const T> L, Index rows, Index K) {
    constexpr Index height = Large<T>::height, lanes = full_lanes<T>, ahead = 8;
    const Index size = height * whole_steps(K);
    Index i = 0;
    if (L.rows == 1) {
        // Column by column through all panels: columns lie on pages of their own, which no prefetcher of the processor
        // goes beyond.
        const Index whole = rows / height * height;
        for (Index p = 0; p < K; ++p)
            for (i = 0; i < whole; i += lanes) {
                const T* const from = L.data + p * L.columns + i;
                __builtin_prefetch(from + ahead * L.columns);
                store(to + i / height * size + p * height + i % height, load<Full<T>>(from));
            }
        for (i = 0; i < whole; i += height)
            for (Index p = height * K; p < size; ++p) to[i / height * size + p] = T(0);
    }
    for (; i < rows; i += height)
        pack_whole_steps(to + i / height * size, {L.data + i * L.rows, L.rows, L.columns}, smaller(height, rows - i),
                         height, K);
}

// All of C for the block of K and the columns that `block`, R and L are of.
template <class T>
inline void large_product(Block<T> block, View<const T> L, Index n, Index q, T* panel) {
    constexpr Index width = Large<T>::width, height = Large<T>::height, most = packed_rows / height * height;
    T *const C = block.C, *const packed = panel + packed_rows * longest_block;
    const T* const bias = block.bias;
    const Index K = block.K;
    block.K = whole_steps(K);
    pack_columns(packed, block.R, K, q);
    for (Index first = 0; first < n; first += most) {
        const Index end = smaller(n, first + most);
        pack_rows(panel, {L.data + first * L.rows, L.rows, L.columns}, end - first, K);
        for (Index j = 0; j < q; j += width)
            for (Index i = first; i < end; i += height) {
                block.bias = bias ? bias + i : nullptr;
                packed_block(block, C + i + j * block.ldc, panel + (i - first) * block.K, packed + j * block.K,
                             smaller(height, n - i), smaller(width, q - j));
            }
    }
}

// Numbers of L, R and C together that stay in the second cache without being copied.
constexpr Index small_product_size = Index(1) << 19;

// Whether R meets enough rows of L, and L enough columns of R, to be worth copying: where they do not stay in the second
// cache, or neighbours in R fall on the same lines of a cache, which holds 8 to 16 of them.
template <class T>
inline bool is_large(View<const T> R, Index n, Index q, Index K) {
    const Index stride = larger(R.rows, R.columns) * Index(sizeof(T));
    const bool collides = stride % 1024 == 0 && stride != 0;
    return n >= 64 && q >= 24 && K >= 32 && (collides || n * K + K * q + n * q >= small_product_size);
}

template <class T>
void product(T* C, Index ldc, View<const T> L, View<const T> R, Index n, Index q, Index K, T alpha, T beta,
             const T* bias, T* panel) {
    const Index blocks = larger<Index>(1, (K + longest_block - 1) / longest_block);
    // A vector that lies on two lines of the cache takes two of its turns.
    panel = reinterpret_cast<T*>((reinterpret_cast<std::uintptr_t>(panel) + 63) / 64 * 64);
    const bool large = is_large(R, n, q, K);
    // Equal blocks of columns, as few as there is room for.
    constexpr Index unit = Large<T>::width;
    const Index equal = (q + packed_columns - 1) / packed_columns;
    const Index width = large ? ((q + equal - 1) / equal + unit - 1) / unit * unit : q;
    for (Index j = 0; j < q; j += width)
        for (Index b = 0; b < blocks; ++b) {
            const Index from = K * b / blocks, length = K * (b + 1) / blocks - from, columns = smaller(width, q - j);
            const View<const T> left = {L.data + from * L.columns, L.rows, L.columns};
            const View<const T> right = {R.data + from * R.rows + j * R.columns, R.rows, R.columns};
            const Block<T> block = {C + j * ldc, ldc, right, length, alpha, b ? T(1) : beta, b ? nullptr : bias};
            if (large)
                large_product(block, left, n, columns, panel);
            else
                small_product(block, left, n, columns, panel);
        }
}

template <class T>
void dots(T* z, const T* w, const T* A, Index ld, Index K, Index k, T b) {
    using V = Full<T>;
    constexpr int at_once = 4;
    Index j = 0;
    for (; j + at_once <= k; j += at_once) {
        V sum[at_once] = {};
        Index p = 0;
        for (; p + lanes_of<V> <= K; p += lanes_of<V>) {
            const V l = load<V>(w + p);
#pragma GCC unroll 4
            for (int c = 0; c < at_once; ++c) sum[c] += l * load<V>(A + (j + c) * ld + p);
        }
#pragma GCC unroll 4
        for (int c = 0; c < at_once; ++c) {
            T rest = 0;
            for (Index i = p; i < K; ++i) rest += w[i] * A[(j + c) * ld + i];
            z[j + c] = sum_of(sum[c]) + rest + b;
        }
    }
    for (; j < k; ++j) {
        V sum{};
        Index p = 0;
        for (; p + lanes_of<V> <= K; p += lanes_of<V>) sum += load<V>(w + p) * load<V>(A + j * ld + p);
        T rest = 0;
        for (; p < K; ++p) rest += w[p] * A[j * ld + p];
        z[j] = sum_of(sum) + rest + b;
    }
}

template <class T>
void weighted_columns(T* g, const T* dz, const T* A, Index ld, Index K, Index k, T alpha, T beta) {
    using V = Full<T>;
    constexpr int wide = 4, lanes = lanes_of<V>;
    Index p = 0;
    const auto finish = [&](T* to, V sum, Index rows) {
        V value = sum * alpha;
        if (beta != T(0)) value += load_some<V>(to, rows) * beta;
        store_some(to, value, rows);
    };
    for (; p + wide * lanes <= K; p += wide * lanes) {
        V sum[wide] = {};
        for (Index j = 0; j < k; ++j) {
            const V d = splat<V>(dz[j]);
#pragma GCC unroll 4
            for (int v = 0; v < wide; ++v) sum[v] += d * load<V>(A + j * ld + p + v * lanes);
        }
#pragma GCC unroll 4
        for (int v = 0; v < wide; ++v) finish(g + p + v * lanes, sum[v], lanes);
    }
    for (; p < K; p += lanes) {
        const Index rows = smaller<Index>(lanes, K - p);
        V sum{}, other{};
        Index j = 0;
        for (; j + 2 <= k; j += 2) {
            sum += splat<V>(dz[j]) * load_some<V>(A + j * ld + p, rows);
            other += splat<V>(dz[j + 1]) * load_some<V>(A + (j + 1) * ld + p, rows);
        }
        if (j < k) sum += splat<V>(dz[j]) * load_some<V>(A + j * ld + p, rows);
        finish(g + p, sum + other, rows);
    }
}

template <class T>
void row_sums(T* s, const T* dZ, Index ld, Index n, Index k) {
    using V = Full<T>;
    if (ld == 1) {
        V sum[2] = {};
        Index j = 0;
        for (; j + 2 * lanes_of<V> <= k; j += 2 * lanes_of<V>) {
            sum[0] += load<V>(dZ + j);
            sum[1] += load<V>(dZ + j + lanes_of<V>);
        }
        T rest = 0;
        for (; j < k; ++j) rest += dZ[j];
        s[0] = sum_of(sum[0] + sum[1]) + rest;
        return;
    }
    for (Index i = 0; i < n; i += lanes_of<V>) {
        const Index rows = smaller<Index>(lanes_of<V>, n - i);
        V sum{}, other{};
        Index j = 0;
        for (; j + 2 <= k; j += 2) {
            sum += load_some<V>(dZ + j * ld + i, rows);
            other += load_some<V>(dZ + (j + 1) * ld + i, rows);
        }
        if (j < k) sum += load_some<V>(dZ + j * ld + i, rows);
        store_some(s + i, sum + other, rows);
    }
}

}  // namespace
}  // namespace pellucid
