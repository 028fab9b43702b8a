// From a gradient to new parameters: penalties, clipping and the optimizer's rule, share by share.
#pragma once

#include <cmath>

#include "layers.hpp"
#include "memory.hpp"

namespace pellucid {

// How each step is taken, as pellucid.engines.StepOptions says it.
struct Options {
    Rule rule;
    double beta1, beta2, epsilon, weight_decay;
    double clip_norm;  // 0: never
    std::uint64_t seed;
    int threads;
    bool epsilon_hat;  // epsilon joins the root of squares that are not corrected
};

// Parameters, gradient and the optimizer's slots, each in the order of `layers_of`.
template <class T>
struct ParameterBuffers {
    AlignedBuffer<T> p, g, v, s;

    ParameterBuffers(const std::vector<Layer>& layers, Rule rule)
        : p(parameter_count(layers)), g(p.size()), v(keeps_v(rule) ? p.size() : 0), s(keeps_s(rule) ? p.size() : 0) {}
};

// A run of parameters that one share of a step owns: columns of one W, or a b.
struct Region {
    Index first, count;
    bool is_weight;
};

template <class T>
class Updater {
public:
    Updater(const Description& network, const Options& options, ParameterBuffers<T>& buffers)
        : kernels_(kernels<T>()), l2_(network.l2), l1_(network.l1), options_(options), buffers_(buffers) {}

    // Whether a step is a sum over the examples and one subtraction: then dW is not stored, but subtracted where it
    // arises.
    bool is_plain() const { return options_.rule == Rule::gradient_descent && options_.clip_norm == 0 && l1_ == 0; }
    bool clips() const { return options_.clip_norm > 0; }

    // What a run of weights adds to the penalty, times the weight of the batch.
    double penalty(const Region& region) const {
        double squares, absolutes;
        kernels_.sizes(buffers_.p.data() + region.first, region.count, &squares, &absolutes);
        return l2_ / 2 * squares + l1_ * absolutes;
    }

    // From sums over examples (scale 1: from means) to the gradient; the sum of its squares.
    double finish_gradient(const Region& region, double scale, double weight) const {
        const double l2 = region.is_weight ? l2_ / weight : 0, l1 = region.is_weight ? l1_ / weight : 0;
        if (scale == 1 && l2 == 0 && l1 == 0 && !clips()) return 0;
        return kernels_.penalise(buffers_.g.data() + region.first, buffers_.p.data() + region.first, T(scale), T(l2), T(l1),
                                 region.count);
    }

    // What a gradient of this length is multiplied by.
    double clip_factor(double squares) const {
        const double norm = std::sqrt(squares);
        return clips() && norm > options_.clip_norm ? options_.clip_norm / norm : 1;
    }
    void scale(const Region& region, double factor) const {
        if (factor == 1) return;
        kernels_.penalise(buffers_.g.data() + region.first, buffers_.p.data() + region.first, T(factor), T(0), T(0),
                          region.count);
    }

    // Numbers of update t, counted from 1.
    Update<T> numbers(double rate, Index t) const {
        const Options& o = options_;
        const double first = 1 / (1 - std::pow(o.beta1, double(t))), second = 1 / (1 - std::pow(o.beta2, double(t)));
        const double epsilon = o.epsilon * (o.epsilon_hat ? std::sqrt(second) : 1);
        return {o.rule,    T(rate),        T(o.beta1),     T(o.beta2),         T(epsilon), T(1 - o.beta1),
                T(1 - o.beta2), T(rate * o.weight_decay), T(first), T(second)};
    }
    void apply(Update<T> how, const Region& region) const {
        if (options_.rule != Rule::adamw || !region.is_weight) how.decay = T(0);
        T *v = buffers_.v.data(), *s = buffers_.s.data();
        kernels_.update(how, buffers_.p.data() + region.first, buffers_.g.data() + region.first,
                        v ? v + region.first : nullptr, s ? s + region.first : nullptr, region.count);
    }

private:
    const Kernels<T>& kernels_;
    double l2_, l1_;
    Options options_;
    ParameterBuffers<T>& buffers_;
};

}  // namespace pellucid
