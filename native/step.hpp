// A chunk of a step through the network: forward, cost, backward and the gradients, share by share.
#pragma once

#include <algorithm>

#include "activations.hpp"
#include "examples.hpp"
#include "forward.hpp"

namespace pellucid {

// What one step is asked to do: its columns (null: all, in their order) and its rate.
struct Step {
    const std::int64_t* columns;
    Index k;
    double rate;
};

template <class T>
class Propagation {
public:
    Propagation(const Description& network, const std::vector<Layer>& layers, std::uint64_t seed, const T* parameters)
        : kernels_(kernels<T>()), network_(network), layers_(layers), seed_(seed), parameters_(parameters) {}

    // Have room for chunks of so many columns by so many threads.
    void reserve(const Examples<T>& examples, const Step& step, Index columns, int threads) {
        activations_.reserve(network_, layers_, columns, step.columns && examples.inputs().gathers());
        Index widest = 1;
        for (const Layer& layer : layers_) widest = std::max(widest, layer.n);
        while (int(tools_.size()) < threads) tools_.push_back({AlignedBuffer<T>(panel_size), AlignedBuffer<T>(widest)});
    }

    // Go to columns first .. first + k of a step: where they lie side by side in X they stay there.
    void begin(const Examples<T>& examples, const Step& step, Index step_count, Index first, Index k, int threads) {
        examples_ = &examples, step_count_ = step_count, first_ = first, threads_ = threads;
        const std::int64_t* which = step.columns ? step.columns + first : nullptr;
        const Index start = which ? which[0] : first;
        bool neighbours = true;
        for (Index j = 1; which && neighbours && j < k; ++j) neighbours = which[j] == start + j;
        chunk_ = {neighbours ? nullptr : which, start, k, !step.columns && k == examples.m()};
        examples.inputs().locate(chunk_, activations_[0].A.data(), activations_[0].ld);
        const T* w = examples.weights();
        targets_ = {examples.Y() + start * layers_.back().n, w ? w + start : nullptr};
        if (!neighbours) targets_ = {activations_.Y(), w ? activations_.w() : nullptr};
    }

    // The losses of share t of the columns, and dZ of all its layers.
    Losses forward_and_backward(int t) {
        const Share mine = examples_->inputs().columns_of(chunk_, threads_, t);
        if (mine.size() == 0) return {};
        gather(mine);
        const Losses losses = forward(mine, t);
        backward(mine, t);
        return losses;
    }

    // Share t of the sums over the chunk: every W's gradient times alpha, plus beta times what is there; for b, which pays
    // no penalty, plus beta_b times that.
    void gradients(int t, T* to, T alpha, T beta, T beta_b) {
        for (std::size_t l = 1; l <= layers_.size(); ++l) {
            const Layer& layer = layers_[l - 1];
            const LayerActivations<T>& own = activations_[l];
            if (l == 1) {
                examples_->inputs().weight_gradient(inputs(), threads_, t, to + layer.W, own.dZ.data(), own.ld, alpha, beta,
                                                    panel(t));
            } else {
                const Share rows = even_share(layer.n_prev, threads_, t);
                linear_gradients(kernels_, layer, to + layer.W, own.dZ.data(), own.ld, activations_[l - 1].output(),
                                 chunk_.k, rows.from, rows.to, alpha, beta, panel(t));
            }
            if (int(l) % threads_ != t) continue;
            T* const sums = tools_[std::size_t(t)].sums.data();
            kernels_.row_sums(sums, own.dZ.data(), own.ld, layer.n, chunk_.k);
            for (Index i = 0; i < layer.n; ++i) {
                const T sum = alpha * sums[i];
                // Not 0 times what may be infinite from a step that diverged.
                to[layer.b + i] = beta_b == T(0) ? sum : sum + beta_b * to[layer.b + i];
            }
        }
    }

    // AL of the chunk, (n_y, k).
    const T* outputs() const { return activations_[layers_.size()].A.data(); }

private:
    T* panel(int t) { return tools_[std::size_t(t)].panel.data(); }

    // The chunk, its inputs with their dropout.
    Chunk<T> inputs() const {
        Chunk<T> chunk = chunk_;
        if (network_.dropout[0] > 0) chunk.A0 = activations_[0].output();
        return chunk;
    }

