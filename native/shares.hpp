// What each call takes memory and threads for, and which columns and weights are whose. A part of trainer.cpp.
#pragma once

#include "trainer.hpp"

namespace pellucid {

namespace {

// A batch is taken in chunks of columns where the buffers of all of it would be large. Where the parameters fit the
// second cache, adding up dW over chunks costs nothing, and a chunk's buffers should fit it too: one and a half times
// as fast at 8,192 columns of [100, 64, 32, 1]. The same where X is turned, at any size: [784, 100, 10] on digits takes
// two thirds of the time. Otherwise chunks only keep small what training needs beside the data.
constexpr Index small_parameters = Index(256) << 10, cached_chunk = Index(512) << 10, least_cached = 64;
constexpr Index most_buffers = Index(16) << 20, least_chunk = 1024;

// Below this much work for each a further thread is not worth the meetings.
constexpr double least_flops = 1e6;

}  // namespace

// How many columns of a batch of k are taken at a time: of the batch alone, so that a repeated step is the same.
template <class T>
Index Trainer<T>::room_for(Index k, bool gathered) const {
    // The triangle of the short cut is known for whole batches.
    if (!depths_.empty() && !gathered) return k;
    const bool whole = entries_.empty();
    Index numbers = gathered && whole ? layers_[0].n_prev : 0;
    double products = 0;
    for (const Layer& layer : layers_) numbers += 2 * layer.n, products += double(layer.n * layer.n_prev);
    const Index turned = whole ? 0 : entries_.count() / m_ * Index(sizeof(T) + sizeof(std::uint16_t));
    const Index bytes = numbers * Index(sizeof(T)) + turned;
    Index room = k;
    if (p_.size() * Index(sizeof(T)) <= small_parameters || !whole)
        room = std::max(least_cached, cached_chunk / bytes) * options_.threads;
    else if (k * bytes > most_buffers)
        room = std::max(least_chunk, most_buffers / bytes);
    // Between two chunks Ctrl-C is asked for.
    room = std::min(room, std::max(least_cached, Index(most_flops / (6 * products))));
    return std::min({k, room, whole ? k : most_rows});
}

// Have buffers for so many columns. What is there stays until all of the new is there.
template <class T>
void Trainer<T>::make_room(Index room, bool gathered) {
    const bool gathers = gathers_ || (gathered && entries_.empty()) || network_.dropout[0] > 0;
    if (room <= capacity_ && gathers == gathers_) return;
    room = std::max(room, capacity_);
    const std::size_t L = layers_.size();
    std::vector<Buffers> buffers(L + 1);
    for (std::size_t l = 0; l <= L; ++l) {
        Buffers& own = buffers[l];
        const Index n = network_.layer_dims[l];
        own.ld = l == L ? n : leading<T>(n);
        const Index size = own.ld * room;
        if (l > 0 || gathers) own.A = Numbers<T>(size);
        // A vector's room behind it: it is combined.
        if (l > 0) own.dZ = Numbers<T>(size + 64 / Index(sizeof(T)));
        if (l == L || (l > 0 && layers_[l - 1].needs_z())) own.Z = Numbers<T>(size);
        if (l < L && network_.dropout[l] > 0) own.M = Numbers<T>(size), own.D = Numbers<T>(size);
    }
    Numbers<T> batch_Y(network_.layer_dims.back() * room), batch_w(weights_.size() ? room : 0);
    buffers_ = std::move(buffers);
    batch_Y_ = std::move(batch_Y), batch_w_ = std::move(batch_w);
    capacity_ = room, gathers_ = gathers;
}

// The same for the entries of these steps' chunks.
template <class T>
void Trainer<T>::make_room_to_turn(const std::vector<Step>& steps, Index room) {
    if (entries_.empty()) return;
    const Lists<T> lists = entries_.lists();
    Index most = 0;
    for (const Step& step : steps)
        for (Index first = 0; first < step.k; first += room) {
            Index sum = 0;
            for (Index j = first; j < std::min(first + room, step.k); ++j) {
                const Index example = step.columns ? step.columns[j] : j;
                sum += lists.starts[example + 1] - lists.starts[example];
            }
            most = std::max(most, sum);
        }
    turned_.make_room(most);
}

template <class T>
int Trainer<T>::threads_for(const std::vector<Step>& steps) const {
    double columns = 0;
    for (const Step& step : steps) columns += double(step.k);
    const double flops = flops_ * columns / double(std::max<std::size_t>(1, steps.size()));
    return int(std::clamp(flops / least_flops, 1.0, double(options_.threads)));
}

template <class T>
void Trainer<T>::have_workers(int threads) {
    Index widest = 1;
    for (const Layer& layer : layers_) widest = std::max(widest, layer.n);
    const Index starts = entries_.empty() ? 0 : layers_[0].n_prev + 2;
    while (int(tools_.size()) < threads)
        tools_.push_back({Numbers<T>(panel_size), Numbers<T>(widest), Numbers<Index>(starts)});
    cut(threads);
    partials_.assign(std::size_t(threads), Partial{});
    workers_.clear();
    for (int t = 0; t < threads; ++t) {
        Tools& own = tools_[std::size_t(t)];
        workers_.push_back({t, threads, iteration_, taken_, own.panel.data(), own.sums.data(), own.starts.data()});
    }
}

template <class T>
typename Trainer<T>::Share Trainer<T>::share(Index count, const Worker& me) const {
    const auto cut = [&](Index thread) { return thread == me.threads ? count : count * thread / me.threads / 4 * 4; };
    return {cut(me.thread), cut(me.thread + 1)};
}

// The columns of a thread: equally many, but of a triangle equally much work.
template <class T>
typename Trainer<T>::Share Trainer<T>::columns_of(const Chunk& chunk, const Step& step, const Worker& me) const {
    if (depths_.empty() || step.columns || chunk.k != m_) return share(chunk.k, me);
    const auto t = std::size_t(me.thread);
    return {column_cuts_[t], column_cuts_[t + 1]};
}

// The columns of W of a thread, which multiply rows of A_prev: of X, equally much work where it has zeros.
template <class T>
typename Trainer<T>::Share Trainer<T>::rows_of(std::size_t l, const Worker& me) const {
    if (l != 1 || row_cuts_.empty()) return share(layers_[l - 1].n_prev, me);
    const auto t = std::size_t(me.thread);
    return {row_cuts_[t], row_cuts_[t + 1]};
}

// Cut the work on what is not 0 of X for so many threads.
template <class T>
void Trainer<T>::cut(int threads) {
    if ((depths_.empty() && entries_.empty()) || int(row_cuts_.size()) == threads + 1) return;
    // What a column costs beside its first layer, in rows of that layer: small products are slow ones. Measured, as the
    // 60 columns that a row costs before its first.
    double rest = 0;
    for (std::size_t l = 1; l < layers_.size(); ++l) rest += double(layers_[l].n * layers_[l].n_prev);
    rest = 8 * rest / double(layers_[0].n);
    const auto cuts = [&](std::size_t count, auto work) {
        double total = 0, sum = 0;
        for (std::size_t i = 0; i < count; ++i) total += work(i);
        std::vector<Index> found = {0};
        for (std::size_t i = 0; i < count; ++i) {
            while (int(found.size()) < threads && sum >= total * double(found.size()) / threads)
                found.push_back(Index(i) / 4 * 4);
            sum += work(i);
        }
        found.resize(std::size_t(threads), Index(count));
        found.push_back(Index(count));
        return found;
    };
    if (!entries_.empty()) {
        // The update of a row's weights takes as long as 30 entries, in a batch of 200.
        const double each = 200 / double(m_);
        row_cuts_ = cuts(row_entries_.size(), [&](std::size_t p) { return double(row_entries_[p]) * each + 30; });
        return;
    }
    column_cuts_ = cuts(depths_.size(), [&](std::size_t j) { return double(depths_[j]) + rest; });
    row_cuts_ = cuts(firsts_.size(), [&](std::size_t p) { return double(m_ - firsts_[p]) + 60; });
}

}  // namespace pellucid
