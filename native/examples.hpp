// What a training or an evaluation looks at: inputs, targets and weights.
#pragma once

#include <algorithm>

#include "encoded_inputs.hpp"
#include "input_layer.hpp"

namespace pellucid {

// Arrays of the caller: X (n_x, m), or a table; Y (n_y, m), weights (m, or null: all 1).
template <class T>
struct Labelled {
    View<const T> X;
    Index m;
    View<const T> Y;
    const T* weights;
    const EncodedTable<T>* table = nullptr;
};

template <class T>
class Examples {
public:
    Examples(const Description& network, const std::vector<Layer>& layers)
        : network_(network), layers_(layers), dense_(layers[0]), triangular_(layers[0]), sparse_(layers[0]),
          encoded_(layers[0]) {}
    Examples(const Examples&) = delete;
    Examples& operator=(const Examples&) = delete;

    // Look at these from now on. X and a table stay the caller's, or X is copied without its zeros; Y and weights are copied.
    // Label smoothing, and the zeros of a triangle, are for training.
    void assign(const Labelled<T>& given, Team& team, int threads, bool for_training) {
        // None, until all of it is there.
        m_ = 0;
        inputs_ = &choose(given, team, threads, for_training);
        assign_targets(given, for_training);
        m_ = given.m;
    }
    // The same X with other targets.
    void assign_targets(const Labelled<T>& given, bool for_training) {
        const Index n_y = network_.layer_dims.back();
        const double e = for_training ? network_.label_smoothing : 0;
        const double spread = e / double(network_.cost == Cost::binary_cross_entropy ? 2 : n_y);
        Y_.reserve(n_y * given.m);
        for (Index j = 0; j < given.m; ++j)
            for (Index i = 0; i < n_y; ++i)
                Y_[j * n_y + i] = T((1 - e) * double(given.Y.data[i * given.Y.rows + j * given.Y.columns]) + spread);
        weighted_ = given.weights != nullptr;
        weights_.reserve(weighted_ ? given.m : 0);
        if (weighted_) std::copy_n(given.weights, given.m, weights_.data());
    }

    Index m() const { return m_; }
    InputLayer<T>& inputs() const { return *inputs_; }
    const T* Y() const { return Y_.data(); }
    const T* weights() const { return weighted_ ? weights_.data() : nullptr; }

private:
    InputLayer<T>& choose(const Labelled<T>& given, Team& team, int threads, bool for_training) {
        if (given.table) return encoded_.assign(*given.table), encoded_;
        // Dropout of the inputs makes a new matrix in every step.
        const bool as_it_is = !for_training || network_.dropout[0] == 0;
        if (as_it_is && sparse_.assign(given.X, given.m, team, threads)) return sparse_;
        double rest = 0;
        for (std::size_t l = 1; l < layers_.size(); ++l) rest += double(layers_[l].n * layers_[l].n_prev);
        rest = 8 * rest / double(layers_[0].n);
        if (for_training && as_it_is && triangular_.assign(given.X, given.m, rest)) return triangular_;
        dense_.assign(given.X);
        return dense_;
    }

    const Description& network_;
    const std::vector<Layer>& layers_;
    DenseInputs<T> dense_;
    TriangularInputs<T> triangular_;
    SparseInputs<T> sparse_;
    EncodedInputs<T> encoded_;
    InputLayer<T>* inputs_ = nullptr;
    Index m_ = 0;
    AlignedBuffer<T> Y_, weights_;
    bool weighted_ = false;
};

}  // namespace pellucid
