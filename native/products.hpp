// Matrix products for matrices that fit a cache: register blocks, no library call, nothing copied that need not be.
//
// C (n, q) = alpha L (n, K) R (K, q) + beta C. A block of C stays in registers while K runs: `MV` vectors of rows
// times `NR` columns; a step of K loads MV vectors of L and broadcasts NR numbers of R. L is therefore wanted
// with its rows contiguous: where it is not, or its columns lie far apart, a panel of it is copied first. R may lie
// in any order and is read where it is, unless its strides collide in the cache. On the products of a training step that
// is as fast as OpenBLAS, which copies both (benchmarks/products.py), and there is no library, no work space and no
// threads of a library to take care of.
#pragma once

#include <algorithm>
#include <type_traits>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

#if defined(__AVX512F__)
constexpr int register_bytes = 64, registers = 32;
#elif defined(__aarch64__)
constexpr int register_bytes = 16, registers = 32;
#elif defined(__AVX__)
constexpr int register_bytes = 32, registers = 16;
#else
constexpr int register_bytes = 16, registers = 16;
#endif

template <class T>
constexpr int full_lanes = register_bytes / int(sizeof(T));
template <class T>
using Full = Vector<T, full_lanes<T>>;

// Columns of C in registers at a time, beside MV vectors of L and a broadcast of R.
template <int MV>
constexpr int most_columns = registers == 32 ? 12 : (MV == 1 ? 8 : 6);

