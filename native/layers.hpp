// The layers of a network in memory: where each one's parameters stand, and LINEAR -> ACTIVATION forward.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels.hpp"

namespace pellucid {

// What a network is, as pellucid.Network says it.
struct Description {
    std::vector<Index> layer_dims;
    std::vector<Activation> activations;  // of layers 1 .. L
    Cost cost;
    double label_smoothing, huber_delta, l2, l1;
    std::vector<double> dropout;  // of A0 .. A(L-1)

    bool penalised() const { return l2 != 0 || l1 != 0; }
};

// Layer l: its sizes, and where W (n, n_prev), column by column, and b (n) begin in the one buffer of parameters.
struct Layer {
    Index n_prev, n;
    Activation g;
    Index W, b;

    bool needs_z() const { return g == Activation::gelu || g == Activation::silu; }
};

// Rounded up to whole cache lines, whatever the type.
inline Index aligned(Index count) { return (count + 15) / 16 * 16; }

inline std::vector<Layer> layers_of(const Description& network) {
    std::vector<Layer> layers;
    Index offset = 0;
    for (std::size_t l = 1; l < network.layer_dims.size(); ++l) {
        const Index n_prev = network.layer_dims[l - 1], n = network.layer_dims[l];
        layers.push_back({n_prev, n, network.activations[l - 1], offset, 0});
        offset += aligned(n * n_prev);
    }
    for (Layer& layer : layers) layer.b = offset, offset += aligned(layer.n);
    return layers;
}

// Numbers in the buffer of parameters, and without the gaps that aligning makes.
inline Index parameter_count(const std::vector<Layer>& layers) { return layers.back().b + aligned(layers.back().n); }
inline Index packed_count(const std::vector<Layer>& layers) {
    Index count = 0;
    for (const Layer& layer : layers) count += layer.n * (layer.n_prev + 1);
    return count;
}

// The buffer of parameters from and to the one row that pellucid.engines.packing knows: W1, ..., WL, b1, ..., bL.
template <class T>
void unpack(const std::vector<Layer>& layers, const T* packed, T* parameters) {
    for (const Layer& layer : layers)
        std::copy_n(packed, layer.n * layer.n_prev, parameters + layer.W), packed += layer.n * layer.n_prev;
    for (const Layer& layer : layers) std::copy_n(packed, layer.n, parameters + layer.b), packed += layer.n;
}
template <class T>
void pack(const std::vector<Layer>& layers, const T* parameters, T* packed) {
    for (const Layer& layer : layers)
        packed = std::copy_n(parameters + layer.W, layer.n * layer.n_prev, packed);
    for (const Layer& layer : layers) packed = std::copy_n(parameters + layer.b, layer.n, packed);
}

// How far apart the columns of an activation stand. Where many columns would fall on the same lines of a cache, which
// holds 8 of them, a cache line lies between them: 1024 units of float32 run at 96 instead of 88 GFLOP/s.
template <class T>
Index leading(Index n) {
    return n >= 128 && n * Index(sizeof(T)) % 512 == 0 ? n + 64 / Index(sizeof(T)) : n;
}

// Z (n, k) = W A_prev + b, in columns ldz apart; A_prev (n_prev, k) in any order, only its first K rows looked at.
template <class T>
void linear_forward(const Kernels<T>& kernels, const Layer& layer, const T* parameters, View<const T> A_prev, T* Z,
                    Index ldz, Index k, Index K, T* panel) {
    const T *W = parameters + layer.W, *b = parameters + layer.b;
    if (layer.n == 1 && ldz == 1 && A_prev.rows == 1)
        return kernels.dots(Z, W, A_prev.data, A_prev.columns, K, k, b[0]);
    kernels.product(Z, ldz, {W, 1, layer.n}, A_prev, layer.n, k, K, T(1), T(0), b, panel);
}

// dA_prev (n_prev, k) = W^T dZ: its partner.
template <class T>
void linear_backward(const Kernels<T>& kernels, const Layer& layer, const T* parameters, const T* dZ, Index ldz,
                     T* dA_prev, Index lda, Index k, T* panel) {
    kernels.product(dA_prev, lda, {parameters + layer.W, layer.n, 1}, {dZ, 1, ldz}, layer.n_prev, k, layer.n, T(1), T(0),
                    nullptr, panel);
}

// Columns p0 .. p1 of dW (n, n_prev) = alpha dZ A_prev^T + beta dW, from the k columns of dZ and A_prev.
template <class T>
void linear_gradients(const Kernels<T>& kernels, const Layer& layer, T* dW, const T* dZ, Index ldz,
                      View<const T> A_prev, Index k, Index p0, Index p1, T alpha, T beta, T* panel) {
    const T* A = A_prev.data + p0 * A_prev.rows;
    if (layer.n == 1 && ldz == 1 && A_prev.rows == 1)
        return kernels.weighted_columns(dW + p0, dZ, A, A_prev.columns, p1 - p0, k, alpha, beta);
    kernels.product(dW + p0 * layer.n, layer.n, {dZ, 1, ldz}, {A, A_prev.columns, A_prev.rows}, layer.n, p1 - p0, k,
                    alpha, beta, nullptr, panel);
}

}  // namespace pellucid
