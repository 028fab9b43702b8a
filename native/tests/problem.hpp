// A small random problem of training, and what was found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "check.hpp"
#include "trainer.hpp"

namespace pellucid::tests {

inline const Interrupted never = [] { return false; };

template <class T>
struct Problem {
    Description network;
    Options options{Rule::gradient_descent, 0.9, 0.999, 1e-8, 0.01, 0, 7, 1, false};
    Index m;
    std::vector<T> X, Y, w, parameters;
    std::vector<std::int64_t> order;

    Problem(std::vector<Index> dims, Index examples, Activation hidden = Activation::tanh) : m(examples) {
        std::mt19937 bits(3);
        std::normal_distribution<double> normal;
        network = {dims, {}, Cost::binary_cross_entropy, 0, 1, 0, 0, {}};
        for (std::size_t l = 1; l < dims.size(); ++l) {
            network.activations.push_back(l + 1 == dims.size() ? Activation::sigmoid : hidden);
            network.dropout.push_back(0);
            for (Index i = 0; i < dims[l] * dims[l - 1]; ++i)
                parameters.push_back(T(normal(bits) / std::sqrt(double(dims[l - 1]))));
        }
        for (std::size_t l = 1; l < dims.size(); ++l)
            for (Index i = 0; i < dims[l]; ++i) parameters.push_back(T(0.1 * normal(bits)));
        for (Index i = 0; i < dims[0] * m; ++i) X.push_back(T(normal(bits)));
        for (Index i = 0; i < dims.back() * m; ++i) Y.push_back(T(bits() & 1));
        for (Index j = 0; j < m; ++j) w.push_back(T(std::abs(normal(bits))));
        order.resize(std::size_t(m));
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), bits);
    }

    Labelled<T> examples(bool weighted = false) const {
        const Index n_0 = network.layer_dims.front(), n_y = network.layer_dims.back();
        return {{X.data(), 1, n_0}, m, {Y.data(), 1, n_y}, weighted ? w.data() : nullptr};
    }

    // A trainer at these parameters, which looks at X.
    std::unique_ptr<Trainer<T>> trainer(bool weighted = false) const { return trainer(examples(weighted)); }
    std::unique_ptr<Trainer<T>> trainer(const Labelled<T>& given) const {
        auto trainer = std::make_unique<Trainer<T>>(network, options);
        trainer->feed(given);
        trainer->restore(parameters.data(), nullptr, nullptr, {});
        return trainer;
    }

    std::vector<Step> batches(Index size, int rounds, double rate = 0.1) const {
        std::vector<Step> steps;
        for (int round = 0; round < rounds; ++round)
            for (Index first = 0; first < m; first += size)
                steps.push_back({order.data() + first, std::min(size, m - first), rate});
        return steps;
    }

    std::vector<Step> full(int rounds, double rate = 0.1) const {
        return std::vector<Step>(std::size_t(rounds), Step{nullptr, m, rate});
    }

    // Its parameters, without the slots.
    std::vector<T> found(const std::unique_ptr<Trainer<T>>& trainer) const {
        std::vector<T> to(parameters.size());
        trainer->state(to.data(), nullptr, nullptr);
        return to;
    }
};

template <class T>
double furthest(const std::vector<T>& a, const std::vector<T>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, distance(double(a[i]), double(b[i])));
    return most;
}

}  // namespace pellucid::tests
