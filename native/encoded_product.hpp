// The first layer of a table that stays encoded: rows of W gathered instead of multiplied.
//
// A number is its value, a piece and the fraction f of the way through it: Z receives value times one column of W, what all
// pieces below add up to, and f times the piece's own column. A category, or that a number is missing, is one column. See
// pellucid.core.encoding, which states it and its gradient. As in sparse_product.hpp, `NV` vectors of a column stay in
// registers while the columns of a table run.
#pragma once

#include <cstdint>

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

// Vectors of a column of Z in registers at a time: forward three sums of them, backward one beside dZ.
constexpr int most_encoded_vectors = registers == 32 ? 8 : 4;
static_assert(most_encoded_vectors * register_bytes <= 8 * 64, "encoded_scratch has room for so many");

// Examples that are drawn at random are asked for this long before they are needed.
constexpr Index rows_ahead = 2;

template <class T>
inline void fetch_row(const EncodedRows<T>& X, Index example) {
    constexpr Index line = 64;
    const auto fetch = [](const void* from, Index bytes) {
        for (Index i = 0; i < bytes; i += line) __builtin_prefetch(static_cast<const char*>(from) + i);
    };
    fetch(X.values + example * X.n_values, X.n_values * Index(sizeof(T)));
    fetch(X.fractions + example * X.n_pieced, X.n_pieced * Index(sizeof(T)));
    fetch(X.codes + example * X.n_coded, X.n_coded * Index(sizeof(std::int32_t)));
}

// What all blocks of one call share.
template <class T>
struct EncodedProduct {
    T* Z;
    Index ldz;
    const T *W, *below;
    Index n;
    EncodedRows<T> X;
    const std::int64_t* which;
    Index first, count;
    const T* bias;
};

// `rows` rows from `row` on, at most NV vectors of them, of every column of Z.
template <int NV, class T>
inline void encoded_product_rows(const EncodedProduct<T>& all, Index row, Index rows) {
    using V = Full<T>;
    constexpr int lanes = full_lanes<T>;
    const EncodedRows<T>& X = all.X;
    const T *const W = all.W + row, *const below = all.below + row;
    for (Index q = 0; q < all.count; ++q) {
        if (all.which && q + rows_ahead < all.count) fetch_row(X, all.which[q + rows_ahead]);
        const Index example = all.which ? all.which[q] : all.first + q;
        const T *const x = X.values + example * X.n_values, *const f = X.fractions + example * X.n_pieced;
        const std::int32_t* const codes = X.codes + example * X.n_coded;
        V multiplied[NV] = {}, gathered[NV] = {}, inside[NV] = {};
        const auto add = [&](V(&to)[NV], const T* column, T factor) {
            const V value = splat<V>(factor);
#pragma GCC unroll 8
            for (int v = 0; v < NV; ++v) to[v] += value * load<V>(column + v * lanes);
        };
        const auto gather = [&](const T* column) {
#pragma GCC unroll 8
            for (int v = 0; v < NV; ++v) gathered[v] += load<V>(column + v * lanes);
        };
        for (Index i = 0; i < X.n_values; ++i) add(multiplied, W + X.value_columns[i] * all.n, x[i]);
        for (Index i = 0; i < X.n_pieced; ++i) {
            const Index column = (X.first_columns[i] + codes[i]) * all.n;
            gather(below + column);
            add(inside, W + column, f[i]);
        }
        for (Index i = X.n_pieced; i < X.n_coded; ++i)
            if (codes[i] >= 0) gather(W + (X.first_columns[i] + codes[i]) * all.n);
        T* const to = all.Z + q * all.ldz + row;
        // Only the last vector can be a part of one.
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) {
            const Index left = v < NV - 1 ? lanes : rows - v * lanes;
            store_some(to + v * lanes, multiplied[v] + inside[v] + gathered[v] + load_some<V>(all.bias + row + v * lanes, left),
                       left);
        }
    }
}

// What one column of the table adds to its columns of dW.
template <class T>
struct EncodedGradient {
    T* dW;
    const T* dZ;
    Index ldz, n;
    EncodedColumn<T> column;
    const std::int64_t* which;
    Index first, count;
    T alpha, beta;
    T* scratch;
};

template <int NV, class T>
inline void store_gradient(const EncodedGradient<T>& all, T* to, const Full<T> (&sum)[NV], Index rows) {
    using V = Full<T>;
    constexpr int lanes = full_lanes<T>;
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v) {
        const Index left = v < NV - 1 ? lanes : rows - v * lanes;
        V value = sum[v] * all.alpha;
        if (all.beta != T(0)) value += load_some<V>(to + v * lanes, left) * all.beta;
        store_some(to + v * lanes, value, left);
    }
}

