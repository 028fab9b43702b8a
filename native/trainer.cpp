#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace pellucid {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

// The clock is looked at every so many pieces of work.
Poll::Poll(const Interrupted& interrupted, double flops_at_a_time)
    : interrupted_(interrupted), every_(std::max<Index>(1, Index(1e6 / (flops_at_a_time + 1)))), last_(now()) {}

bool Poll::interrupted() {
    if (++count_ < every_) return false;
    count_ = 0;
    const double time = now();
    if (time - last_ < 0.05) return false;
    last_ = time;
    return interrupted_();
}

template <class T>
Trainer<T>::Trainer(const Description& network, const Options& options)
    : network_(network), options_(options), forward_(network), buffers_(layers(), options.rule),
      updater_(network_, options, buffers_),
      propagation_(network_, forward_.layers(), options.seed, buffers_.p.data()), rollback_(layers(), options.rule),
      fed_{{network_, forward_.layers()}, {network_, forward_.layers()}}, evaluated_(network_, forward_.layers()),
      found_(std::size_t(options.threads)) {}

template <class T>
int Trainer<T>::feed(const Labelled<T>& given) {
    // The steps to repeat after a divergence were taken on the examples before, where they were not tested since.
    Examples<T>* const next = &fed_[rollback_.examples() == &fed_[0] ? 1 : 0];
    next->assign(given, team_, options_.threads, true);
    examples_ = next;
    return int(next - fed_);
}

template <class T>
bool Trainer<T>::looks_at(int place) const {
    return examples_ == &fed_[place] || rollback_.examples() == &fed_[place];
}

template <class T>
void Trainer<T>::restore(const T* parameters, const T* v, const T* s, Counts counts) {
    unpack(layers(), parameters, buffers_.p.data());
    const auto slot = [&](AlignedBuffer<T>& to, const T* from) {
        if (to.size() && from) unpack(layers(), from, to.data());
        if (!from) std::fill_n(to.data(), to.size(), T(0));
    };
    slot(buffers_.v, v), slot(buffers_.s, s);
    counts_ = counts;
    rollback_.forget();
}

template <class T>
void Trainer<T>::state(T* parameters, T* v, T* s) const {
    pack(layers(), buffers_.p.data(), parameters);
    if (v) pack(layers(), buffers_.v.data(), v);
    if (s) pack(layers(), buffers_.s.data(), s);
}

template <class T>
typename Trainer<T>::Plan Trainer<T>::plan(const Examples<T>& examples, const Step& step) const {
    const InputLayer<T>& inputs = examples.inputs();
    const Index gathered = step.columns && inputs.gathers() ? layers()[0].n_prev : 0;
    Index numbers = gathered;
    double products = 0;
    for (const Layer& layer : layers()) numbers += 2 * layer.n, products += double(layer.n * layer.n_prev);
    const ChunkCosts costs = {buffers_.p.size() * Index(sizeof(T)), numbers * Index(sizeof(T)) + inputs.transposed_bytes(),
                              6 * products, inputs.rereads(), inputs.most_columns(), options_.threads};
    const bool whole = !step.columns && inputs.only_whole();
    return {whole ? step.k : chunk_for(step.k, costs),
            threads_for(3 * forward_.flops(inputs) * double(step.k), options_.threads)};
}

// Have memory for a step: nothing that it does can fail then.
template <class T>
void Trainer<T>::reserve(const Examples<T>& examples, const Step& step) {
    const Plan plan = this->plan(examples, step);
    propagation_.reserve(examples, step, plan.chunk, plan.threads);
    examples.inputs().prepare(plan.threads, plan.chunk);
}

