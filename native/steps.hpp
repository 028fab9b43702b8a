// One step: forward, backward, the gradients and the update. A part of trainer.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dropout.hpp"
#include "trainer.hpp"

namespace pellucid {

namespace {

// Columns of the short cut's triangle that are as deep as the deepest of them: one register block of a product, 10 %
// faster than two.
constexpr Index triangle_block = 12;

}  // namespace

// Nothing but the sum over the examples and one subtraction: then dW is not stored, but subtracted where it arises.
template <class T>
bool Trainer<T>::plain() const {
    return options_.rule == Rule::gradient_descent && options_.clip_norm == 0 && network_.l1 == 0;
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
    me.columns = as_they_are ? nullptr : columns;
    me.first = start;
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
        if (!entries_.empty()) {
            // They are read where they are.
        } else if (X_.rows == 1) {
            if (j + 1 < mine.to) __builtin_prefetch(X_.data + columns[j + 1] * X_.columns);
            std::memcpy(to, from, std::size_t(n_0) * sizeof(T));
        } else {
            for (Index i = 0; i < n_0; ++i) to[i] = from[i * X_.rows];
        }
        for (Index i = 0; i < n_y; ++i) batch_Y_[j * n_y + i] = Y_[columns[j] * n_y + i];
        if (weights_.size()) batch_w_[j] = weights_[columns[j]];
    }
}

// Z (n, mine) = W A_prev + b.
template <class T>
void Trainer<T>::linear(const Worker& me, std::size_t l, const Chunk& chunk, Share mine, T* Z) {
    const Layer& layer = layers_[l - 1];
    const Index k = mine.to - mine.from, ldz = buffers_[l].ld;
    if (l == 1 && !entries_.empty()) {
        const std::int64_t* columns = me.columns ? me.columns + mine.from : nullptr;
        const T *W = p_.data() + layer.W, *b = p_.data() + layer.b;
        return kernels_.sparse_product(Z, ldz, W, layer.n, layer.n, entries_.lists(), columns, me.first + mine.from, k, T(1),
                                T(0), b);
    }
    const View<const T> A_prev = activation(me, l - 1);
    // Where columns end in zeros, blocks of them, each as deep as its deepest.
    const bool ends = shallow(me, l, chunk);
    const Index block = ends ? triangle_block : k;
    for (Index j = 0; j < k; j += block) {
        const Index width = std::min(block, k - j), first = mine.from + j;
        Index K = ends ? 0 : layer.n_prev;
        for (Index c = first; ends && c < first + width; ++c) K = std::max(K, depths_[std::size_t(c)]);
        const View<const T> in = {A_prev.data + first * A_prev.columns, A_prev.rows, A_prev.columns};
        linear_forward(kernels_, layer, p_.data(), in, Z + j * ldz, ldz, width, K, me.panel);
    }
}