// Of a number: the value's column, and from the sums of dZ and of f dZ over the examples of each piece those of the pieces,
// each of which also receives the dZ of all pieces above it.
template <int NV, class T>
inline void number_gradient_rows(const EncodedGradient<T>& all, Index row, Index rows) {
    using V = Full<T>;
    constexpr int lanes = full_lanes<T>;
    constexpr Index width = NV * lanes;
    const EncodedColumn<T>& own = all.column;
    T* const sums = all.scratch;
    for (Index i = 0; i < own.size * 2 * width; i += lanes) store(sums + i, V{});
    V value[NV] = {};
    for (Index q = 0; q < all.count; ++q) {
        const Index example = all.which ? all.which[q] : all.first + q;
        const T* const from = all.dZ + q * all.ldz + row;
        const V x = splat<V>(own.values[example * own.value_step]);
        V dZ[NV];
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) dZ[v] = load<V>(from + v * lanes), value[v] += x * dZ[v];
        if (own.size == 0) continue;
        const V f = splat<V>(own.fractions[example * own.fraction_step]);
        T* const whole = sums + own.codes[example * own.code_step] * 2 * width;
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) {
            store(whole + v * lanes, load<V>(whole + v * lanes) + dZ[v]);
            store(whole + width + v * lanes, load<V>(whole + width + v * lanes) + f * dZ[v]);
        }
    }
    store_gradient<NV>(all, all.dW + row, value, rows);
    V above[NV] = {};
    for (Index piece = own.size - 1; piece >= 0; --piece) {
        const T* const whole = sums + piece * 2 * width;
        V sum[NV];
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) sum[v] = above[v] + load<V>(whole + width + v * lanes);
        store_gradient<NV>(all, all.dW + (1 + piece) * all.n + row, sum, rows);
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) above[v] += load<V>(whole + v * lanes);
    }
}

// Of levels own.from .. own.from + own.size: each receives the dZ of its examples.
template <int NV, class T>
inline void level_gradient_rows(const EncodedGradient<T>& all, Index row, Index rows) {
    using V = Full<T>;
    constexpr int lanes = full_lanes<T>;
    const EncodedColumn<T>& own = all.column;
    const V none[NV] = {};
    EncodedGradient<T> scaled = all;
    scaled.alpha = T(0);
    for (Index level = 0; level < own.size; ++level)
        store_gradient<NV>(scaled, all.dW + level * all.n + row, none, rows);
    for (Index q = 0; q < all.count; ++q) {
        const Index example = all.which ? all.which[q] : all.first + q;
        const Index level = own.codes[example * own.code_step] - own.from;
        if (level < 0 || level >= own.size) continue;
        const T* const from = all.dZ + q * all.ldz + row;
        T* const to = all.dW + level * all.n + row;
#pragma GCC unroll 8
        for (int v = 0; v < NV; ++v) {
            const Index left = v < NV - 1 ? lanes : rows - v * lanes;
            store_some(to + v * lanes, load_some<V>(to + v * lanes, left) + load_some<V>(from + v * lanes, left) * all.alpha,
                       left);
        }
    }
}

// Call rows.operator()<NV>(row, count) for blocks of rows that fit the registers.
template <class T, int NV = 1, class Rows>
inline void encoded_vectors(int vectors, Index row, Index count, Rows& rows) {
    if (vectors == NV) return rows.template operator()<NV>(row, count);
    if constexpr (NV < most_encoded_vectors) encoded_vectors<T, NV + 1>(vectors, row, count, rows);
}
template <class T, class Rows>
inline void encoded_blocks(Index n, Rows rows) {
    constexpr Index lanes = full_lanes<T>;
    const Index vectors = (n + lanes - 1) / lanes, blocks = (vectors + most_encoded_vectors - 1) / most_encoded_vectors;
    for (Index b = 0; b < blocks; ++b) {
        const Index from = vectors * b / blocks, to = vectors * (b + 1) / blocks;
        encoded_vectors<T>(int(to - from), from * lanes, smaller(n, to * lanes) - from * lanes, rows);
    }
}

template <class T>
void encoded_product(T* Z, Index ldz, const T* W, const T* below, Index n, const EncodedRows<T>& X,
                     const std::int64_t* which, Index first, Index count, const T* bias) {
    const EncodedProduct<T> all = {Z, ldz, W, below, n, X, which, first, count, bias};
    encoded_blocks<T>(n, [&]<int NV>(Index row, Index rows) { encoded_product_rows<NV>(all, row, rows); });
}

template <class T>
void encoded_gradient(T* dW, const T* dZ, Index ldz, Index n, const EncodedColumn<T>& column, const std::int64_t* which,
                      Index first, Index count, T alpha, T beta, T* scratch) {
    const EncodedGradient<T> all = {dW, dZ, ldz, n, column, which, first, count, alpha, beta, scratch};
    if (column.values)
        encoded_blocks<T>(n, [&]<int NV>(Index row, Index rows) { number_gradient_rows<NV>(all, row, rows); });
    else
        encoded_blocks<T>(n, [&]<int NV>(Index row, Index rows) { level_gradient_rows<NV>(all, row, rows); });
}

}  // namespace
}  // namespace pellucid
