#include "predictor.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace pellucid {

namespace {

// Rows that go through the layers together: their activations stay in the second cache.
constexpr Index together = 64;

// Work for which it pays to wake another thread up, and to let other Python threads run.
constexpr double worth_threads = 1e6, worth_release = 2e5;

template <class T>
bool all_finite(const T* numbers, Index count) {
    // Anything finite times 0 is 0; the sum tells without a branch.
    T sum = 0;
    for (Index i = 0; i < count; ++i) sum += numbers[i] * T(0);
    return sum == T(0);
}

}  // namespace

template <class T>
Predictor<T>::Predictor(const Description& network, const T* parameters, Scaling scaling, bool spread, int threads)
    : kernels_(kernels<T>()), layers_(layers_of(network)), parameters_(parameter_count(layers_)),
      scaling_(std::move(scaling)), spread_(spread), threads_(threads) {
    for (const Layer& layer : layers_) {
        std::memcpy(parameters_.data() + layer.W, parameters, std::size_t(layer.n * layer.n_prev) * sizeof(T));
        parameters += layer.n * layer.n_prev;
        std::memcpy(parameters_.data() + layer.b, parameters, std::size_t(layer.n) * sizeof(T));
        parameters += layer.n;
        widest_ = std::max(widest_, leading<T>(layer.n));
        flops_ += 2 * double(layer.n * layer.n_prev);
    }
    scratches_.push_back(scratch());
}

template <class T>
typename Predictor<T>::Scratch Predictor<T>::scratch() const {
    const bool scales = !scaling_.mean.empty() || !scaling_.deviation.empty();
    return {Numbers<T>(scales ? inputs() * together : 0), Numbers<T>(widest_ * together), Numbers<T>(widest_ * together),
            Numbers<T>(panel_size)};
}

template <class T>
bool Predictor<T>::takes_long(Index m) const {
    return flops_ * double(m) > worth_release;
}

template <class T>
bool Predictor<T>::answer(const T* rows, Index m, T* to) {
    std::unique_lock<std::mutex> alone(one_at_a_time_, std::try_to_lock);
    if (!alone) {
        Scratch own = scratch();
        return answer_some(own, rows, m, to);
    }
    const int threads = int(std::clamp(flops_ * double(m) / worth_threads, 1.0, double(threads_)));
    if (threads == 1) return answer_some(scratches_[0], rows, m, to);
    while (int(scratches_.size()) < threads) scratches_.push_back(scratch());
    std::atomic<bool> finite{true};
    team_.run(threads, [&](int thread) {
        const Index from = m * thread / threads, until = m * (thread + 1) / threads;
        Scratch& own = scratches_[std::size_t(thread)];
        if (!answer_some(own, rows + from * inputs(), until - from, to + from * answers())) finite = false;
    });
    return finite;
}

template <class T>
bool Predictor<T>::answer_some(Scratch& scratch, const T* rows, Index m, T* to) const {
    const Index n_0 = inputs();
    const std::vector<double>&mean = scaling_.mean, &deviation = scaling_.deviation;
    for (Index first = 0; first < m; first += together) {
        const Index k = std::min(together, m - first);
        const T* A = rows + first * n_0;
        if (!all_finite(A, k * n_0)) return false;
        if (scratch.inputs.size()) {
            for (Index j = 0; j < k; ++j)
                for (Index i = 0; i < n_0; ++i) {
                    // Differences from a mean are taken before digits are given up.
                    double x = double(A[j * n_0 + i]);
                    if (!mean.empty()) x -= mean[std::size_t(i)];
                    if (!deviation.empty()) x /= deviation[std::size_t(i)];
                    scratch.inputs[j * n_0 + i] = T(x);
                }
            A = scratch.inputs.data();
        }
        Index ld = n_0;
        T *here = scratch.A.data(), *there = scratch.B.data();
        for (const Layer& layer : layers_) {
            const Index next = &layer == &layers_.back() ? layer.n : leading<T>(layer.n);
            linear_forward(kernels_, layer, parameters_.data(), {A, 1, ld}, here, next, k, layer.n_prev,
                           scratch.panel.data());
            if (layer.g == Activation::softmax)
                kernels_.softmax(here, here, layer.n, k);
            else
                kernels_.activate(layer.g, here, here, nullptr, next, k);
            A = here, ld = next;
            std::swap(here, there);
        }
        T* answer = to + first * answers();
        if (!spread_) std::memcpy(answer, A, std::size_t(k * answers()) * sizeof(T));
        for (Index j = 0; spread_ && j < k; ++j) answer[2 * j] = T(1) - A[j], answer[2 * j + 1] = A[j];
    }
    return true;
}

template class Predictor<float>;
template class Predictor<double>;

}  // namespace pellucid
