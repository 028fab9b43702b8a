#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "replay.hpp"
#include "shares.hpp"
#include "steps.hpp"

namespace pellucid {

namespace {

// At most this part of the inputs is worth being copied without the zeros, in less than half of their own bytes. Layers of
// few units gain less, and lose what finding the entries takes: 8 of float32 from a tenth on.
constexpr double most_entries = 0.3, bytes_for_all = 512;

// How many entries the copy may have.
template <class T>
Index entries_worth_it(const Description& network, Index m) {
    if (network.dropout[0] > 0) return 0;
    const Index count = network.layer_dims[0] * m, starts = (m + 1) * Index(sizeof(Index));
    const Index room = (count * Index(sizeof(T)) / 2 - starts) / Index(sizeof(T) + sizeof(std::uint16_t));
    const double bytes = double(network.layer_dims[1]) * double(sizeof(T));
    return std::min(Index(std::min(most_entries, bytes / bytes_for_all) * double(count)), room);
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One row of all parameters as the outside knows it, W1, b1, W2, ... without gaps: from where they are kept, and back.
template <class T>
void without_gaps(const std::vector<Layer>& layers, const T* kept, T* to) {
    for (const Layer& layer : layers) {
        const Index weights = layer.n * layer.n_prev;
        std::memcpy(to, kept + layer.W, std::size_t(weights) * sizeof(T));
        std::memcpy(to + weights, kept + layer.b, std::size_t(layer.n) * sizeof(T));
        to += weights + layer.n;
    }
}

template <class T>
void with_gaps(const std::vector<Layer>& layers, const T* from, T* kept) {
    for (const Layer& layer : layers) {
        const Index weights = layer.n * layer.n_prev;
        std::memcpy(kept + layer.W, from, std::size_t(weights) * sizeof(T));
        std::memcpy(kept + layer.b, from + weights, std::size_t(layer.n) * sizeof(T));
        from += weights + layer.n;
    }
}

}  // namespace

template <class T>
Trainer<T>::Trainer(const Description& network, const Options& options, View<const T> X, Index m, View<const T> Y,
                    const T* weights, const T* parameters)
    : kernels_(kernels<T>()), network_(network), options_(options), layers_(layers_of(network)), X_(X), m_(m),
      Y_(network.layer_dims.back() * m), weights_(weights ? m : 0) {
    const Index n_y = network.layer_dims.back(), n_0 = network.layer_dims.front();
    const double e = network.label_smoothing, spread = e / double(network.cost == Cost::binary_cross_entropy ? 2 : n_y);
    for (Index j = 0; j < m; ++j)
        for (Index i = 0; i < n_y; ++i)
            Y_[j * n_y + i] = T((1 - e) * double(Y.data[i * Y.rows + j * Y.columns]) + spread);
    for (Index j = 0; weights && j < m; ++j) weights_[j] = weights[j];

    for (const Layer& layer : layers_) flops_ += 6 * double(layer.n * layer.n_prev);
    const Index count = parameter_count(layers_);
    p_ = Numbers<T>(count);
    with_gaps(layers_, parameters, p_.data());
    g_ = Numbers<T>(count);
    v_ = Numbers<T>(keeps_v(options.rule) ? count : 0);
    s_ = Numbers<T>(keeps_s(options.rule) ? count : 0);
    kept_p_ = Numbers<T>(count);
    kept_v_ = v_;
    kept_s_ = s_;

    entries_ = Entries<T>(X, n_0, m, entries_worth_it<T>(network, m));
    if (!entries_.empty()) {
        const Lists<T> lists = entries_.lists();
        row_entries_.resize(std::size_t(n_0));
        for (Index p = 0; p < entries_.count(); ++p) ++row_entries_[lists.rows[p]];
        // Forward and for dW, at half the speed of a product.
        const Layer& first = layers_[0];
        flops_ += double(first.n) * (8 * double(entries_.count()) / double(m) - 6 * double(n_0));
    }
    // The triangle of the short cut has all its work in half of its rows and columns.
    if (entries_.empty() && X.rows == 1 && m > 1) {
        depths_.resize(std::size_t(m));
        Index sum = 0;
        for (Index j = 0; j < m; ++j) {
            Index depth = n_0;
            while (depth > 0 && X.data[j * X.columns + depth - 1] == T(0)) --depth;
            depths_[std::size_t(j)] = depth;
            sum += depth;
        }
        // A picture's empty last rows are not worth the smaller blocks.
        if (sum > n_0 * m * 6 / 10) depths_.clear();
        firsts_.assign(depths_.empty() ? 0 : std::size_t(n_0), m);
        for (Index j = m - 1; j >= 0 && !depths_.empty(); --j)
            std::fill_n(firsts_.begin(), depths_[std::size_t(j)], j);
    }
}

template <class T>
void Trainer<T>::parameters(T* to) const {
    without_gaps(layers_, p_.data(), to);
}

template <class T>
Index Trainer<T>::memory(T* v, T* s) const {
    if (v) without_gaps(layers_, v_.data(), v);
    if (s) without_gaps(layers_, s_.data(), s);
    return taken_;
}

template <class T>
void Trainer<T>::remember(const T* v, const T* s, Index taken) {
    if (v) with_gaps(layers_, v, v_.data());
    if (s) with_gaps(layers_, s, s_.data());
    taken_ = taken;
    forget_log();
}

template <class T>
Outcome Trainer<T>::advance(const std::vector<Step>& steps, double* costs, double* penalties,
                            const std::function<bool()>& interrupted) {
    Index widest = 0;
    std::size_t columns = 0;
    bool gathered = false;
    for (const Step& step : steps) {
        widest = std::max(widest, step.k);
        gathered = gathered || step.columns;
        if (step.columns) columns += std::size_t(step.k);
        for (Index j = 0; step.columns && j < step.k; ++j)
            if (step.columns[j] < 0 || step.columns[j] >= m_) throw std::out_of_range("a column that X does not have");
    }
    if (widest == 0) return {0, Ending::done, 0};
    const Index room = room_for(widest, gathered);
    make_room(room, gathered);
    make_room_to_turn(steps, room);
    // No more columns are logged than come between two checkpoints, and no more than there are.
    const auto most = std::size_t(most_logged() + widest);
    log_.reserve(log_.size() + steps.size());
    logged_columns_.reserve(std::min(logged_columns_.size() + columns, most));
    begin(interrupted, widest);
    run(steps, costs, penalties, threads_for(steps), room);
    return outcome_;
}

// Take these steps by so many threads, so many columns at a time. Everything that may fail has been done before.
template <class T>
void Trainer<T>::run(const std::vector<Step>& steps, double* costs, double* penalties, int threads, Index room) {
    have_workers(threads);
    room_ = room;
    outcome_ = {0, Ending::done, 0};
    stopped_ = false;
    team_.run(threads, [&](int thread) noexcept {
        Worker& me = workers_[std::size_t(thread)];
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Index iteration = me.iteration, taken = me.taken;
            if (!take(me, steps[i], costs ? costs + i : nullptr, penalties ? penalties + i : nullptr)) break;
            if (thread == 0) note(steps[i], iteration, taken, me);
        }
    });
}

// From now on Ctrl-C is asked for: by the clock, which is looked at every so many steps of this size.
template <class T>
void Trainer<T>::begin(const std::function<bool()>& interrupted, Index k) {
    interrupted_ = &interrupted;
    polls_ = 0;
    poll_every_ = std::max<Index>(1, Index(1e6 / (flops_ * double(k) + 1)));
    polled_ = now();
}

template <class T>
void Trainer<T>::poll(const Worker& me) {
    if (me.thread != 0 || replaying_ || ++polls_ < poll_every_) return;
    polls_ = 0;
    const double time = now();
    if (time - polled_ < 0.05) return;
    polled_ = time;
    if (interrupted_ && (*interrupted_)()) stopped_ = true;
}

template <class T>
Outcome Trainer<T>::cost(const std::function<bool()>& interrupted) {
    const Step all = {nullptr, m_, 0};
    room_ = room_for(m_, false);
    make_room(room_, false);
    have_workers(threads_for({all}));
    begin(interrupted, room_);
    outcome_ = {0, Ending::done, 0};
    stopped_ = false;
    team_.run(int(workers_.size()), [&](int thread) noexcept {
        Worker& me = workers_[std::size_t(thread)];
        double total = 0, weight = 0;
        for (Index first = 0; first < m_; first += room_) {
            const Chunk chunk = {first, std::min(room_, m_ - first), first == 0, first + room_ >= m_};
            const Share mine = columns_of(chunk, all, me);
            poll(me);
            examples(me, all, chunk, mine);
            forward(me, chunk, mine, false);
            team_.barrier().meet();
            if (stopped_) break;
            for (const Partial& partial : partials_) total += partial.cost, weight += partial.weight;
            team_.barrier().meet();
        }
        if (thread == 0) outcome_ = {0, stopped_ ? Ending::interrupted : Ending::done, weight == 0 ? 0 : total / weight};
    });
    return outcome_;
}

template <class T>
Outcome Trainer<T>::gradient(const T* at, T* to, const std::function<bool()>& interrupted) {
    const Step all = {nullptr, m_, 0};
    with_gaps(layers_, at, p_.data());
    forget_log();
    room_ = room_for(m_, false);
    make_room(room_, false);
    make_room_to_turn({all}, room_);
    have_workers(threads_for({all}));
    begin(interrupted, room_);
    outcome_ = {0, Ending::done, 0};
    stopped_ = false;
    // Where no example has weight nothing is written.
    std::fill_n(g_.data(), g_.size(), T(0));
    double cost = 0;
    team_.run(int(workers_.size()),
              [&](int thread) noexcept { take(workers_[std::size_t(thread)], all, &cost, nullptr, false); });
    outcome_.cost = cost;
    without_gaps(layers_, g_.data(), to);
    return outcome_;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace pellucid