// The first `rows` lanes, the others 0. With a mask it is one instruction: without, a network of 20, 7 and 5 units
// spends a quarter of its time here.
template <class V>
inline V load_some(const ScalarOf<V>* from, Index rows) {
    if (rows >= lanes_of<V>) return load<V>(from);
#if defined(__AVX512VL__)
    const auto mask = (1u << rows) - 1;
    if constexpr (std::is_same_v<V, Vector<double, 8>>) return (V)_mm512_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return (V)_mm256_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return (V)_mm_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 16>>) return (V)_mm512_maskz_loadu_ps(__mmask16(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return (V)_mm256_maskz_loadu_ps(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return (V)_mm_maskz_loadu_ps(__mmask8(mask), from);
#endif
    V value{};
    for (Index i = 0; i < rows; ++i) value[i] = from[i];
    return value;
}

template <class V>
inline void store_some(ScalarOf<V>* to, V value, Index rows) {
    if (rows >= lanes_of<V>) return store(to, value);
#if defined(__AVX512VL__)
    const auto mask = (1u << rows) - 1;
    if constexpr (std::is_same_v<V, Vector<double, 8>>) return _mm512_mask_storeu_pd(to, __mmask8(mask), (__m512d)value);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return _mm256_mask_storeu_pd(to, __mmask8(mask), (__m256d)value);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return _mm_mask_storeu_pd(to, __mmask8(mask), (__m128d)value);
    if constexpr (std::is_same_v<V, Vector<float, 16>>) return _mm512_mask_storeu_ps(to, __mmask16(mask), (__m512)value);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return _mm256_mask_storeu_ps(to, __mmask8(mask), (__m256)value);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return _mm_mask_storeu_ps(to, __mmask8(mask), (__m128)value);
#endif
    for (Index i = 0; i < rows; ++i) to[i] = value[i];
}

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

// C[0:rows, q:q+NR], its rows those of the panel L: row i of column p at L[p * step + i].
template <class V, int MV, int NR, class T = ScalarOf<V>>
inline void register_block(const Block<T>& block, const T* L, Index step, Index rows, Index q) {
    V sum[NR][MV] = {};
    const T* R = block.R.data + q * block.R.columns;
    const Index next = block.R.columns;
    for (Index p = 0; p < block.K; ++p) {
        V l[MV];
#pragma GCC unroll 4
        for (int v = 0; v < MV; ++v) l[v] = load<V>(L + v * lanes_of<V>);
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
            const V r = splat<V>(R[c * next]);
#pragma GCC unroll 4
            for (int v = 0; v < MV; ++v) sum[c][v] += l[v] * r;
        }
        L += step;
        R += block.R.rows;
    }
#pragma GCC unroll 4
    for (int v = 0; v < MV; ++v) {
        const Index first = v * lanes_of<V>, left = rows - first;
        const V b = block.bias ? load_some<V>(block.bias + first, left) : V{};
#pragma GCC unroll 16
        for (int c = 0; c < NR; ++c) {
            T* to = block.C + (q + c) * block.ldc + first;
            V value = sum[c][v] * block.alpha + b;
            if (block.beta != T(0)) value += load_some<V>(to, left) * block.beta;
            store_some(to, value, left);
        }
    }
}

// All q columns of C for one panel of at most MV vectors of rows.
template <class V, int MV, class T = ScalarOf<V>>
inline void panel_times(const Block<T>& block, const T* L, Index step, Index rows, Index columns) {
    constexpr int most = most_columns<MV>;
    Index q = 0;
    for (; q + most <= columns; q += most) register_block<V, MV, most>(block, L, step, rows, q);
    if constexpr (most > 8)
        for (; q + 8 <= columns; q += 8) register_block<V, MV, 8>(block, L, step, rows, q);
    for (; q + 4 <= columns; q += 4) register_block<V, MV, 4>(block, L, step, rows, q);
    for (; q + 2 <= columns; q += 2) register_block<V, MV, 2>(block, L, step, rows, q);
    if (q < columns) register_block<V, MV, 1>(block, L, step, rows, q);
}

// Copy rows x K of L so that each column's `height` numbers are contiguous, zeros below the last row.
template <class T>
inline void pack(T* panel, View<const T> L, Index rows, Index height, Index K) {
    if (rows < height)
        for (Index i = 0; i < height * K; ++i) panel[i] = T(0);
    if (L.rows == 1) {
        for (Index p = 0; p < K; ++p)
            for (Index i = 0; i < rows; ++i) panel[p * height + i] = L.data[p * L.columns + i];
    } else {
        // In tiles of a cache line: whole rows at once would push the panel out of the first cache.
        for (Index tile = 0; tile < K; tile += 16)
            for (Index i = 0; i < rows; ++i)
                for (Index p = tile; p < std::min(tile + 16, K); ++p)
                    panel[p * height + i] = L.data[i * L.rows + p * L.columns];
    }
}

template <class V, int MV, class T = ScalarOf<V>>
inline void rows_times(Block<T> block, View<const T> L, Index rows, Index columns, T* panel) {
    constexpr Index height = MV * lanes_of<V>;
    const bool far = L.columns != height && columns > 2 * most_columns<MV> && block.K > 16;
    if (L.rows == 1 && rows == height && !far) return panel_times<V, MV>(block, L.data, L.columns, rows, columns);
    pack(panel, L, rows, height, block.K);
    panel_times<V, MV>(block, panel, height, rows, columns);
}

// All rows of C for the columns and the block of K that `block` and L are of.
template <class T>
inline void columns_times(Block<T> block, View<const T> L, Index n, Index q, T* panel) {
    constexpr int lanes = full_lanes<T>;
    T* const C = block.C;
    const T* const bias = block.bias;
    for (Index i = 0; i < n;) {
        const View<const T> left = {L.data + i * L.rows, L.rows, L.columns};
        block.C = C + i;
        block.bias = bias ? bias + i : nullptr;
        const Index rest = n - i;
        // The narrowest vectors that hold what is left: of 20 rows in float64 16 and 4, none of them idle.
        const Index rows = std::min<Index>(rest, rest > lanes + lanes / 2 ? 2 * lanes : lanes);
        if (rows > lanes)
            rows_times<Full<T>, 2>(block, left, rows, q, panel);
        else if (rows > lanes / 2 || sizeof(Full<T>) == 16)
            rows_times<Full<T>, 1>(block, left, rows, q, panel);
        else if (rows > lanes / 4 || sizeof(Full<T>) == 32)
            rows_times<Vector<T, std::max(full_lanes<T> / 2, 2)>, 1>(block, left, rows, q, panel);
        else
            rows_times<Vector<T, std::max(full_lanes<T> / 4, 2)>, 1>(block, left, rows, q, panel);
        i += rows;
    }
}

// Copy K x q of R, each column contiguous.
template <class T>
inline void copy_columns(T* to, View<const T> R, Index K, Index q) {
    if (R.rows == 1) {
        for (Index j = 0; j < q; ++j)
            for (Index p = 0; p < K; ++p) to[j * copied_step + p] = R.data[p + j * R.columns];
    } else {
        for (Index p = 0; p < K; ++p)
            for (Index j = 0; j < q; ++j) to[j * copied_step + p] = R.data[p * R.rows + j * R.columns];
    }
}

// Whether neighbours in R fall on the same lines of a cache, which holds 8 of them, and meet enough rows of L to be worth
// copying: with 20 rows it takes longer. Pictures of 64 x 64 x 3 do so in either type: X^T X of the course's 209 takes 10 ms
// from a copy instead of 14.
template <class T>
inline bool collides(View<const T> R, Index n, Index q, Index K) {
    const Index stride = std::max(R.rows, R.columns) * Index(sizeof(T));
    return stride % 1024 == 0 && stride != 0 && n >= 64 && q >= 12 && K >= 16;
}

template <class T>
void product(T* C, Index ldc, View<const T> L, View<const T> R, Index n, Index q, Index K, T alpha, T beta,
             const T* bias, T* panel) {
    const Index blocks = std::max<Index>(1, (K + longest_block - 1) / longest_block);
    const bool copies = collides(R, n, q, K);
    const Index width = copies ? copied_columns : q;
    T* const copied = panel + panel_rows * longest_block;
    for (Index j = 0; j < q; j += width) {
        const Index columns = std::min(width, q - j);
        for (Index b = 0; b < blocks; ++b) {
            const Index from = K * b / blocks, length = K * (b + 1) / blocks - from;
            View<const T> right = {R.data + from * R.rows + j * R.columns, R.rows, R.columns};
            if (copies) {
                copy_columns(copied, right, length, columns);
                right = {copied, 1, copied_step};
            }
            const View<const T> left = {L.data + from * L.columns, L.rows, L.columns};
            columns_times<T>({C + j * ldc, ldc, right, length, alpha, b ? T(1) : beta, b ? nullptr : bias}, left, n,
                             columns, panel);
        }
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
        const Index rows = std::min<Index>(lanes, K - p);
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
        const Index rows = std::min<Index>(lanes_of<V>, n - i);
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
