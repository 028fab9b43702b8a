// Forward propagation alone: what a trained network answers, without a set-up in every call.
#pragma once

#include <mutex>
#include <vector>

#include "kernels.hpp"
#include "layers.hpp"
#include "memory.hpp"
#include "team.hpp"

namespace pellucid {

// How raw rows become inputs: (raw - mean) / deviation, as pellucid.Recipe says it; empty: as they are.
struct Scaling {
    std::vector<double> mean, deviation;
};

template <class T>
class Predictor {
public:
    // Parameters in the order W1, b1, W2, ..., each W column by column; copied. `spread`: the one output, the
    // probability p of the second of two classes, is answered as (1 - p, p).
    Predictor(const Description& network, const T* parameters, Scaling scaling, bool spread, int threads);

    Index inputs() const { return layers_.front().n_prev; }
    Index answers() const { return spread_ ? 2 : layers_.back().n; }
    // Whether m rows are so much work that others should run meanwhile.
    bool takes_long(Index m) const;

    // The answers (m, answers()) to rows (m, inputs()), each contiguous; false, and nothing said, where a number is not
    // finite. Several callers may ask at once; only one of them gets the further threads.
    bool answer(const T* rows, Index m, T* to);

private:
    struct Scratch {
        Numbers<T> inputs, A, B, panel;
    };
    Scratch scratch() const;
    bool answer_some(Scratch& scratch, const T* rows, Index m, T* to) const;

    const Kernels<T>& kernels_;
    std::vector<Layer> layers_;
    Numbers<T> parameters_;
    Scaling scaling_;
    bool spread_;
    int threads_;
    Index widest_ = 1;
    double flops_ = 0;
    std::mutex one_at_a_time_;
    Team team_;
    std::vector<Scratch> scratches_;
};

extern template class Predictor<float>;
extern template class Predictor<double>;

}  // namespace pellucid
