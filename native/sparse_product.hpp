// Sums of columns that lists name: the product with a matrix that is mostly zeros, which are not multiplied.
//
// C (n, count) = alpha M S + beta C, where column q of S is list q. A block of one column of C stays in registers while
// its list runs: a number of the list is broadcast and `NV` vectors of its column of M are loaded. Forward, M is W and
// the lists are examples; for dW, M is dZ and the lists are the rows of a batch.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

// Vectors of a column of C in registers at a time, beside a broadcast number.
constexpr int most_vectors = registers == 32 ? 16 : 12;

// So few vectors wait for each other's sums: the list is then added up in so many.
template <int NV>
constexpr int sums_of_list = NV <= 2 ? 4 : (NV <= 4 ? 2 : 1);

// Lists that are not neighbours in memory are asked for this long before they are needed: a short list of an example
// drawn at random takes less time than fetching it.
constexpr Index lists_ahead = 2;

template <class T>
[[gnu::noinline]] void fetch_ahead(const Lists<T>& lists, const std::int64_t* which, Index q, Index count) {
    if (q + 2 * lists_ahead < count) __builtin_prefetch(lists.starts + which[q + 2 * lists_ahead]);
    if (q + lists_ahead >= count) return;
    const Index from = lists.starts[which[q + lists_ahead]], to = lists.starts[which[q + lists_ahead] + 1];
    constexpr Index numbers = 64 / Index(sizeof(T)), rows = 64 / Index(sizeof(*lists.rows));
    for (Index p = from; p < to; p += numbers) __builtin_prefetch(lists.values + p);
    for (Index p = from; p < to; p += rows) __builtin_prefetch(lists.rows + p);
}

// What all blocks of one call share.
template <class T>
struct SparseProduct {
    T* C;
    Index ldc;
    const T* M;
    Index ldm;
    Lists<T> lists;
    const std::int64_t* which;
    Index first, count;
    T alpha, beta;
    const T* bias;
};

// `rows` rows from `row` on, at most NV vectors of them, of every column of C.
template <int NV, class T>
inline void sparse_product_rows(const SparseProduct<T>& all, Index row, Index rows) {
    using V = Full<T>;
    constexpr int lanes = full_lanes<T>, sums = sums_of_list<NV>;
    const T* const M = all.M + row;
    for (Index q = 0; q < all.count; ++q) {
        if (all.which) fetch_ahead(all.lists, all.which, q, all.count);
        const Index list = all.which ? all.which[q] : all.first + q;
        const Index end = all.lists.starts[list + 1];
        Index p = all.lists.starts[list];
        V sum[sums][NV] = {};
        const auto add = [&](V(&to)[NV], Index entry) {
            const T* const column = M + Index(all.lists.rows[entry]) * all.ldm;
            const V value = splat<V>(all.lists.values[entry]);
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) to[v] += value * load<V>(column + v * lanes);
        };
        for (; p + sums <= end; p += sums) {
#pragma GCC unroll 4
            for (int s = 0; s < sums; ++s) add(sum[s], p + s);
        }
        for (; sums > 1 && p < end; ++p) add(sum[0], p);
        T* const to = all.C + q * all.ldc + row;
        // Only the last vector can be a part of one.
        const auto left = [&](int v) { return v < NV - 1 ? lanes : rows - v * lanes; };
        V value[NV];
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) {
            value[v] = sum[0][v];
#pragma GCC unroll 4
            for (int s = 1; s < sums; ++s) value[v] += sum[s][v];
            value[v] = value[v] * all.alpha;
        }
        if (all.bias)
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) value[v] += load_some<V>(all.bias + row + v * lanes, left(v));
        if (all.beta != T(0))
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) value[v] += load_some<V>(to + v * lanes, left(v)) * all.beta;
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) store_some(to + v * lanes, value[v], left(v));
    }
}

template <class T, int NV = 1>
inline void sparse_product_vectors(int vectors, const SparseProduct<T>& all, Index row, Index rows) {
    if (vectors == NV) return sparse_product_rows<NV>(all, row, rows);
    if constexpr (NV < most_vectors) sparse_product_vectors<T, NV + 1>(vectors, all, row, rows);
}

template <class T>
void sparse_product(T* C, Index ldc, const T* M, Index ldm, Index n, const Lists<T>& lists, const std::int64_t* which,
             Index first, Index count, T alpha, T beta, const T* bias) {
    const SparseProduct<T> all = {C, ldc, M, ldm, lists, which, first, count, alpha, beta, bias};
    constexpr Index lanes = full_lanes<T>;
    const Index vectors = (n + lanes - 1) / lanes, blocks = (vectors + most_vectors - 1) / most_vectors;
    for (Index b = 0; b < blocks; ++b) {
        const Index from = vectors * b / blocks, to = vectors * (b + 1) / blocks;
        sparse_product_vectors<T>(int(to - from), all, from * lanes, smaller(n, to * lanes) - from * lanes);
    }
}

}  // namespace
}  // namespace pellucid
