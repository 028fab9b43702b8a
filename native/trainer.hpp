// Training, step by step: the same steps as pellucid.engines.reference, in place and by several threads.
//
// A step has two halves, and the threads meet after each. In the first a thread takes its share of the columns
// (examples) through forward propagation, cost and backward propagation; in the second its share of the columns of
// every dW, over all examples, and updates those weights. So no gradient is ever added up over threads, and a
// weight is always changed by the same thread: the same number of threads gives the same bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "entries.hpp"
#include "kernels.hpp"
#include "layers.hpp"
#include "memory.hpp"
#include "team.hpp"

namespace pellucid {

// How each step is taken, as pellucid.engines.Steps says it.
struct Options {
    Rule rule;
    double beta1, beta2, epsilon, weight_decay;
    double clip_norm;  // 0: never
    std::uint64_t seed;
    int threads;
    bool epsilon_hat;  // epsilon joins the root of squares that are not corrected
};

// What one step is asked to do: its columns (null: all m, in their order) and its rate.
struct Step {
    const std::int64_t* columns;
    Index k;
    double rate;
};

enum class Ending { done, diverged, interrupted };

struct Outcome {
    Index steps;  // that were taken
    Ending ending;
    double cost;  // the one that is not finite, where it diverged
};

// No more work than this, a tenth of a second or so, is done without asking for Ctrl-C, or has to be repeated after a
// divergence.
constexpr double most_flops = 2e10;

template <class T>
class Trainer {
public:
    // X (n_0, m) is looked at as long as this lives, or where it is mostly zeros copied without them; Y (n_y, m),
    // weights (m, or null) and parameters (in the order W1, b1, W2, ..., each W column by column, without gaps) are
    // copied.
    Trainer(const Description& network, const Options& options, View<const T> X, Index m, View<const T> Y,
            const T* weights, const T* parameters);

    // Take these steps, in order; costs[i] is the cost of step i before it is taken, and penalties[i] what of it is
    // penalty. `interrupted` is asked about every 50 ms, in the caller's thread; a step that it strikes is not taken.
    Outcome advance(const std::vector<Step>& steps, double* costs, double* penalties,
                    const std::function<bool()>& interrupted);

    Index iteration() const { return iteration_; }
    bool leaves_out_zeros() const { return !entries_.empty(); }
    // The parameters as they are, in the order of the constructor's.
    void parameters(T* to) const;
    // The cost of all examples as they are now, without penalties and dropout; or that it was interrupted.
    Outcome cost(const std::function<bool()>& interrupted);
    // Return to the parameters before the last step that was taken: the last whose cost is known to be finite.
    void go_back();
    // Put the session at other parameters, and compute there the cost of all examples, penalties and the dropout of the
    // next step included, and its gradient; both in the order of the constructor's parameters.
    Outcome gradient(const T* at, T* to, const std::function<bool()>& interrupted);
    // How much less the last gradient's cost would be if no probability counted as less than the precision of T.
    double beyond_precision() const { return beyond_; }
    // What the rule carries from step to step, in the order of the parameters (null where it keeps none), and how many
    // steps it has seen; and to go on from there.
    Index memory(T* v, T* s) const;
    void remember(const T* v, const T* s, Index taken);

private:
    // What one thread knows of the call in progress.
    struct alignas(64) Worker {
        int thread, threads;
        Index iteration, taken;
        T* panel;
        T* sums;
        Index* starts;
        // The examples of the chunk in progress: which (null: first, first + 1, ...), and where they are.
        const std::int64_t* columns = nullptr;
        Index first = 0;
        View<const T> A0{};
        const T *Y = nullptr, *w = nullptr;
    };
    struct Share {
        Index from, to;
    };
    // Columns first .. first + k of a step's batch, which has k columns in all.
    struct Chunk {
        Index first, k;
        bool is_first, is_last;
    };
    // What is kept of every column of a chunk, for one layer: A (and Z where g' needs it), dZ, dropout's M and A M.
    struct Buffers {
        Index ld = 0;
        Numbers<T> A, Z, dZ, M, D;
    };
    struct alignas(64) Partial {
        double cost = 0, weight = 0, squares = 0, penalty = 0, beyond = 0;
    };

    // What a thread needs for itself.
    struct Tools {
        Numbers<T> panel, sums;
        Numbers<Index> starts;
    };

