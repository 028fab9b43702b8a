// Training, step by step: the same steps as pellucid.engines.reference, in place and by several threads.
//
// A step has two halves. In the first a share is some of the columns (examples), which go through forward propagation,
// cost and backward propagation; in the second some of the columns of every dW, over all examples, and the update of
// those weights. So no gradient is ever added up over threads, and the same number of shares gives the same bits.
#pragma once

#include <vector>

#include "examples.hpp"
#include "forward.hpp"
#include "rollback.hpp"
#include "step.hpp"
#include "team.hpp"
#include "update.hpp"

namespace pellucid {

enum class Ending { done, diverged, interrupted };

struct Outcome {
    Index steps;  // that were taken
    Ending ending;
    double cost;  // the one that is not finite, where it diverged
    double penalty = 0;
};

// Asks whether to stop, about every 50 ms.
class Poll {
public:
    Poll(const Interrupted& interrupted, double flops_at_a_time);
    bool interrupted();

private:
    const Interrupted& interrupted_;
    Index count_ = 0, every_;
    double last_;
};

template <class T>
class Trainer {
public:
    // It has neither examples nor parameters yet: `feed` and `restore` follow.
    Trainer(const Description& network, const Options& options);
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    // Go on with other examples. Returns in which of two places X is looked at; what `looks_at` is to stay alive.
    int feed(const Labelled<T>& given);
    bool looks_at(int place) const;
    // Go on from a state: parameters and slots are rows in the order of pellucid.engines.packing; a slot that is null is
    // all 0.
    void restore(const T* parameters, const T* v, const T* s, Counts counts);
    void state(T* parameters, T* v, T* s) const;
    Counts counts() const { return counts_; }

    // Take these steps, in order; costs[i] is the cost of step i before it is taken, and penalties[i] (or null)
    // what of it is penalty. A step that is interrupted is not taken.
    Outcome advance(const std::vector<Step>& steps, double* costs, double* penalties, const Interrupted& interrupted);
    // Go to other parameters, and compute there the cost of all examples, penalties and the dropout of the next step
    // included, its gradient, and AL (n_y, m), column by column.
    Outcome gradient(const T* at, T* grads, T* AL, const Interrupted& interrupted);
    // The cost of all examples at the parameters as they are, penalties included, without dropout.
    double cost(const Interrupted& interrupted);
    // The cost of the answers to other examples, and AL. `same_inputs`: X is that of the call before.
    double evaluate(const Labelled<T>& given, bool same_inputs, T* AL, const Interrupted& interrupted);
    // Return to the parameters before the last step that was taken: the last whose cost is known to be finite.
    void go_back();

    const std::vector<Layer>& layers() const { return forward_.layers(); }
    const Description& network() const { return network_; }
    Index m() const { return examples_->m(); }
    bool leaves_out_zeros() const { return examples_->inputs().transposes(); }

private:
    // How a step is cut up: columns at a time, and shares of each chunk.
    struct Plan {
        Index chunk;
        int threads;
    };
    // A step to be logged, to be repeated after a divergence, or one whose gradient alone is asked for.
    enum class Mode { train, replay, gradient };
    enum class Taken { yes, diverged, interrupted };
    struct StepCost {
        Taken taken;
        double cost, penalty;
    };

    Plan plan(const Examples<T>& examples, const Step& step) const;
    void reserve(const Examples<T>& examples, const Step& step);
    StepCost step(const Examples<T>& examples, const Step& step, Mode mode, Poll* poll, T* AL = nullptr);
    void propagate(const Examples<T>& examples, int threads, bool is_first, Losses& losses, double& penalty);
    void update(const Examples<T>& examples, const Step& step, const Plan& plan, double weight, Mode mode);
    template <class Function>
    void each_region(const Examples<T>& examples, int threads, int t, Function function) const;

    Description network_;
    Options options_;
    Team team_;
    ForwardPass<T> forward_;
    ParameterBuffers<T> buffers_;
    Updater<T> updater_;
    Propagation<T> propagation_;
    Counts counts_;
    Rollback<T> rollback_;

    // Of the two that were fed last, the one of the next step; the other may be needed to go back.
    Examples<T> fed_[2];
    Examples<T>* examples_ = &fed_[0];
    Examples<T> evaluated_;

    // What each share of the work found.
    struct alignas(64) Found {
        Losses losses;
        double sum = 0;
    };
    std::vector<Found> found_;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace pellucid
