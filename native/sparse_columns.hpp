// Inputs that are mostly zeros: what of them is not 0, example by example, and a batch of that transposed, row by row.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <type_traits>
#include <vector>

#if defined(PELLUCID_HAVE_AVX512)
#include <immintrin.h>
#endif

#include "kernels.hpp"
#include "memory.hpp"
#include "partition.hpp"
#include "team.hpp"

namespace pellucid {

// What is not 0 of n numbers: NaN is not, -0 is. `copy` writes them, and where they stood; both return how many.
template <class T>
struct Nonzeros {
    static Index count(const T* x, Index n) {
        std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> found = 0;
        for (Index i = 0; i < n; ++i) found += x[i] != T(0);
        return Index(found);
    }
    static void copy(const T* x, Index n, T* values, std::uint16_t* rows) {
        for (Index i = 0; i < n; ++i)
            if (x[i] != T(0)) *values++ = x[i], *rows++ = std::uint16_t(i);
    }
};

#if defined(PELLUCID_HAVE_AVX512)
// The same in vectors, which pack what a mask names: a stream of blocks is scanned as fast as it is read.
template <class T>
struct NonzerosAvx512 {
    static constexpr bool single = sizeof(T) == 4;
    static constexpr Index lanes = single ? 16 : 8;
    static constexpr unsigned all = single ? 0xFFFF : 0xFF;

    __attribute__((target("avx512f"))) static unsigned mask(const T* x, unsigned some) {
        if constexpr (single)
            return _mm512_cmp_ps_mask(_mm512_maskz_loadu_ps(__mmask16(some), x), _mm512_setzero_ps(), _CMP_NEQ_UQ);
        else
            return _mm512_cmp_pd_mask(_mm512_maskz_loadu_pd(__mmask8(some), x), _mm512_setzero_pd(), _CMP_NEQ_UQ);
    }
    static unsigned first(Index n) { return n >= lanes ? all : (1u << n) - 1; }

    __attribute__((target("avx512f,popcnt"))) static Index count(const T* x, Index n) {
        Index found = 0;
        for (Index i = 0; i < n; i += lanes) found += __builtin_popcount(mask(x + i, first(n - i)));
        return found;
    }

    __attribute__((target("avx512f,popcnt"))) static void copy(const T* x, Index n, T* values, std::uint16_t* rows) {
        __m512i places = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        for (Index i = 0; i < n; i += lanes) {
            const unsigned bits = mask(x + i, first(n - i)), packed = (1u << __builtin_popcount(bits)) - 1;
            if constexpr (single)
                _mm512_mask_compressstoreu_ps(values, __mmask16(bits), _mm512_maskz_loadu_ps(__mmask16(bits), x + i));
            else
                _mm512_mask_compressstoreu_pd(values, __mmask8(bits), _mm512_maskz_loadu_pd(__mmask8(bits), x + i));
            const __m512i where = _mm512_maskz_compress_epi32(__mmask16(bits), places);
            _mm512_mask_cvtepi32_storeu_epi16(rows, __mmask16(packed), where);
            places = _mm512_add_epi32(places, _mm512_set1_epi32(int(lanes)));
            values += __builtin_popcount(bits), rows += __builtin_popcount(bits);
        }
    }
};
#endif

// The columns of X as lists of what is not 0.
template <class T>
class SparseColumns {
public:
    // Those of X (n, m), unless it has more than `most` entries, or more rows than a list can name: then false.
    bool assign(View<const T> X, Index n, Index m, Index most, Team& team, int threads) {
        m_ = 0;
        if (n > most_rows || most < 0) return false;
#if defined(PELLUCID_HAVE_AVX512)
        if (std::strcmp(kernels<T>().name, "avx512") == 0)
            return assign_by<NonzerosAvx512<T>>(X, n, m, most, team, threads);
#endif
        return assign_by<Nonzeros<T>>(X, n, m, most, team, threads);
    }

    Index size() const { return m_; }
    Index count() const { return starts_[m_]; }
    Index longest() const { return longest_; }
    Index mean_length() const { return count() / m_; }
    Lists<T> lists() const { return {values_.data(), rows_.data(), starts_.data()}; }
    // Of each row, about how many entries it has.
    const std::vector<Index>& row_entries() const { return row_entries_; }

private:
    // So many columns at a time that they stay in the second cache, and that X is read in its order where its rows are
    // contiguous, too.
    static constexpr Index block = 64;

    template <class Found>
    bool assign_by(View<const T> X, Index n, Index m, Index most, Team& team, int threads) {
        starts_.reserve(m + 1);
        starts_[0] = 0;
        threads = threads_for(double(n) * double(m), threads);
        // Blocks are counted as they come, and copied at once while there is room for them: what the examples before
        // needed is usually enough.
        const Index room = std::min(values_.size(), rows_.size());
        std::atomic<Index> next{0}, counted{0};
        std::atomic<bool> too_many{false};
        each_block(X, n, m, team, threads, next, [&](Index from, Index to, auto column) {
            Index sum = 0;
            for (Index j = from; j < to; ++j) starts_[j + 1] = Found::count(column(j), n), sum += starts_[j + 1];
            // Where the lists of a block begin is known after those before it.
            while (counted.load(std::memory_order_acquire) != from && !too_many) std::this_thread::yield();
            if (too_many) return false;
            for (Index j = from; j < to; ++j) starts_[j + 1] += starts_[j];
            const Index end = starts_[to];
            if (end > most) too_many = true;
            counted.store(to, std::memory_order_release);
            for (Index j = from; j < to && end <= room; ++j)
                Found::copy(column(j), n, values_.data() + starts_[j], rows_.data() + starts_[j]);
            return !too_many;
        });
        if (too_many) return false;
        if (starts_[m] > room) {
            values_.reserve(starts_[m]), rows_.reserve(starts_[m]);
            next = 0;
            each_block(X, n, m, team, threads, next, [&](Index from, Index to, auto column) {
                for (Index j = from; j < to; ++j)
                    Found::copy(column(j), n, values_.data() + starts_[j], rows_.data() + starts_[j]);
                return true;
            });
        }
        m_ = m;
        longest_ = 0;
        for (Index j = 0; j < m; ++j) longest_ = std::max(longest_, starts_[j + 1] - starts_[j]);
        count_rows(n);
        return true;
    }

    // Call `function(from, to, column)` for blocks of columns, in order, until it says false; column(j) is contiguous.
    template <class Function>
    static void each_block(View<const T> X, Index n, Index m, Team& team, int threads, std::atomic<Index>& next,
                           Function function) {
        team.run(threads, [&](int) {
            AlignedBuffer<T> copies(X.rows == 1 ? 0 : n * block);
            for (Index from; (from = next.fetch_add(block)) < m;) {
                const Index to = std::min(from + block, m);
                for (Index i = 0; copies.size() && i < n; ++i)
                    for (Index j = from; j < to; ++j)
                        copies[(j - from) * n + i] = X.data[i * X.rows + j * X.columns];
                const auto column = [&](Index j) -> const T* {
                    return copies.size() ? copies.data() + (j - from) * n : X.data + j * X.columns;
                };
                if (!function(from, to, column)) return;
            }
        });
    }

    void count_rows(Index n) {
        constexpr Index enough = 128;
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