    void gather(Share mine) {
        if (!chunk_.which) return;
        examples_->inputs().gather(chunk_, mine, activations_[0].A.data(), activations_[0].ld);
        const Index n_y = layers_.back().n;
        for (Index j = mine.from; j < mine.to; ++j) {
            std::copy_n(examples_->Y() + chunk_.which[j] * n_y, n_y, activations_.Y() + j * n_y);
            if (targets_.weights) activations_.w()[j] = examples_->weights()[chunk_.which[j]];
        }
    }

    // D = M A for the columns of a share, M the mask of the step.
    void drop(std::size_t l, Share mine, View<const T> A) {
        LayerActivations<T>& own = activations_[l];
        const Index n = network_.layer_dims[l];
        T *M = own.M.data() + mine.from * own.ld, *D = own.D.data() + mine.from * own.ld;
        const auto draw = [&](T* to, Index column, Index count) {
            kernels_.philox_mask(to, seed_, std::uint32_t(l), std::uint64_t(step_count_), network_.dropout[l],
                                 std::uint64_t((first_ + column) * n), count);
        };
        if (own.ld == n) draw(M, mine.from, n * mine.size());
        for (Index j = 0; own.ld != n && j < mine.size(); ++j) draw(M + j * own.ld, mine.from + j, n);
        if (l > 0) return kernels_.multiply(D, M, A.data + mine.from * own.ld, mine.size() * own.ld);
        for (Index j = 0; j < mine.size(); ++j)
            for (Index i = 0; i < n; ++i)
                D[j * own.ld + i] = M[j * own.ld + i] * A.data[i * A.rows + (mine.from + j) * A.columns];
    }

    Losses forward(Share mine, int t) {
        const std::size_t L = layers_.size();
        const Index k = mine.size();
        if (network_.dropout[0] > 0) drop(0, mine, chunk_.A0);
        for (std::size_t l = 1;; ++l) {
            const Layer& layer = layers_[l - 1];
            LayerActivations<T>& own = activations_[l];
            T* A = own.A.data() + mine.from * own.ld;
            T* Z = own.Z.size() ? own.Z.data() + mine.from * own.ld : A;
            if (l == 1) {
                examples_->inputs().forward(inputs(), mine, parameters_, Z, own.ld, panel(t));
            } else {
                View<const T> A_prev = activations_[l - 1].output();
                A_prev.data += mine.from * A_prev.columns;
                linear_forward(kernels_, layer, parameters_, A_prev, Z, own.ld, k, layer.n_prev, panel(t));
            }
            if (l == L) {
                const T* w = targets_.weights ? targets_.weights + mine.from : nullptr;
                const double cost = kernels_.cost(network_.cost, layer.g, own.dZ.data() + mine.from * layer.n, A, Z,
                                                  targets_.Y + mine.from * layer.n, w, layer.n, k, T(network_.huber_delta));
                return {cost, sum_of_weights(w, k)};
            }
            kernels_.activate(layer.g, A, Z, nullptr, own.ld, k);
            if (network_.dropout[l] > 0) drop(l, mine, {own.A.data(), 1, own.ld});
        }
    }

    void backward(Share mine, int t) {
        const Index k = mine.size();
        for (std::size_t l = layers_.size(); l > 1; --l) {
            const LayerActivations<T>& next = activations_[l];
            LayerActivations<T>& own = activations_[l - 1];
            const Index first = mine.from * own.ld, count = k * own.ld;
            T* dA = own.dZ.data() + first;
            linear_backward(kernels_, layers_[l - 1], parameters_, next.dZ.data() + mine.from * next.ld, next.ld, dA,
                            own.ld, k, panel(t));
            if (own.M.size()) kernels_.multiply(dA, dA, own.M.data() + first, count);
            const T* Z = own.Z.size() ? own.Z.data() + first : nullptr;
            kernels_.activate_backward(layers_[l - 2].g, dA, own.A.data() + first, Z, count);
        }
    }

    // Scratch memory of one thread.
    struct Tools {
        AlignedBuffer<T> panel, sums;
    };

    const Kernels<T>& kernels_;
    const Description& network_;
    const std::vector<Layer>& layers_;
    std::uint64_t seed_;
    const T* parameters_;
    std::vector<Tools> tools_;
    Activations<T> activations_;

    // The chunk in progress.
    const Examples<T>* examples_ = nullptr;
    Chunk<T> chunk_{};
    Targets<T> targets_{};
    Index step_count_ = 0, first_ = 0;
    int threads_ = 1;
};

}  // namespace pellucid
