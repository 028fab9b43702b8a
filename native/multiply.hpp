// One large product by several threads, for what happens around a training.
//
// NumPy's BLAS would do it as fast, but its threads wait actively for 100 ms after their work is done, on the
// processors that the training then wants.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>

#include "kernels.hpp"
#include "team.hpp"

namespace pellucid {

// C (n, q), its columns ldc apart, = A (n, K) B (K, q). Of row i only the columns up to i + beyond are wanted.
template <class T>
void multiply_matrices(View<const T> A, View<const T> B, T* C, Index ldc, Index n, Index q, Index K, Index beyond,
                       int threads) {
    const Kernels<T>& table = kernels<T>();
    const double flops = 2 * double(n) * double(q) * double(K);
    const int size = int(std::clamp(flops / 1e6, 1.0, double(std::max(threads, 1))));
    // Each thread copies all of what is not shared out, so the longer side is; not into so many pieces that copying
    // costs much, and into enough that the threads end together.
    const bool by_rows = n >= q && beyond >= q;
    const Index length = by_rows ? n : q, unit = by_rows ? packed_rows : packed_columns;
    const Index piece = size == 1 ? length : std::max(unit, (length / (4 * size) + unit - 1) / unit * unit);
    std::atomic<Index> next{0};
    Team team;
    team.run(size, [&](int) {
        // Not zeroed: what is read of it is written first.
        const std::unique_ptr<T[]> panel(new T[std::size_t(panel_size)]);
        for (Index from = next.fetch_add(piece); from < length; from = next.fetch_add(piece)) {
            const Index count = std::min(piece, length - from), column = by_rows ? 0 : from;
            const Index row = by_rows ? from : std::clamp<Index>(from - beyond, 0, n);
            const Index rows = by_rows ? count : n - row, columns = by_rows ? q : count;
            table.product(C + row + column * ldc, ldc, {A.data + row * A.rows, A.rows, A.columns},
                          {B.data + column * B.columns, B.rows, B.columns}, rows, columns, K, T(1), T(0), nullptr,
                          panel.get());
        }
    });
}

}  // namespace pellucid
