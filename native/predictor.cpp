#include "predictor.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace pellucid {

namespace {

// Work for which it pays to let other Python threads run.
constexpr double worth_release = 2e5;

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
    : kernels_(kernels<T>()), network_(network), forward_(network), parameters_(parameter_count(forward_.layers())),
      scaling_(std::move(scaling)), spread_(spread), threads_(threads), evaluated_(network_, forward_.layers()) {
    unpack(forward_.layers(), parameters, parameters_.data());
    for (const Layer& layer : forward_.layers()) flops_ += 2 * double(layer.n * layer.n_prev);
    owns_.push_back(own());
}

template <class T>
typename Predictor<T>::Own Predictor<T>::own() const {
    return {forward_.scratch(), AlignedBuffer<T>(scaling_.is_empty() ? 0 : inputs() * forward_.block)};
}

template <class T>
bool Predictor<T>::takes_long(Index m) const {
    return flops_ * double(m) > worth_release;
}

template <class T>
bool Predictor<T>::answer(const T* rows, Index m, T* to) {
    std::unique_lock<std::mutex> alone(one_at_a_time_, std::try_to_lock);
    if (!alone) {
        Own one = own();
        return answer_rows(one, rows, m, to);
    }
    const int threads = threads_for(flops_ * double(m), threads_);
    if (threads == 1) return answer_rows(owns_[0], rows, m, to);
    while (int(owns_.size()) < threads) owns_.push_back(own());
    std::atomic<bool> finite{true};
    team_.run(threads, [&](int t) {
        const Share mine = even_share(m, threads, t);
        if (!answer_rows(owns_[std::size_t(t)], rows + mine.from * inputs(), mine.size(), to + mine.from * answers()))
            finite = false;
    });
    return finite;
}

// Differences from a mean are taken before digits are given up.
template <class T>
void Predictor<T>::scale(const T* rows, Index count, T* to) const {
    const std::vector<double>&mean = scaling_.mean, &deviation = scaling_.deviation;
    const Index n = inputs();
    for (Index j = 0; j < count; ++j)
        for (Index i = 0; i < n; ++i) {
            double x = double(rows[j * n + i]);
            if (!mean.empty()) x -= mean[std::size_t(i)];
            if (!deviation.empty()) x /= deviation[std::size_t(i)];
            to[j * n + i] = T(x);
        }
}

template <class T>
bool Predictor<T>::answer_rows(Own& own, const T* rows, Index m, T* to) const {
    const Index n = inputs();
    const Layer& layer = forward_.layers().front();
    for (Index from = 0; from < m; from += forward_.block) {
        const Index k = std::min(forward_.block, m - from);
        const T* A0 = rows + from * n;
        if (!all_finite(A0, k * n)) return false;
        if (own.inputs.size()) {
            scale(A0, k, own.inputs.data());
            A0 = own.inputs.data();
        }
        const auto first = [&](T* Z, Index ldz, T* panel) {
            linear_forward(kernels_, layer, parameters_.data(), {A0, 1, n}, Z, ldz, k, n, panel);
        };
        T* const answer = to + from * answers();
        // Of two answers p stands second, and is read before the first takes its place.
        T* const AL = spread_ ? answer + k : answer;
        forward_.columns_of(first, k, parameters_.data(), nullptr, AL, own.scratch);
        for (Index j = 0; spread_ && j < k; ++j) {
            const T p = AL[j];
            answer[2 * j] = T(1) - p, answer[2 * j + 1] = p;
        }
    }
    return true;
}

template <class T>
void Predictor<T>::outputs(View<const T> X, Index m, T* AL, const Interrupted& interrupted) {
    const std::lock_guard<std::mutex> alone(one_at_a_time_);
    DenseInputs<T> inputs(forward_.layers().front(), X);
    forward_.run(inputs, m, parameters_.data(), nullptr, AL, team_, threads_, interrupted);
}

template <class T>
void Predictor<T>::outputs(const EncodedTable<T>& table, Index m, T* AL, const Interrupted& interrupted) {
    const std::lock_guard<std::mutex> alone(one_at_a_time_);
    EncodedInputs<T> inputs(forward_.layers().front());
    inputs.assign(table);
    forward_.run(inputs, m, parameters_.data(), nullptr, AL, team_, threads_, interrupted);
}

template <class T>
double Predictor<T>::evaluate(const Labelled<T>& given, T* AL, const Interrupted& interrupted) {
    const std::lock_guard<std::mutex> alone(one_at_a_time_);
    evaluated_.assign(given, team_, threads_, false);
    const Targets<T> targets = {evaluated_.Y(), evaluated_.weights()};
    return forward_
        .run(evaluated_.inputs(), given.m, parameters_.data(), &targets, AL, team_, threads_, interrupted)
        .mean();
}

template class Predictor<float>;
template class Predictor<double>;

}  // namespace pellucid
