// How much of a step is done at a time, by how many threads, and which share is whose. All of it follows from the number
// of the step's own columns and from the session, so the same step has the same bits in whatever call it is taken.
#pragma once

#include <algorithm>
#include <vector>

#include "layers.hpp"

namespace pellucid {

// Below this much work for each a further thread is not worth handing shares out.
constexpr double least_flops = 1e6;
// No more work than this, a tenth of a second or so, is done without asking for Ctrl-C, or has to be repeated after a
// divergence.
constexpr double most_flops = 2e10;

inline int threads_for(double flops, int most) { return int(std::clamp(flops / least_flops, 1.0, double(most))); }

struct Share {
    Index from, to;
    Index size() const { return to - from; }
};

// Share t of `count` columns, about equally many.
inline Share even_share(Index count, int threads, int t) {
    const auto cut = [&](Index thread) { return thread == threads ? count : count * thread / threads / 4 * 4; };
    return {cut(t), cut(t + 1)};
}

// Where the shares of so many threads begin, and the end, so that each has about equally much work.
template <class Work>
std::vector<Index> cuts_of_equal_work(Index count, int threads, Work work) {
    double total = 0, sum = 0;
    for (Index i = 0; i < count; ++i) total += work(i);
    std::vector<Index> cuts = {0};
    for (Index i = 0; i < count; ++i) {
        while (int(cuts.size()) < threads && sum >= total * double(cuts.size()) / threads) cuts.push_back(i / 4 * 4);
        sum += work(i);
    }
    cuts.resize(std::size_t(threads), count);
    cuts.push_back(count);
    return cuts;
}

// What the size of a chunk depends on beside the number of columns.
struct ChunkCosts {
    Index parameter_bytes, column_bytes;  // column_bytes: of all that is kept for one column
    double column_flops;
    bool rereads;     // a chunk is read again and again for dW
    Index most;       // columns that the inputs can take at a time
    int threads;
};

// How many of a batch's k columns are taken at a time. Where the parameters fit the second cache, adding up dW over
// chunks costs nothing, and a chunk's buffers should fit it too: one and a half times as fast at 8,192 columns of
// [100, 64, 32, 1]. The same where the inputs are turned, at any size: [784, 100, 10] on digits takes two thirds of the
// time. Otherwise chunks only keep small what training needs beside the data.
inline Index chunk_for(Index k, const ChunkCosts& costs) {
    constexpr Index small_parameters = Index(256) << 10, cached_chunk = Index(512) << 10, least_cached = 64;
    constexpr Index most_buffers = Index(16) << 20, least_chunk = 1024;
    Index chunk = k;
    if (costs.parameter_bytes <= small_parameters || costs.rereads)
        chunk = std::max(least_cached, cached_chunk / costs.column_bytes) * costs.threads;
    else if (k * costs.column_bytes > most_buffers)
        chunk = std::max(least_chunk, most_buffers / costs.column_bytes);
    // Between two chunks Ctrl-C is asked for.
    chunk = std::min(chunk, std::max(least_cached, Index(most_flops / costs.column_flops)));
    return std::min({k, chunk, costs.most});
}

}  // namespace pellucid