template <class T>
Outcome Trainer<T>::advance(const std::vector<Step>& steps, double* costs, double* penalties,
                            const Interrupted& interrupted) {
    Index widest = 0;
    std::size_t columns = 0;
    for (const Step& step : steps) {
        widest = std::max(widest, step.k);
        if (step.columns) columns += std::size_t(step.k);
        for (Index j = 0; step.columns && j < step.k; ++j)
            if (step.columns[j] < 0 || step.columns[j] >= m()) throw std::out_of_range("a column that X does not have");
        reserve(*examples_, step);
    }
    rollback_.reserve(steps.size(), columns, widest);
    Poll poll(interrupted, 3 * forward_.flops(examples_->inputs()) * double(widest));
    Outcome outcome = {0, Ending::done, 0};
    for (const Step& one : steps) {
        const StepCost found = step(*examples_, one, Mode::train, &poll);
        if (found.taken == Taken::interrupted) return {outcome.steps, Ending::interrupted, 0};
        costs[outcome.steps] = found.cost;
        if (penalties) penalties[outcome.steps] = found.penalty;
        if (found.taken == Taken::diverged) return {outcome.steps, Ending::diverged, found.cost};
        ++outcome.steps;
    }
    return outcome;
}

// One step, or only its gradient, in buffers_.g. AL, where it is not null, receives the outputs.
template <class T>
typename Trainer<T>::StepCost Trainer<T>::step(const Examples<T>& examples, const Step& step, Mode mode, Poll* poll,
                                               T* AL) {
    const Plan plan = this->plan(examples, step);
    InputLayer<T>& inputs = examples.inputs();
    inputs.prepare(plan.threads, plan.chunk);
    if (inputs.follows_weights())
        team_.run(plan.threads, [&](int t) { inputs.follow_weights(buffers_.p.data(), plan.threads, t); });
    double penalty = 0;
    Losses losses;
    for (Index first = 0; first < step.k; first += plan.chunk) {
        if (poll && poll->interrupted()) return {Taken::interrupted, 0, 0};
        const Index k = std::min(plan.chunk, step.k - first);
        propagation_.begin(examples, step, counts_.steps, first, k, plan.threads);
        propagate(examples, plan.threads, first == 0, losses, penalty);
        if (AL) std::copy_n(propagation_.outputs(), k * forward_.n_y(), AL + first * forward_.n_y());
        if (first + k < step.k)
            team_.run(plan.threads, [&](int t) {
                propagation_.gradients(t, buffers_.g.data(), T(1), T(first > 0), T(first > 0));
            });
    }
    // A batch without weight tests nothing and changes nothing.
    const bool counts = !(losses.weight == 0);
    penalty = counts ? penalty / losses.weight : 0;
    const double cost = losses.mean() + penalty;
    if (!std::isfinite(cost)) return {Taken::diverged, cost, penalty};
    if (counts) update(examples, step, plan, losses.weight, mode);
    if (mode != Mode::gradient) counts_.updates += counts, ++counts_.steps;
    if (mode == Mode::train) rollback_.log_step(step, counts, 3 * forward_.flops(examples.inputs()) * double(step.k));
    return {Taken::yes, cost, penalty};
}

// The first half of a chunk: its losses are added to `losses`, the penalty times the weight to `penalty`.
template <class T>
void Trainer<T>::propagate(const Examples<T>& examples, int threads, bool is_first, Losses& losses, double& penalty) {
    const InputLayer<T>& inputs = examples.inputs();
    team_.run(threads, [&](int t) {
        Found& found = found_[std::size_t(t)];
        found = {propagation_.forward_and_backward(t), 0};
        if (!is_first) return;
        found.losses.cost += inputs.skipped(buffers_.p.data(), inputs.rows_of(threads, t));
        if (!network_.penalised()) return;
        each_region(examples, threads, t, [&](const Region& region) {
            if (region.is_weight) found.sum += updater_.penalty(region);
        });
    });
    for (int t = 0; t < threads; ++t) losses += found_[std::size_t(t)].losses, penalty += found_[std::size_t(t)].sum;
}

