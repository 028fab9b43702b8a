// What a step keeps of every column of a chunk, layer by layer.
#pragma once

#include <vector>

#include "layers.hpp"
#include "memory.hpp"

namespace pellucid {

// For one layer: A (and Z where g' needs it), dZ, dropout's mask M and A M; columns ld apart.
template <class T>
struct LayerActivations {
    Index ld = 0;
    AlignedBuffer<T> A, Z, dZ, M, D;

    // What the next layer multiplies.
    View<const T> output() const { return {D.size() ? D.data() : A.data(), 1, ld}; }
};

template <class T>
class Activations {
public:
    // Have room for so many columns. What is there stays until all of the new is there.
    void reserve(const Description& network, const std::vector<Layer>& layers, Index columns, bool gathers) {
        gathers = gathers || gathers_ || network.dropout[0] > 0;
        if (columns <= capacity_ && gathers == gathers_) return;
        columns = std::max(columns, capacity_);
        const std::size_t L = layers.size();
        std::vector<LayerActivations<T>> all(L + 1);
        for (std::size_t l = 0; l <= L; ++l) {
            LayerActivations<T>& own = all[l];
            const Index n = network.layer_dims[l];
            own.ld = l == L ? n : leading<T>(n);
            const Index size = own.ld * columns;
            if (l > 0 || gathers) own.A = AlignedBuffer<T>(size);
            // A vector's room behind it: it is multiplied by lists.
            if (l > 0) own.dZ = AlignedBuffer<T>(size + 64 / Index(sizeof(T)));
            if (l == L || (l > 0 && layers[l - 1].needs_z())) own.Z = AlignedBuffer<T>(size);
            if (l < L && network.dropout[l] > 0) own.M = AlignedBuffer<T>(size), own.D = AlignedBuffer<T>(size);
        }
        AlignedBuffer<T> Y(network.layer_dims.back() * columns), w(columns);
        layers_ = std::move(all), Y_ = std::move(Y), w_ = std::move(w);
        capacity_ = columns, gathers_ = gathers;
    }

    LayerActivations<T>& operator[](std::size_t l) { return layers_[l]; }
    const LayerActivations<T>& operator[](std::size_t l) const { return layers_[l]; }
    // Targets and weights of columns that are copied side by side.
    T* Y() { return Y_.data(); }
    T* w() { return w_.data(); }

private:
    std::vector<LayerActivations<T>> layers_;
    AlignedBuffer<T> Y_, w_;
    Index capacity_ = 0;
    bool gathers_ = false;
};

}  // namespace pellucid