    Index room_for(Index k, bool gathered) const;
    void make_room(Index room, bool gathered);
    void make_room_to_turn(const std::vector<Step>& steps, Index room);
    int threads_for(const std::vector<Step>& steps) const;
    Share share(Index count, const Worker& me) const;
    Share columns_of(const Chunk& chunk, const Step& step, const Worker& me) const;
    Share rows_of(std::size_t l, const Worker& me) const;
    void cut(int threads);
    bool take(Worker& me, const Step& step, double* cost, double* penalty, bool moves = true);
    void examples(Worker& me, const Step& step, const Chunk& chunk, Share mine);
    void forward(const Worker& me, const Chunk& chunk, Share mine, bool dropped);
    void backward(const Worker& me, Share mine);
    double beyond_precision(const Worker& me, Share mine) const;
    void linear(const Worker& me, std::size_t l, const Chunk& chunk, Share mine, T* Z);
    void weight_gradient(const Worker& me, std::size_t l, const Chunk& chunk, T* dW, T alpha, T beta);
    void gradients(const Worker& me, const Chunk& chunk, T* to, T alpha, T beta, bool biases);
    void follow(const Worker& me, const Step& step, double weight, bool single, bool moves);
    void penalties(const Worker& me);
    View<const T> activation(const Worker& me, std::size_t l) const;
    bool shallow(const Worker& me, std::size_t l, const Chunk& chunk) const;
    double skipped(const Worker& me) const;
    bool plain() const;
    void checkpoint(const Worker& me);
    void poll(const Worker& me);
    void begin(const std::function<bool()>& interrupted, Index k);
    void have_workers(int threads);
    void run(const std::vector<Step>& steps, double* costs, double* penalties, int threads, Index room);
    void forget_log();
    void note(const Step& step, Index iteration, Index taken, const Worker& me) noexcept;
    bool due(Index iteration) const;
    // Columns that are remembered for a replay before a checkpoint is made: as many as there are parameters, or a MiB.
    Index most_logged() const { return std::max<Index>(p_.size(), 1 << 17); }

    const Kernels<T>& kernels_;
    Description network_;
    Options options_;
    std::vector<Layer> layers_;
    double flops_ = 0;  // of a step, for each of its columns
    View<const T> X_;
    Index m_;
    Numbers<T> Y_, weights_;
    // What of X is not 0, and how often each of its rows is not; empty where that saves little.
    Entries<T> entries_;
    std::vector<Index> row_entries_;
    // Of each column of X, how many rows stand above its last zeros; empty where that saves little.
    std::vector<Index> depths_;
    // Of each row of X, the first column that is deeper than it.
    std::vector<Index> firsts_;
    // Where the share of each thread begins, for so many threads as worked last; and the end.
    std::vector<Index> column_cuts_, row_cuts_;

    Numbers<T> p_, g_, v_, s_;  // parameters, gradient, memory of the rule
    Team team_;
    std::vector<Tools> tools_;
    std::vector<Worker> workers_;
    std::vector<Partial> partials_;

    // Every thread writes its own columns of these, and reads the others' after a meeting.
    std::vector<Buffers> buffers_;
    Numbers<T> batch_Y_, batch_w_;
    Turned<T> turned_;
    Index capacity_ = 0;  // columns that they hold
    Index room_ = 0;      // columns that are taken at a time
    bool gathers_ = false;

    Index iteration_ = 0, taken_ = 0;
    bool stopped_ = false, replaying_ = false;
    Index polls_ = 0, poll_every_ = 1;
    double polled_ = 0;
    const std::function<bool()>* interrupted_ = nullptr;
    Outcome outcome_{};
    double beyond_ = 0;

    // A divergence shows one step late, when the parameters it came from are gone. They are made again: from those of
    // the checkpoint, by the steps that were logged since. Copying them in every step would be one more pass over memory.
    struct Logged {
        std::size_t first;
        Index k;
        double rate;
        int threads;
        Index room;
        bool all, counted;
    };
    Numbers<T> kept_p_, kept_v_, kept_s_;
    Index kept_iteration_ = -1, kept_taken_ = 0;
    std::vector<Logged> log_;
    std::vector<std::int64_t> logged_columns_;
    double logged_flops_ = 0;
    bool went_back_ = true;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace pellucid
