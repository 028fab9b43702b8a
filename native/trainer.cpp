#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "dropout.hpp"

namespace pellucid {

namespace {

// A batch is taken in chunks of columns where the buffers of all of it would be large. Where the parameters fit the
// second cache, adding up dW over chunks costs nothing, and a chunk's buffers should fit it too: one and a half times
// as fast at 8,192 columns of [100, 64, 32, 1]. Otherwise chunks only keep small what training needs beside the data.
constexpr Index small_parameters = Index(256) << 10, cached_chunk = Index(512) << 10, least_cached = 64;
constexpr Index most_buffers = Index(16) << 20, least_chunk = 1024;

// Below this much work for each a further thread is not worth the meetings.
constexpr double least_flops = 4e5;

// Columns of the short cut's triangle that are as deep as the deepest of them: one register block of a product, 10 %
// faster than two.
constexpr Index triangle_block = 12;

// So many steps, or a tenth of a second of work, may have to be repeated after a divergence; and no more work is done
// without asking for Ctrl-C.
constexpr Index checkpoint_every = 128;
constexpr double most_flops = 2e10;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class T>
void copy(Numbers<T>& to, const Numbers<T>& from, Index first, Index count) {
    if (to.size()) std::memcpy(to.data() + first, from.data() + first, std::size_t(count) * sizeof(T));
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

    // The triangle of the short cut has all its work in half of its rows and columns.
    if (X.rows == 1 && m > 1) {
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

// Nothing but the sum over the examples and one subtraction: then dW is not stored, but subtracted where it arises.
template <class T>
bool Trainer<T>::plain() const {
    return options_.rule == Rule::gradient_descent && options_.clip_norm == 0 && network_.l1 == 0;
}

// How many columns of a batch of k are taken at a time: of the batch alone, so that a repeated step is the same.
template <class T>
Index Trainer<T>::room_for(Index k, bool gathered) const {
    // The triangle of the short cut is known for whole batches.
    if (!depths_.empty() && !gathered) return k;
    Index numbers = gathered ? layers_[0].n_prev : 0;
    double products = 0;
    for (const Layer& layer : layers_) numbers += 2 * layer.n, products += double(layer.n * layer.n_prev);
    const Index bytes = numbers * Index(sizeof(T));
    Index room = k;
    if (p_.size() * Index(sizeof(T)) <= small_parameters)
        room = std::max(least_cached, cached_chunk / bytes) * options_.threads;
    else if (k * bytes > most_buffers)
        room = std::max(least_chunk, most_buffers / bytes);
    // Between two chunks Ctrl-C is asked for.
    room = std::min(room, std::max(least_cached, Index(most_flops / (6 * products))));
    return std::min(k, room);
}

// Have buffers for so many columns. What is there stays until all of the new is there.
template <class T>
void Trainer<T>::make_room(Index room, bool gathered) {
    const bool gathers = gathers_ || gathered || network_.dropout[0] > 0;
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
        if (l > 0) own.dZ = Numbers<T>(size);
        if (l == L || (l > 0 && layers_[l - 1].needs_z())) own.Z = Numbers<T>(size);
        if (l < L && network_.dropout[l] > 0) own.M = Numbers<T>(size), own.D = Numbers<T>(size);
    }
    Numbers<T> batch_Y(network_.layer_dims.back() * room), batch_w(weights_.size() ? room : 0);
    buffers_ = std::move(buffers);
    batch_Y_ = std::move(batch_Y), batch_w_ = std::move(batch_w);
    capacity_ = room, gathers_ = gathers;
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

// The columns of W of a thread, which multiply rows of A_prev: of a triangle, fewer of those that reach further.
template <class T>
typename Trainer<T>::Share Trainer<T>::rows_of(std::size_t l, const Worker& me) const {
    if (l != 1 || depths_.empty()) return share(layers_[l - 1].n_prev, me);
    const auto t = std::size_t(me.thread);
    return {row_cuts_[t], row_cuts_[t + 1]};
}

// Cut the triangle for so many threads.
template <class T>
void Trainer<T>::cut(int threads) {
    if (depths_.empty() || int(row_cuts_.size()) == threads + 1) return;
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
    column_cuts_ = cuts(depths_.size(), [&](std::size_t j) { return double(depths_[j]) + rest; });
    row_cuts_ = cuts(firsts_.size(), [&](std::size_t p) { return double(m_ - firsts_[p]) + 60; });
}

template <class T>
View<const T> Trainer<T>::activation(const Worker& me, std::size_t l) const {
    if (l == 0 && network_.dropout[0] == 0) return me.A0;
    const Buffers& own = buffers_[l];
    return {own.D.size() ? own.D.data() : own.A.data(), 1, own.ld};
}

// Whether the columns of A(l-1) end in zeros that need no work.
template <class T>
bool Trainer<T>::shallow(const Worker& me, std::size_t l, const Chunk& chunk) const {
    return l == 1 && !depths_.empty() && me.A0.data == X_.data && chunk.k == m_;
}

// Say where X, Y and w of this chunk are, and bring those of this thread's columns there.
template <class T>
void Trainer<T>::examples(Worker& me, const Step& step, const Chunk& chunk, Share mine) {
    const Index n_0 = network_.layer_dims[0], n_y = network_.layer_dims.back();
    const std::int64_t* columns = step.columns ? step.columns + chunk.first : nullptr;
    const Index start = columns ? columns[0] : chunk.first;
    bool as_they_are = true;
    for (Index j = 1; columns && as_they_are && j < chunk.k; ++j) as_they_are = columns[j] == start + j;
    if (as_they_are) {
        me.A0 = {X_.data + start * X_.columns, X_.rows, X_.columns};
        me.Y = Y_.data() + start * n_y;
        me.w = weights_.size() ? weights_.data() + start : nullptr;
        return;
    }
    Buffers& inputs = buffers_[0];
    me.A0 = {inputs.A.data(), 1, inputs.ld};
    me.Y = batch_Y_.data();
    me.w = weights_.size() ? batch_w_.data() : nullptr;
    for (Index j = mine.from; j < mine.to; ++j) {
        const T* from = X_.data + columns[j] * X_.columns;
        T* to = inputs.A.data() + j * inputs.ld;
        if (X_.rows == 1) {
            if (j + 1 < mine.to) __builtin_prefetch(X_.data + columns[j + 1] * X_.columns);
            std::memcpy(to, from, std::size_t(n_0) * sizeof(T));
        } else {
            for (Index i = 0; i < n_0; ++i) to[i] = from[i * X_.rows];
        }
        for (Index i = 0; i < n_y; ++i) batch_Y_[j * n_y + i] = Y_[columns[j] * n_y + i];
        if (weights_.size()) batch_w_[j] = weights_[columns[j]];
    }
}

template <class T>
void Trainer<T>::forward(const Worker& me, const Chunk& chunk, Share mine, bool dropped) {
    const std::size_t L = layers_.size();
    const Index k = mine.to - mine.from;
    Partial& partial = partials_[std::size_t(me.thread)];
    partial = {};
    if (k == 0) return;
    const auto drop = [&](std::size_t l, View<const T> A) {
        Buffers& own = buffers_[l];
        const Index n = network_.layer_dims[l];
        const Mask mask(options_.seed, l, std::uint64_t(me.iteration), network_.dropout[l]);
        for (Index j = mine.from; j < mine.to; ++j) {
            T *M = own.M.data() + j * own.ld, *D = own.D.data() + j * own.ld;
            mask.fill(M, std::uint64_t((chunk.first + j) * n), n);
            for (Index i = 0; i < n; ++i) D[i] = (dropped ? M[i] : T(1)) * A.data[i * A.rows + j * A.columns];
        }
    };
    if (network_.dropout[0] > 0) drop(0, me.A0);
    for (std::size_t l = 1; l <= L; ++l) {
        const Layer& layer = layers_[l - 1];
        Buffers& own = buffers_[l];
        const View<const T> A_prev = activation(me, l - 1);
        T* A = own.A.data() + mine.from * own.ld;
        T* Z = own.Z.size() ? own.Z.data() + mine.from * own.ld : A;
        // Where columns end in zeros, blocks of them, each as deep as its deepest.
        const bool ends = shallow(me, l, chunk);
        const Index block = ends ? triangle_block : k;
        for (Index j = 0; j < k; j += block) {
            const Index width = std::min(block, k - j), first = mine.from + j;
            Index K = ends ? 0 : layer.n_prev;
            for (Index c = first; ends && c < first + width; ++c) K = std::max(K, depths_[std::size_t(c)]);
            const View<const T> in = {A_prev.data + first * A_prev.columns, A_prev.rows, A_prev.columns};
            linear_forward(kernels_, layer, p_.data(), in, Z + j * own.ld, own.ld, width, K, me.panel);
        }
        if (l == L) {
            const Index n_y = layer.n;
            const T* w = me.w ? me.w + mine.from : nullptr;
            partial.cost = kernels_.cost(network_.cost, layer.g, own.dZ.data() + mine.from * n_y, A, Z,
                                         me.Y + mine.from * n_y, w, n_y, k, T(network_.huber_delta));
            partial.weight = double(k);
            if (w) {
                partial.weight = 0;
                for (Index j = 0; j < k; ++j) partial.weight += double(w[j]);
            }
        } else {
            kernels_.activate(layer.g, A, Z, nullptr, own.ld, k);
            if (network_.dropout[l] > 0) drop(l, {own.A.data(), 1, own.ld});
        }
    }
}

template <class T>
void Trainer<T>::backward(const Worker& me, Share mine) {
    const Index k = mine.to - mine.from;
    if (k == 0) return;
    for (std::size_t l = layers_.size(); l > 1; --l) {
        const Buffers& next = buffers_[l];
        Buffers& own = buffers_[l - 1];
        const Index first = mine.from * own.ld, count = k * own.ld;
        T* dA = own.dZ.data() + first;
        linear_backward(kernels_, layers_[l - 1], p_.data(), next.dZ.data() + mine.from * next.ld, next.ld, dA, own.ld, k,
                        me.panel);
        if (own.M.size()) kernels_.multiply(dA, dA, own.M.data() + first, count);
        const T* Z = own.Z.size() ? own.Z.data() + first : nullptr;
        kernels_.activate_backward(layers_[l - 2].g, dA, own.A.data() + first, Z, count);
    }
}

// dW = alpha sum dZ A^T + beta dW for this thread's columns of every W, and the same for db.
template <class T>
void Trainer<T>::gradients(const Worker& me, const Chunk& chunk, T* to, T alpha, T beta, bool biases) {
    for (std::size_t l = 1; l <= layers_.size(); ++l) {
        const Layer& layer = layers_[l - 1];
        const Buffers& own = buffers_[l];
        const View<const T> A_prev = activation(me, l - 1);
        const Share mine = rows_of(l, me);
        const bool ends = shallow(me, l, chunk);
        const Index block = ends ? triangle_block : std::max<Index>(1, mine.to - mine.from);
        for (Index p = mine.from; p < mine.to; p += block) {
            const Index end = std::min(p + block, mine.to);
            // Columns that end above row p have nothing to say about it.
            const Index from = ends ? firsts_[std::size_t(p)] : 0;
            const View<const T> A = {A_prev.data + from * A_prev.columns, A_prev.rows, A_prev.columns};
            linear_gradients(kernels_, layer, to + layer.W, own.dZ.data() + from * own.ld, own.ld, A, chunk.k - from, p,
                             end, alpha, beta, me.panel);
        }
        if (int(l) % me.threads != me.thread) continue;
        kernels_.row_sums(me.sums, own.dZ.data(), own.ld, layer.n, chunk.k);
        // A bias pays no penalty: its factor is 1 where that of the weights may not be.
        const T keep = biases ? T(1) : beta;
        for (Index i = 0; i < layer.n; ++i) {
            const T sum = alpha * me.sums[i];
            // Not 0 times what may be infinite from a step that diverged.
            to[layer.b + i] = keep == T(0) ? sum : sum + keep * to[layer.b + i];
        }
    }
}

// The sum of squares and sizes of this thread's weights, for the penalty in the cost.
template <class T>
void Trainer<T>::penalties(const Worker& me) {
    double penalty = 0;
    for (const Layer& layer : layers_) {
        const Share mine = rows_of(std::size_t(&layer - layers_.data()) + 1, me);
        double squares, absolutes;
        kernels_.sizes(p_.data() + layer.W + mine.from * layer.n, (mine.to - mine.from) * layer.n, &squares, &absolutes);
        penalty += network_.l2 / 2 * squares + network_.l1 * absolutes;
    }
    partials_[std::size_t(me.thread)].penalty = penalty;
}

// From the sums in g to the gradient, and from there, where it moves, to the new parameters.
template <class T>
void Trainer<T>::follow(const Worker& me, const Step& step, double weight, bool single, bool moves) {
    const auto for_own = [&](auto function) {
        for (std::size_t l = 1; l <= layers_.size(); ++l) {
            const Layer& layer = layers_[l - 1];
            const Share mine = rows_of(l, me);
            function(layer.W + mine.from * layer.n, (mine.to - mine.from) * layer.n, true);
            if (int(l) % me.threads == me.thread) function(layer.b, layer.n, false);
        }
    };
    const double scale = single ? 1 : 1 / weight, l2 = network_.l2 / weight, l1 = network_.l1 / weight;
    const bool clips = moves && options_.clip_norm > 0;
    if (scale != 1 || l2 != 0 || l1 != 0 || clips) {
        double squares = 0;
        for_own([&](Index first, Index count, bool is_weight) {
            squares += kernels_.penalise(g_.data() + first, p_.data() + first, T(scale), T(is_weight ? l2 : 0),
                                         T(is_weight ? l1 : 0), count);
        });
        partials_[std::size_t(me.thread)].squares = squares;
    }
    if (clips) {
        team_.barrier().meet();
        double squares = 0;
        for (int t = 0; t < me.threads; ++t) squares += partials_[std::size_t(t)].squares;
        const double norm = std::sqrt(squares);
        if (norm > options_.clip_norm)
            for_own([&](Index first, Index count, bool) {
                kernels_.penalise(g_.data() + first, p_.data() + first, T(options_.clip_norm / norm), T(0), T(0), count);
            });
    }
    if (!moves) return;
    const double t = double(me.taken + 1);
    const double first = 1 / (1 - std::pow(options_.beta1, t)), second = 1 / (1 - std::pow(options_.beta2, t));
    const double epsilon = options_.epsilon * (options_.epsilon_hat ? std::sqrt(second) : 1);
    Update<T> how{options_.rule, T(step.rate), T(options_.beta1), T(options_.beta2), T(epsilon),
                  T(1 - options_.beta1), T(1 - options_.beta2), T(0), T(first), T(second)};
    for_own([&](Index first, Index count, bool is_weight) {
        how.decay = options_.rule == Rule::adamw && is_weight ? T(step.rate * options_.weight_decay) : T(0);
        kernels_.update(how, p_.data() + first, g_.data() + first, v_.size() ? v_.data() + first : nullptr,
                        s_.size() ? s_.data() + first : nullptr, count);
    });
}

template <class T>
void Trainer<T>::checkpoint(const Worker& me) {
    for (std::size_t l = 1; l <= layers_.size(); ++l) {
        const Layer& layer = layers_[l - 1];
        const Share mine = rows_of(l, me);
        const auto keep = [&](Index first, Index count) {
            copy(kept_p_, p_, first, count);
            copy(kept_v_, v_, first, count);
            copy(kept_s_, s_, first, count);
        };
        keep(layer.W + mine.from * layer.n, (mine.to - mine.from) * layer.n);
        if (int(l) % me.threads == me.thread) keep(layer.b, layer.n);
    }
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

// One step, or where it does not move only its gradient, in g: false where it was not taken.
template <class T>
bool Trainer<T>::take(Worker& me, const Step& step, double* cost, double* penalty, bool moves) {
    Barrier& barrier = team_.barrier();
    const bool penalised = network_.l2 != 0 || network_.l1 != 0;
    const bool at_once = moves && plain();
    double total = 0, weight = 0, charged = 0;
    for (Index first = 0; first < step.k; first += room_) {
        const Chunk chunk = {first, std::min(room_, step.k - first), first == 0, first + room_ >= step.k};
        const Share mine = columns_of(chunk, step, me);
        poll(me);
        examples(me, step, chunk, mine);
        forward(me, chunk, mine, true);
        backward(me, mine);
        if (chunk.is_first && penalised) penalties(me);
        barrier.meet();
        if (stopped_) {
            if (me.thread == 0) outcome_.ending = Ending::interrupted;
            return false;
        }
        double sum = 0;
        for (int t = 0; t < me.threads; ++t) {
            const Partial& partial = partials_[std::size_t(t)];
            total += partial.cost, weight += partial.weight, sum += partial.penalty;
        }
        if (chunk.is_first) total += sum, charged = sum;
        const bool single = chunk.is_first && chunk.is_last, counts = !(weight == 0);
        if (chunk.is_last) {
            const double mean = counts ? total / weight : 0;
            if (me.thread == 0 && cost) *cost = mean;
            if (me.thread == 0 && penalty) *penalty = counts ? charged / weight : 0;
            if (!std::isfinite(mean)) {
                if (me.thread == 0) outcome_.ending = Ending::diverged, outcome_.cost = mean;
                return false;
            }
            if (moves && counts && due(me.iteration)) checkpoint(me);
            if (single && at_once && counts)
                gradients(me, chunk, p_.data(), T(-step.rate / weight), T(1 - step.rate * network_.l2 / weight), true);
        }
        if (!(single && at_once) && (counts || !chunk.is_last)) {
            gradients(me, chunk, g_.data(), T(single ? 1 / weight : 1), T(chunk.is_first ? 0 : 1), false);
            if (chunk.is_last) follow(me, step, weight, single, moves);
        }
        barrier.meet();
        if (chunk.is_last) me.taken += counts;
    }
    ++me.iteration;
    return true;
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
    while (int(tools_.size()) < threads) tools_.push_back({Numbers<T>(panel_size), Numbers<T>(widest)});
    cut(threads);
    partials_.assign(std::size_t(threads), Partial{});
    workers_.clear();
    for (int t = 0; t < threads; ++t) {
        Tools& own = tools_[std::size_t(t)];
        workers_.push_back({t, threads, iteration_, taken_, own.panel.data(), own.sums.data(), {}, nullptr, nullptr});
    }
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

// Remember that a step was taken, from where. Thread 0 does, before the others look again: at the next meeting.
template <class T>
void Trainer<T>::note(const Step& step, Index iteration, Index taken, const Worker& me) noexcept {
    iteration_ = me.iteration, taken_ = me.taken, ++outcome_.steps;
    if (replaying_) return;
    // A batch without weight tests nothing and changes nothing.
    const bool counted = me.taken > taken;
    if (counted) went_back_ = false;
    if (counted && due(iteration)) {
        kept_iteration_ = iteration, kept_taken_ = taken;
        log_.clear();
        logged_columns_.clear();
        logged_flops_ = 0;
    }
    // Of a batch that changed nothing only that there was one.
    const bool all = !counted || !step.columns;
    log_.push_back({logged_columns_.size(), counted ? step.k : 0, step.rate, me.threads, room_, all, counted});
    if (!all) logged_columns_.insert(logged_columns_.end(), step.columns, step.columns + step.k);
    logged_flops_ += flops_ * double(step.k);
}

// Whether it is time for a checkpoint: not many steps to repeat, nor much work, nor many columns to remember.
template <class T>
bool Trainer<T>::due(Index iteration) const {
    return !replaying_ && (kept_iteration_ < 0 || iteration - kept_iteration_ >= checkpoint_every ||
                           logged_flops_ >= most_flops || Index(logged_columns_.size()) >= most_logged());
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
    // No more columns are logged than come between two checkpoints, and no more than there are.
    const auto most = std::size_t(most_logged() + widest);
    log_.reserve(log_.size() + steps.size());
    logged_columns_.reserve(std::min(logged_columns_.size() + columns, most));
    begin(interrupted, widest);
    run(steps, costs, penalties, threads_for(steps), room);
    return outcome_;
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
void Trainer<T>::go_back() {
    if (went_back_ || log_.empty()) return;
    while (!log_.back().counted) log_.pop_back();
    log_.pop_back();
    const Index iteration = iteration_;
    std::memcpy(p_.data(), kept_p_.data(), std::size_t(p_.size()) * sizeof(T));
    copy(v_, kept_v_, 0, v_.size());
    copy(s_, kept_s_, 0, s_.size());
    iteration_ = kept_iteration_, taken_ = kept_taken_;
    struct Replaying {
        bool& flag;
        explicit Replaying(bool& it) : flag(it) { flag = true; }
        ~Replaying() { flag = false; }
    } const replaying(replaying_);
    // As they were taken: by as many threads, in the same chunks.
    for (std::size_t from = 0; from < log_.size();) {
        std::vector<Step> steps;
        const Logged& first = log_[from];
        for (; from < log_.size() && log_[from].threads == first.threads && log_[from].room == first.room; ++from) {
            const Logged& one = log_[from];
            steps.push_back({one.all ? nullptr : logged_columns_.data() + one.first, one.k, one.rate});
        }
        run(steps, nullptr, nullptr, first.threads, first.room);
    }
    iteration_ = iteration;
    // The step that was undone has no place in the log.
    forget_log();
}

// Nothing to go back to: what follows begins with a new checkpoint.
template <class T>
void Trainer<T>::forget_log() {
    went_back_ = true;
    kept_iteration_ = -1;
    log_.clear();
    logged_columns_.clear();
    logged_flops_ = 0;
}

template <class T>
Outcome Trainer<T>::gradient(const T* at, T* to, const std::function<bool()>& interrupted) {
    const Step all = {nullptr, m_, 0};
    with_gaps(layers_, at, p_.data());
    forget_log();
    room_ = room_for(m_, false);
    make_room(room_, false);
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
