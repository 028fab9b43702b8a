// Forward propagation alone: what a trained network answers, without a set-up in every call.
#pragma once

#include <mutex>
#include <vector>

#include "examples.hpp"
#include "forward.hpp"
#include "team.hpp"

namespace pellucid {

// How raw rows become inputs: (raw - mean) / deviation, as pellucid.Recipe says it; empty: as they are.
struct Scaling {
    std::vector<double> mean, deviation;
    bool is_empty() const { return mean.empty() && deviation.empty(); }
};

template <class T>
class Predictor {
public:
    // Parameters in the order of pellucid.engines.packing; copied. `spread`: the one output, the probability p of the
    // second of two classes, is answered as (1 - p, p).
    Predictor(const Description& network, const T* parameters, Scaling scaling, bool spread, int threads);

    Index inputs() const { return forward_.layers().front().n_prev; }
    Index answers() const { return spread_ ? 2 : forward_.n_y(); }
    const Description& network() const { return network_; }
    // Whether m rows are so much work that others should run meanwhile.
    bool takes_long(Index m) const;

    // The answers (m, answers()) to raw rows (m, inputs()), each contiguous; false, and nothing said, where a number is
    // not finite. Several callers may ask at once; only one of them gets the further threads.
    bool answer(const T* rows, Index m, T* to);
    // AL (n_y, m), column by column, of scaled columns X (n_x, m). One caller after the other.
    void outputs(View<const T> X, Index m, T* AL, const Interrupted& interrupted);
    void outputs(const EncodedTable<T>& table, Index m, T* AL, const Interrupted& interrupted);
    // The same, and the cost of these answers.
    double evaluate(const Labelled<T>& given, T* AL, const Interrupted& interrupted);

private:
    using Scratch = typename ForwardPass<T>::Scratch;
    // Memory of one thread: of the forward pass, and for scaled inputs.
    struct Own {
        Scratch scratch;
        AlignedBuffer<T> inputs;
    };
    Own own() const;
    bool answer_rows(Own& own, const T* rows, Index m, T* to) const;
    void scale(const T* rows, Index count, T* to) const;

    const Kernels<T>& kernels_;
    Description network_;
    ForwardPass<T> forward_;
    AlignedBuffer<T> parameters_;
    Scaling scaling_;
    bool spread_;
    int threads_;
    double flops_ = 0;
    std::mutex one_at_a_time_;
    Team team_;
    std::vector<Own> owns_;
    Examples<T> evaluated_;
};

extern template class Predictor<float>;
extern template class Predictor<double>;

}  // namespace pellucid
