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
    // So many columns at a time: enough that copying A costs little, few enough that the threads end together.
    const Index width = size == 1 ? q : std::clamp<Index>(q / (4 * size) / 12 * 12, 72, 480);
    std::atomic<Index> next{0};
    Team team;
    team.run(size, [&](int) {
        // Not zeroed: what is read of it is written first.
        const std::unique_ptr<T[]> panel(new T[std::size_t(panel_size)]);
        for (Index from = next.fetch_add(width); from < q; from = next.fetch_add(width)) {
            const Index first = std::clamp<Index>(from - beyond, 0, n);
            const View<const T> left = {A.data + first * A.rows, A.rows, A.columns};
            const View<const T> right = {B.data + from * B.columns, B.rows, B.columns};
            table.product(C + first + from * ldc, ldc, left, right, n - first, std::min(width, q - from), K, T(1), T(0),
                          nullptr, panel.get());
        }
    });
}

}  // namespace pellucid
