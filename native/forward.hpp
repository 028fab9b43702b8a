// Forward propagation alone, in blocks of columns that stay in the second cache: no layer of all columns is kept.
#pragma once

#include <functional>
#include <vector>

#include "input_layer.hpp"
#include "team.hpp"

namespace pellucid {

// What the answers are compared with: Y (n_y, k), column by column, and weights (k), null: all 1.
template <class T>
struct Targets {
    const T* Y;
    const T* weights;
};

// A sum of weighted losses, and of the weights.
struct Losses {
    double cost = 0, weight = 0;
    Losses& operator+=(const Losses& other) {
        cost += other.cost, weight += other.weight;
        return *this;
    }
    double mean() const { return weight == 0 ? 0 : cost / weight; }
};

template <class T>
double sum_of_weights(const T* weights, Index k) {
    if (!weights) return double(k);
    double sum = 0;
    for (Index j = 0; j < k; ++j) sum += double(weights[j]);
    return sum;
}

// Whether to stop: asked between pieces of a tenth of a second or so, in the caller's thread.
using Interrupted = std::function<bool()>;
// Thrown where it said so.
struct Interruption {};

template <class T>
class ForwardPass {
public:
    // Columns at a time.
    static constexpr Index block = 240;

    struct Scratch {
        AlignedBuffer<T> A, B, dZ, panel;
    };

    explicit ForwardPass(const Description& network)
        : kernels_(kernels<T>()), network_(network), layers_(layers_of(network)) {
        for (const Layer& layer : layers_) widest_ = std::max(widest_, leading<T>(layer.n));
        for (std::size_t l = 1; l < layers_.size(); ++l) flops_ += 2 * double(layers_[l].n * layers_[l].n_prev);
    }

    const std::vector<Layer>& layers() const { return layers_; }
    Index n_y() const { return layers_.back().n; }
    // Work for one column, a third of that of a step.
    double flops(const InputLayer<T>& inputs) const { return flops_ + inputs.flops() / 3; }

    Scratch scratch() const {
        const Index size = widest_ * block;
        return {AlignedBuffer<T>(size), AlignedBuffer<T>(size), AlignedBuffer<T>(n_y() * block),
                AlignedBuffer<T>(panel_size)};
    }

    // AL (n_y, m) of all columns, where it is not null; with targets, also their losses.
    Losses run(InputLayer<T>& inputs, Index m, const T* parameters, const Targets<T>* targets, T* AL, Team& team,
               int most_threads, const Interrupted& interrupted) {
        const Index piece = std::max(block, Index(most_flops / flops(inputs)));
        const int threads = threads_for(flops(inputs) * double(std::min(m, piece)), most_threads);
        while (int(scratches_.size()) < threads) scratches_.push_back(scratch());
        std::vector<Losses> found(std::size_t(threads), Losses{});
        if (inputs.follows_weights())
            team.run(threads, [&](int t) { inputs.follow_weights(parameters, threads, t); });
        for (Index from = 0; from < m; from += piece) {
            if (from > 0 && interrupted()) throw Interruption{};
            const Index count = std::min(piece, m - from);
            team.run(threads, [&](int t) {
                const Share mine = even_share(count, threads, t);
                Losses sum;
                for (Index first = from + mine.from; first < from + mine.to; first += block)
                    sum += columns(inputs, first, std::min(block, from + mine.to - first), parameters, targets, AL,
                                   scratches_[std::size_t(t)]);
                found[std::size_t(t)] += sum;
            });
        }
        Losses all;
        for (const Losses& one : found) all += one;
        if (targets) all.cost += inputs.skipped(parameters, {0, layers_[0].n_prev});
        return all;
    }

    // The same of k columns, at most a block, whose first layer is `first(Z, ldz, panel)`.
    template <class First>
    Losses columns_of(First first, Index k, const T* parameters, const Targets<T>* targets, T* AL, Scratch& own) const {
        T *A = own.A.data(), *Z = own.B.data();
        Losses losses;
        Index ld = 0;
        for (const Layer& layer : layers_) {
            const bool last = &layer == &layers_.back();
            const Index ldz = last ? layer.n : leading<T>(layer.n);
            if (&layer == layers_.data())
                first(Z, ldz, own.panel.data());
            else
                linear_forward(kernels_, layer, parameters, {A, 1, ld}, Z, ldz, k, layer.n_prev, own.panel.data());
            if (last && targets) {
                losses = {kernels_.cost(network_.cost, layer.g, own.dZ.data(), A, Z, targets->Y, targets->weights, layer.n,
                                        k, T(network_.huber_delta)),
                          sum_of_weights(targets->weights, k)};
                break;
            }
            if (layer.g == Activation::softmax)
                kernels_.softmax(Z, Z, layer.n, k);
            else
                kernels_.activate(layer.g, Z, Z, nullptr, ldz, k);
            std::swap(A, Z), ld = ldz;
        }
        if (AL) std::copy_n(A, k * n_y(), AL);
        return losses;
    }

private:
    Losses columns(const InputLayer<T>& inputs, Index from, Index k, const T* parameters, const Targets<T>* targets,
                   T* AL, Scratch& own) const {
        Chunk<T> chunk = {nullptr, from, k, false};
        inputs.locate(chunk, nullptr, 0);
        const auto first = [&](T* Z, Index ldz, T* panel) { inputs.forward(chunk, {0, k}, parameters, Z, ldz, panel); };
        Targets<T> part{};
        if (targets) part = {targets->Y + from * n_y(), targets->weights ? targets->weights + from : nullptr};
        return columns_of(first, k, parameters, targets ? &part : nullptr, AL ? AL + from * n_y() : nullptr, own);
    }

    const Kernels<T>& kernels_;
    Description network_;
    std::vector<Layer> layers_;
    Index widest_ = 1;
    double flops_ = 0;  // of a column, without the first layer
    std::vector<Scratch> scratches_;
};

}  // namespace pellucid
