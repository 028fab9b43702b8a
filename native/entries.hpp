// Inputs that are mostly zeros: what of them is not 0, example by example, and a batch of that turned, row by row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "kernels.hpp"
#include "memory.hpp"

namespace pellucid {

// The columns of X as lists: NaN is an entry, -0 is none.
template <class T>
class Entries {
public:
    Entries() = default;

    // Those of X (n, m); none where it has more than `most` of them, or more rows than a list can name.
    Entries(View<const T> X, Index n, Index m, Index most) {
        if (n > most_rows || most <= 0) return;
        Numbers<Index> starts(m + 1);
        for (Index from = 0; from < m; from += block) {
            const Index to = std::min(from + block, m);
            each(X, n, from, to, [&](Index, Index j, T x) { starts[j + 1] += x != T(0); });
            for (Index j = from; j < to; ++j) starts[j + 1] += starts[j];
            if (starts[to] > most) return;
        }
        values_ = Numbers<T>(starts[m]);
        rows_ = Numbers<std::uint16_t>(starts[m]);
        starts_ = std::move(starts);
        for (Index from = 0; from < m; from += block) {
            Index next[block];
            const Index to = std::min(from + block, m);
            std::copy(starts_.data() + from, starts_.data() + to, next);
            each(X, n, from, to, [&](Index i, Index j, T x) {
                if (x == T(0)) return;
                const Index at = next[j - from]++;
                values_[at] = x;
                rows_[at] = std::uint16_t(i);
            });
        }
    }

    // Whether X was not taken at all.
    bool empty() const { return starts_.size() == 0; }
    Index count() const { return values_.size(); }
    Lists<T> lists() const { return {values_.data(), rows_.data(), starts_.data()}; }

private:
    // Examples at a time: few enough that X is read in its order where its rows are contiguous, too.
    static constexpr Index block = 64;

    template <class Function>
    static void each(View<const T> X, Index n, Index from, Index to, Function function) {
        if (std::abs(X.rows) <= std::abs(X.columns)) {
            for (Index j = from; j < to; ++j)
                for (Index i = 0; i < n; ++i) function(i, j, X.data[i * X.rows + j * X.columns]);
        } else {
            for (Index i = 0; i < n; ++i)
                for (Index j = from; j < to; ++j) function(i, j, X.data[i * X.rows + j * X.columns]);
        }
    }

    Numbers<T> values_;
    Numbers<std::uint16_t> rows_;
    Numbers<Index> starts_;
};

// The rows of a batch as lists: entry (i, j) of X is the entry j of list i.
template <class T>
class Turned {
public:
    void make_room(Index entries) {
        if (entries <= values_.size()) return;
        values_ = Numbers<T>(entries);
        columns_ = Numbers<std::uint16_t>(entries);
    }

    // Lists from .. to of the k examples that `which` names (null: first, first + 1, ...), of n rows; list i is then
    // number i - from. Other threads may turn other lists meanwhile. `starts` holds to - from + 2 numbers.
    Lists<T> turn(const Lists<T>& X, Index n, const std::int64_t* which, Index first, Index k, Index from, Index to,
                  Index* starts) {
        // The lists stand in the order of their rows, after those of the threads before: a counting sort.
        std::fill_n(starts, to - from + 2, Index(0));
        Index before = 0;
        const auto entries = [&](Index j, auto function) {
            const Index example = which ? which[j] : first + j, begin = X.starts[example], end = X.starts[example + 1];
            const Index own = row_at(X, begin, end, from, n);
            before += own - begin;
            function(own, row_at(X, own, end, to, n));
        };
        for (Index j = 0; j < k; ++j)
            entries(j, [&](Index p, Index end) {
                for (; p < end; ++p) ++starts[X.rows[p] - from + 2];
            });
        starts[0] = starts[1] = before;
        for (Index i = 2; i <= to - from + 1; ++i) starts[i] += starts[i - 1];
        // The start of list i stands one place further until the list is written, and is its end then.
        for (Index j = 0; j < k; ++j)
            entries(j, [&](Index p, Index end) {
                for (; p < end; ++p) {
                    const Index at = starts[X.rows[p] - from + 1]++;
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

    Numbers<T> values_;
    Numbers<std::uint16_t> columns_;
};

}  // namespace pellucid