// The second half of the last chunk: from its dZ, and the sums of the chunks before, to the new parameters.
template <class T>
void Trainer<T>::update(const Examples<T>& examples, const Step& step, const Plan& plan, double weight, Mode mode) {
    const bool single = step.k <= plan.chunk, moves = mode != Mode::gradient;
    const bool at_once = moves && single && updater_.is_plain(), clips = moves && updater_.clips();
    const bool checkpoints = mode == Mode::train && rollback_.checkpoint_due(counts_, &examples);
    const pellucid::Update<T> numbers = updater_.numbers(step.rate, counts_.updates + 1);
    const auto regions = [&](int t, auto function) { each_region(examples, plan.threads, t, function); };
    T *const p = buffers_.p.data(), *const g = buffers_.g.data();
    team_.run(plan.threads, [&](int t) {
        if (checkpoints) regions(t, [&](const Region& region) { rollback_.keep(buffers_, region); });
        // Nothing but a sum and one subtraction: dW is subtracted where it arises.
        if (at_once)
            return propagation_.gradients(t, p, T(-step.rate / weight), T(1 - step.rate * network_.l2 / weight), T(1));
        propagation_.gradients(t, g, T(single ? 1 / weight : 1), T(!single), T(!single));
        double squares = 0;
        regions(t, [&](const Region& region) {
            squares += updater_.finish_gradient(region, single ? 1 : 1 / weight, weight);
            if (moves && !clips) updater_.apply(numbers, region);
        });
        found_[std::size_t(t)].sum = squares;
    });
    if (checkpoints) rollback_.begin(counts_, &examples);
    if (!clips) return;
    double squares = 0;
    for (int t = 0; t < plan.threads; ++t) squares += found_[std::size_t(t)].sum;
    const double factor = updater_.clip_factor(squares);
    team_.run(plan.threads, [&](int t) {
        regions(t, [&](const Region& region) {
            updater_.scale(region, factor);
            updater_.apply(numbers, region);
        });
    });
}

// Call `function` for every run of parameters of share t.
template <class T>
template <class Function>
void Trainer<T>::each_region(const Examples<T>& examples, int threads, int t, Function function) const {
    for (std::size_t l = 1; l <= layers().size(); ++l) {
        const Layer& layer = layers()[l - 1];
        const Share rows = l == 1 ? examples.inputs().rows_of(threads, t) : even_share(layer.n_prev, threads, t);
        function(Region{layer.W + rows.from * layer.n, rows.size() * layer.n, true});
        if (int(l) % threads == t) function(Region{layer.b, layer.n, false});
    }
}

template <class T>
Outcome Trainer<T>::gradient(const T* at, T* grads, T* AL, const Interrupted& interrupted) {
    unpack(layers(), at, buffers_.p.data());
    rollback_.forget();
    // Where no example has weight nothing is written.
    std::fill_n(buffers_.g.data(), buffers_.g.size(), T(0));
    const Step all = {nullptr, m(), 0};
    reserve(*examples_, all);
    Poll poll(interrupted, 3 * forward_.flops(examples_->inputs()) * double(m()));
    const StepCost found = step(*examples_, all, Mode::gradient, &poll, AL);
    pack(layers(), buffers_.g.data(), grads);
    const Ending ending = found.taken == Taken::interrupted ? Ending::interrupted : Ending::done;
    return {0, ending, found.cost, found.penalty};
}

template <class T>
double Trainer<T>::cost(const Interrupted& interrupted) {
    const Targets<T> targets = {examples_->Y(), examples_->weights()};
    const Losses losses = forward_.run(examples_->inputs(), m(), buffers_.p.data(), &targets, nullptr, team_,
                                       options_.threads, interrupted);
    double penalty = 0;
    for (const Layer& layer : layers()) penalty += updater_.penalty({layer.W, layer.n * layer.n_prev, true});
    return losses.weight == 0 ? 0 : losses.mean() + penalty / losses.weight;
}

template <class T>
double Trainer<T>::evaluate(const Labelled<T>& given, bool same_inputs, T* AL, const Interrupted& interrupted) {
    if (same_inputs)
        evaluated_.assign_targets(given, false);
    else
        evaluated_.assign(given, team_, options_.threads, false);
    const Targets<T> targets = {evaluated_.Y(), evaluated_.weights()};
    return forward_
        .run(evaluated_.inputs(), given.m, buffers_.p.data(), &targets, AL, team_, options_.threads, interrupted)
        .mean();
}

template <class T>
void Trainer<T>::go_back() {
    rollback_.go_back(buffers_, counts_, [&](const Step& one, const Examples<T>& examples) {
        step(examples, one, Mode::replay, nullptr);
    });
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace pellucid
