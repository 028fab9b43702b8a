// Inputs that are mostly zeros: what of them is not 0, example by example, and a batch of that transposed, row by row.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels.hpp"
#include "memory.hpp"
#include "partition.hpp"
#include "team.hpp"

namespace pellucid {

// How many of n numbers are not 0. NaN is none, -0 is one.
template <class T>
Index count_nonzeros(const T* x, Index n) {
    std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> count = 0;
    for (Index i = 0; i < n; ++i) count += x[i] != T(0);
    return Index(count);
}

// Bit i of the result is set where x[i] is not 0, of 16 numbers.
template <class T>
inline unsigned nonzero_bits(const T* x) {
    unsigned bits = 0;
#if defined(__SSE2__)
    if constexpr (sizeof(T) == 4) {
        for (int i = 0; i < 16; i += 4)
            bits |= unsigned(_mm_movemask_ps(_mm_cmpneq_ps(_mm_loadu_ps(x + i), _mm_setzero_ps()))) << i;
    } else {
        for (int i = 0; i < 16; i += 2)
            bits |= unsigned(_mm_movemask_pd(_mm_cmpneq_pd(_mm_loadu_pd(x + i), _mm_setzero_pd()))) << i;
    }
#else
    for (int i = 0; i < 16; ++i) bits |= unsigned(x[i] != T(0)) << i;
#endif
    return bits;
}

// Write what is not 0 of n numbers, and where it stood.
template <class T>
void copy_nonzeros(const T* x, Index n, T* values, std::uint16_t* rows) {
    const auto copy = [&](Index i) { *values++ = x[i], *rows++ = std::uint16_t(i); };
    Index i = 0;
    for (; i + 16 <= n; i += 16)
        for (unsigned bits = nonzero_bits(x + i); bits; bits &= bits - 1) copy(i + std::countr_zero(bits));
    for (; i < n; ++i)
        if (x[i] != T(0)) copy(i);
}

// The columns of X as lists of what is not 0.
template <class T>
class SparseColumns {
public:
    // Those of X (n, m), unless it has more than `most` entries, or more rows than a list can name: then false.
    bool assign(View<const T> X, Index n, Index m, Index most, Team& team, int threads) {
        m_ = 0;
        if (n > most_rows || most < 0) return false;
        starts_.reserve(m + 1);
        threads = threads_for(double(n) * double(m), threads);
        std::atomic<Index> found{0};
        each_column(X, n, m, team, threads, [&](Index j, const T* x) {
            const Index own = count_nonzeros(x, n);
            starts_[j + 1] = own;
            return found.fetch_add(own, std::memory_order_relaxed) + own <= most;
        });
        if (found > most) return false;
        starts_[0] = longest_ = 0;
        for (Index j = 0; j < m; ++j) longest_ = std::max(longest_, starts_[j + 1]), starts_[j + 1] += starts_[j];
        values_.reserve(starts_[m]), rows_.reserve(starts_[m]);
        each_column(X, n, m, team, threads, [&](Index j, const T* x) {
            copy_nonzeros(x, n, values_.data() + starts_[j], rows_.data() + starts_[j]);
            return true;
        });
        m_ = m;
        count_rows(n);
        return true;
    }

    Index size() const { return m_; }
    Index count() const { return starts_[m_]; }
    Index longest() const { return longest_; }
    Index mean_length() const { return count() / m_; }
    Lists<T> lists() const { return {values_.data(), rows_.data(), starts_.data()}; }
    // Of each row, about how many entries it has.
    const std::vector<Index>& row_entries() const { return row_entries_; }

private:
    // Call `function(j, column j)` for all columns until it says false; columns that are scattered in memory are copied.
    template <class Function>
    static void each_column(View<const T> X, Index n, Index m, Team& team, int threads, Function function) {
        // So many that X is read in its order where its rows are contiguous, too.
        constexpr Index block = 64;
        team.run(threads, [&](int t) {
            const Share mine = even_share(m, threads, t);
            AlignedBuffer<T> copies(X.rows == 1 ? 0 : n * block);
            for (Index from = mine.from; from < mine.to; from += block) {
                const Index to = std::min(from + block, mine.to);
                for (Index i = 0; copies.size() && i < n; ++i)
                    for (Index j = from; j < to; ++j)
                        copies[(j - from) * n + i] = X.data[i * X.rows + j * X.columns];
                for (Index j = from; j < to; ++j)
                    if (!function(j, copies.size() ? copies.data() + (j - from) * n : X.data + j * X.columns)) return;
            }
        });
    }

    void count_rows(Index n) {
        constexpr Index enough = 512;
        const Index step = std::max<Index>(1, m_ / enough);
        row_entries_.assign(std::size_t(n), 0);
        for (Index j = 0; j < m_; j += step)
            for (Index p = starts_[j]; p < starts_[j + 1]; ++p) row_entries_[rows_[p]] += step;
    }

    Index m_ = 0, longest_ = 0;
    AlignedBuffer<T> values_;
    AlignedBuffer<std::uint16_t> rows_;
    AlignedBuffer<Index> starts_;
    std::vector<Index> row_entries_;
};

// The rows of a batch as lists: entry (i, j) of X is the entry j of list i.
template <class T>
class TransposedBatch {
public:
    // Room for so many entries of n rows, which so many threads transpose.
    void reserve(Index entries, Index n, int threads) {
        values_.reserve(entries), columns_.reserve(entries);
        starts_each_ = n + 2;
        starts_.reserve(starts_each_ * threads);
    }

    // The rows `mine`, of n, of the k examples that `which` names (null: first, first + 1, ...); list i is then number
    // i - mine.from. Other threads may transpose other rows meanwhile.
    Lists<T> transpose(const Lists<T>& X, Index n, const std::int64_t* which, Index first, Index k, Share mine, int t) {
        // The lists stand in the order of their rows, after those of the threads before: a counting sort.
        Index* const starts = starts_.data() + t * starts_each_;
        std::fill_n(starts, mine.size() + 2, Index(0));
        Index before = 0;
        const auto entries = [&](Index j, auto function) {
            const Index example = which ? which[j] : first + j, begin = X.starts[example], end = X.starts[example + 1];
            const Index own = row_at(X, begin, end, mine.from, n);
            before += own - begin;
            function(own, row_at(X, own, end, mine.to, n));
        };
        for (Index j = 0; j < k; ++j)
            entries(j, [&](Index p, Index end) {
                for (; p < end; ++p) ++starts[X.rows[p] - mine.from + 2];
            });
        starts[0] = starts[1] = before;
        for (Index i = 2; i <= mine.size() + 1; ++i) starts[i] += starts[i - 1];
        // The start of list i stands one place further until the list is written, and is its end then.
        for (Index j = 0; j < k; ++j)
            entries(j, [&](Index p, Index end) {
                for (; p < end; ++p) {
                    const Index at = starts[X.rows[p] - mine.from + 1]++;
                    values_[at] = X.values[p];
                    columns_[at] = std::uint16_t(j);
                }
            });
        return {values_.data(), columns_.data(), starts};
    }

private:
    // The first entry of begin .. end whose row is not above `row`, of n.
    static Index row_at(const Lists<T>& X, Index begin, Index end, Index row, Index n) {
        if (row <= 0) return begin;
        if (row >= n) return end;
        return std::lower_bound(X.rows + begin, X.rows + end, row) - X.rows;
    }

    AlignedBuffer<T> values_;
    AlignedBuffer<std::uint16_t> columns_;
    AlignedBuffer<Index> starts_;
    Index starts_each_ = 0;
};

}  // namespace pellucid