template <class T>
void Trainer<T>::forward(const Worker& me, const Chunk& chunk, Share mine, bool dropped) {
    const std::size_t L = layers_.size();
    const Index k = mine.to - mine.from;
    Partial& partial = partials_[std::size_t(me.thread)];
    partial = {};
    if (chunk.is_first) partial.cost = skipped(me);
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
        T* A = own.A.data() + mine.from * own.ld;
        T* Z = own.Z.size() ? own.Z.data() + mine.from * own.ld : A;
        linear(me, l, chunk, mine, Z);
        if (l == L) {
            const Index n_y = layer.n;
            const T* w = me.w ? me.w + mine.from : nullptr;
            partial.cost += kernels_.cost(network_.cost, layer.g, own.dZ.data() + mine.from * n_y, A, Z,
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

// What the zeros of the inputs, times the weights, would have added to the cost: 0, or NaN where a weight is not finite.
template <class T>
double Trainer<T>::skipped(const Worker& me) const {
    if (entries_.empty()) return 0;
    const Layer& layer = layers_[0];
    const Share mine = rows_of(1, me);
    return kernels_.times_zero(p_.data() + layer.W + mine.from * layer.n, (mine.to - mine.from) * layer.n);
}

// dW (n, n_prev) = alpha sum dZ A_prev^T + beta dW, this thread's columns of it.
template <class T>
void Trainer<T>::weight_gradient(const Worker& me, std::size_t l, const Chunk& chunk, T* dW, T alpha, T beta) {
    const Layer& layer = layers_[l - 1];
    const T* dZ = buffers_[l].dZ.data();
    const Index ldz = buffers_[l].ld;
    const Share mine = rows_of(l, me);
    if (l == 1 && !entries_.empty()) {
        const Lists<T> rows = turned_.turn(entries_.lists(), layer.n_prev, me.columns, me.first, chunk.k, mine.from,
                                           mine.to, me.starts);
        return kernels_.sparse_product(dW + mine.from * layer.n, layer.n, dZ, ldz, layer.n, rows, nullptr, 0,
                                mine.to - mine.from, alpha, beta, nullptr);
    }
    const View<const T> A_prev = activation(me, l - 1);
    const bool ends = shallow(me, l, chunk);
    const Index block = ends ? triangle_block : std::max<Index>(1, mine.to - mine.from);
    for (Index p = mine.from; p < mine.to; p += block) {
        const Index end = std::min(p + block, mine.to);
        // Columns that end above row p have nothing to say about it.
        const Index from = ends ? firsts_[std::size_t(p)] : 0;
        const View<const T> A = {A_prev.data + from * A_prev.columns, A_prev.rows, A_prev.columns};
        linear_gradients(kernels_, layer, dW, dZ + from * ldz, ldz, A, chunk.k - from, p, end, alpha, beta, me.panel);
    }
}

// The gradients of this thread's columns of every W, and the same for db.
template <class T>
void Trainer<T>::gradients(const Worker& me, const Chunk& chunk, T* to, T alpha, T beta, bool biases) {
    for (std::size_t l = 1; l <= layers_.size(); ++l) {
        const Layer& layer = layers_[l - 1];
        const Buffers& own = buffers_[l];
        weight_gradient(me, l, chunk, to + layer.W, alpha, beta);
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

// Of a cross-entropy, what the losses of this thread's columns are above that of a probability as small as the
// precision of T, in sum: only where an answer is off by all but that.
template <class T>
double Trainer<T>::beyond_precision(const Worker& me, Share mine) const {
    const bool binary = network_.cost == Cost::binary_cross_entropy;
    if (!binary && network_.cost != Cost::categorical_cross_entropy) return 0;
    const Buffers& own = buffers_[layers_.size()];
    const Index n_y = layers_.back().n;
    const double epsilon = double(std::numeric_limits<T>::epsilon()), most = -std::log(epsilon);
    double sum = 0;
    for (Index j = mine.from; j < mine.to; ++j) {
        const T *a = own.A.data() + j * n_y, *z = own.Z.data() + j * n_y, *y = me.Y + j * n_y;
        for (Index i = 0; i < n_y; ++i) {
            const bool off = binary ? std::abs(double(a[i]) - double(y[i])) >= 1 - epsilon
                                    : y[i] > T(0.5) && double(a[i]) <= epsilon;
            if (!off) continue;
            double loss = std::abs(double(z[i]));
            if (!binary) {
                const double largest = double(*std::max_element(z, z + n_y));
                double powers = 0;
                for (Index c = 0; c < n_y; ++c) powers += std::exp(double(z[c]) - largest);
                loss = std::log(powers) + largest - double(z[i]);
            }
            sum += (me.w ? double(me.w[j]) : 1) * std::max(0.0, loss - most);
        }
    }
    return sum;
}

// One step, or where it does not move only its gradient, in g: false where it was not taken.
template <class T>
bool Trainer<T>::take(Worker& me, const Step& step, double* cost, double* penalty, bool moves) {
    Barrier& barrier = team_.barrier();
    const bool penalised = network_.l2 != 0 || network_.l1 != 0;
    const bool at_once = moves && plain();
    double total = 0, weight = 0, charged = 0, beyond = 0;
    for (Index first = 0; first < step.k; first += room_) {
        const Chunk chunk = {first, std::min(room_, step.k - first), first == 0, first + room_ >= step.k};
        const Share mine = columns_of(chunk, step, me);
        poll(me);
        examples(me, step, chunk, mine);
        forward(me, chunk, mine, true);
        if (!moves) partials_[std::size_t(me.thread)].beyond = beyond_precision(me, mine);
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
            beyond += partial.beyond;
        }
        if (chunk.is_first) total += sum, charged = sum;
        const bool single = chunk.is_first && chunk.is_last, counts = !(weight == 0);
        if (chunk.is_last) {
            const double mean = counts ? total / weight : 0;
            if (me.thread == 0 && cost) *cost = mean;
            if (me.thread == 0 && penalty) *penalty = counts ? charged / weight : 0;
            if (me.thread == 0 && !moves) beyond_ = counts ? beyond / weight : 0;
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

}  // namespace pellucid
