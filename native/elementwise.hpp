// What is done to every element: activations beside their derivatives, costs beside their gradients, updates.
//
// `sweep` hands out whole vectors and, last, a part of one; each function is written once for both.
#pragma once

#include <cmath>
#include <utility>

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

// Lanes i .. i + lanes of an array, all of them there.
template <class T>
struct Whole {
    Index i;
    using V = Full<T>;
    V get(const T* from) const { return load<V>(from + i); }
    void put(T* to, V value) const { store(to + i, value); }
    V only(V value) const { return value; }
};

// The last lanes, `rows` of them: those from `rows` on are 0 when read and not written.
template <class T>
struct Part {
    Index i, rows;
    using V = Full<T>;
    V get(const T* from) const { return load_some<V>(from + i, rows); }
    void put(T* to, V value) const { store_some(to + i, value, rows); }
    V only(V value) const { return (V)(first_lanes<V>(rows) & (IntegersOf<V>)value); }
};

template <class T, class Function>
inline void sweep(Index count, Function function) {
    constexpr Index lanes = full_lanes<T>;
    Index i = 0;
    for (; i + lanes <= count; i += lanes) function(Whole<T>{i});
    if (i < count) function(Part<T>{i, count - i});
}

// The same compiled once, each vector as a part: for functions that take much longer than asking whether it is one.
template <class T, class Function>
inline void slow_sweep(Index count, Function function) {
    constexpr Index lanes = full_lanes<T>;
    for (Index i = 0; i < count; i += lanes) function(Part<T>{i, smaller(lanes, count - i)});
}

constexpr double gelu_scale = 0.79788456080286535588;  // sqrt(2 / pi)
constexpr double gelu_cubic = 0.044715;
constexpr double leaky_slope = 0.01;

template <class V>
inline V clipped(V z, ScalarOf<V> bound) {
    return smaller(larger(z, splat<V>(-bound)), splat<V>(bound));
}

// Each is g(z), as in pellucid.core.activations; NaN in, NaN out.
template <class V>
inline V gelu_inner(V z) {
    using T = ScalarOf<V>;
    return hyperbolic_tangent(T(gelu_scale) * (z + T(gelu_cubic) * z * z * z));
}
template <Activation g, class V>
inline V forward_of(V z) {
    using T = ScalarOf<V>;
    const V zero{};
    if constexpr (g == Activation::relu) return z < zero ? zero : z;
    if constexpr (g == Activation::leaky_relu) return z > zero ? z : z * T(leaky_slope);
    if constexpr (g == Activation::elu) return z > zero ? z : exponential_minus_one(smaller(zero, z));
    if constexpr (g == Activation::gelu) {
        const V c = clipped(z, T(10)), value = larger(z, c) * T(0.5) * (gelu_inner(c) + T(1));
        return z == z ? value : z;
    }
    if constexpr (g == Activation::silu) return larger(z, splat<V>(T(-800))) * logistic(z);
    if constexpr (g == Activation::tanh) return hyperbolic_tangent(z);
    if constexpr (g == Activation::sigmoid) return logistic(z);
    if constexpr (g == Activation::exp) return exponential(z);
    return z;
}

// And its partner g'(z), from a = g(z) where that is enough.
template <Activation g, class V>
inline V slope_of(V a, V z) {
    using T = ScalarOf<V>;
    const V zero{}, one = splat<V>(T(1));
    if constexpr (g == Activation::relu) return a > zero ? one : zero;
    if constexpr (g == Activation::leaky_relu) return a > zero ? one : splat<V>(T(leaky_slope));
    if constexpr (g == Activation::elu) return a > zero ? one : a + one;
    if constexpr (g == Activation::gelu) {
        const V c = clipped(z, T(10)), t = gelu_inner(c);
        const V inner = T(gelu_scale) * (T(3 * gelu_cubic) * c * c + T(1));
        return (t + T(1)) * T(0.5) + c * T(0.5) * (one - t * t) * inner;
    }
    if constexpr (g == Activation::silu) {
        const V c = clipped(z, T(800));
        return logistic(c) * (c * logistic(-c) + T(1));
    }
    if constexpr (g == Activation::tanh) return one - a * a;
    if constexpr (g == Activation::sigmoid) return a * (one - a);
    if constexpr (g == Activation::exp) return a;
    return one;
}

// Call `function` with the activation as a constant of the compiler.
template <class Function>
inline void with_activation(Activation g, Function function) {
    switch (g) {
#define PELLUCID_CASE(name)  \
    case Activation::name:   \
        function(std::integral_constant<Activation, Activation::name>{}); \
        break;
        PELLUCID_CASE(relu)
        PELLUCID_CASE(leaky_relu)
        PELLUCID_CASE(elu)
        PELLUCID_CASE(gelu)
        PELLUCID_CASE(silu)
        PELLUCID_CASE(tanh)
        PELLUCID_CASE(sigmoid)
        PELLUCID_CASE(exp)
        PELLUCID_CASE(identity)
#undef PELLUCID_CASE
        case Activation::softmax:
            break;
    }
}

template <class T>
void activate(Activation g, T* A, T* Z, const T* b, Index n, Index k) {
    with_activation(g, [&](auto constant) {
        constexpr Activation which = decltype(constant)::value;
        // A layer of one unit has one bias for all of its row; without a bias columns need not be told apart.
        const bool row = !b || n == 1;
        const Index length = row ? n * k : n, columns = row ? 1 : k;
        for (Index j = 0; j < columns; ++j) {
            const auto forward = [&](auto at) {
                auto z = at.get(Z + j * n);
                if (b) {
                    z += n == 1 ? splat<Full<T>>(b[0]) : at.get(b);
                    at.put(Z + j * n, z);
                }
                at.put(A + j * n, forward_of<which>(z));
            };
            if constexpr (which == Activation::relu || which == Activation::leaky_relu || which == Activation::identity)
                sweep<T>(length, forward);
            else
                slow_sweep<T>(length, forward);
        }
    });
}

template <class T>
void activate_backward(Activation g, T* dA, const T* A, const T* Z, Index count) {
    with_activation(g, [&](auto constant) {
        constexpr Activation which = decltype(constant)::value;
        if constexpr (which == Activation::identity) return;
        constexpr bool needs_z = which == Activation::gelu || which == Activation::silu;
        const auto backward = [&](auto at) {
            const auto a = needs_z ? Full<T>{} : at.get(A), z = needs_z ? at.get(Z) : Full<T>{};
            at.put(dA, at.get(dA) * slope_of<which>(a, z));
        };
        if constexpr (needs_z)
            slow_sweep<T>(count, backward);
        else
            sweep<T>(count, backward);
    });
}

// One column: A = e^(z - max) / sum; returns log sum e^(z - max), and the largest z.
template <class T>
inline T softmax_column(T* A, const T* Z, Index n, T& largest) {
    largest = Z[0];
    for (Index i = 1; i < n; ++i) largest = Z[i] > largest ? Z[i] : largest;
    T sum = 0;
    slow_sweep<T>(n, [&](auto at) {
        const auto e = at.only(exponential(at.get(Z) - largest));
        sum += sum_of(e);
        at.put(A, e);
    });
    sweep<T>(n, [&](auto at) { at.put(A, at.get(A) / sum); });
    return std::log(sum);
}

template <class T>
void softmax(T* A, const T* Z, Index n, Index k) {
    T largest;
    for (Index j = 0; j < k; ++j) softmax_column(A + j * n, Z + j * n, n, largest);
}

// The loss of each element, and its derivative with respect to z.
template <class V>
struct Loss {
    V value, gradient;
};

template <Cost c, Activation g, class V>
inline Loss<V> loss_of(V a, V z, V y, ScalarOf<V> delta) {
    using T = ScalarOf<V>;
    const V zero{};
    if constexpr (c == Cost::binary_cross_entropy) {
        const V u = logarithm_of_one_plus(exponential(-absolute(z)));
        // z itself where it is no number: a maximum would hide it.
        return {(z < zero ? zero : z) - z * y + u, a - y};
    }
    const V d = a - y;
    V value, gradient;
    if constexpr (c == Cost::mean_squared_error) {
        value = d * d * T(0.5), gradient = d;
    } else if constexpr (c == Cost::mean_absolute_error) {
        value = absolute(d), gradient = d > zero ? splat<V>(T(1)) : (d < zero ? splat<V>(T(-1)) : zero);
    } else {
        const V size = absolute(d);
        value = size > delta ? (size - delta * T(0.5)) * delta : d * d * T(0.5);
        gradient = clipped(d, delta);
    }
    return {value, gradient * slope_of<g>(a, z)};
}

// The weights of the columns: of a lane, of a column of several units, or none.
template <Cost c, Activation g, class T>
inline double elementwise_cost(T* dZ, T* A, const T* Z, const T* Y, const T* w, Index n, Index k, T delta) {
    const bool row = !w || n == 1;
    const Index length = row ? n * k : n, columns = row ? 1 : k;
    double total = 0;
    for (Index j = 0; j < columns; ++j) {
        slow_sweep<T>(length, [&](auto at) {
            const Index first = j * n;
            const auto z = at.get(Z + first), a = forward_of<g>(z);
            auto loss = loss_of<c, g>(a, z, at.get(Y + first), delta);
            if (w) {
                const auto weight = row ? at.get(w) : splat<Full<T>>(w[j]);
                loss.value *= weight, loss.gradient *= weight;
            }
            total += double(sum_of(at.only(loss.value)));
            at.put(A + first, a);
            at.put(dZ + first, loss.gradient);
        });
    }
    return total;
}

template <class T>
double categorical_cross_entropy(T* dZ, T* A, const T* Z, const T* Y, const T* w, Index n, Index k) {
    double total = 0;
    for (Index j = 0; j < k; ++j) {
        T largest;
        const Index first = j * n;
        const T log_sum = softmax_column(A + first, Z + first, n, largest), weight = w ? w[j] : T(1);
        Full<T> loss{};
        slow_sweep<T>(n, [&](auto at) {
            const auto y = at.get(Y + first);
            loss += y * (log_sum - (at.get(Z + first) - largest));
            at.put(dZ + first, weight * (at.get(A + first) - y));
        });
        total += double(weight * sum_of(loss));
    }
    return total;
}

template <class T>
double poisson(T* dZ, T* A, const T* Z, const T* Y, const T* w, Index n, Index k) {
    activate<T>(Activation::exp, A, const_cast<T*>(Z), nullptr, n, k);
    double total = 0;
    for (Index j = 0; j < k; ++j) {
        const T weight = w ? w[j] : T(1);
        for (Index i = j * n; i < (j + 1) * n; ++i) {
            const T y = Y[i], y_log_y = y > 0 ? y * std::log(y) : T(0);
            total += double(weight * (y_log_y - y * Z[i] - y + A[i]));
            dZ[i] = weight * (A[i] - y);
        }
    }
    return total;
}

template <class T>
double cost(Cost c, Activation g, T* dZ, T* A, const T* Z, const T* Y, const T* w, Index n, Index k, T delta) {
    constexpr auto sigmoid = Activation::sigmoid, identity = Activation::identity;
    const bool squashed = g == sigmoid;
    switch (c) {
        case Cost::binary_cross_entropy:
            return elementwise_cost<Cost::binary_cross_entropy, sigmoid>(dZ, A, Z, Y, w, n, k, delta);
        case Cost::categorical_cross_entropy:
            return categorical_cross_entropy(dZ, A, Z, Y, w, n, k);
        case Cost::mean_squared_error:
            if (squashed) return elementwise_cost<Cost::mean_squared_error, sigmoid>(dZ, A, Z, Y, w, n, k, delta);
            return elementwise_cost<Cost::mean_squared_error, identity>(dZ, A, Z, Y, w, n, k, delta);
        case Cost::mean_absolute_error:
            if (squashed) return elementwise_cost<Cost::mean_absolute_error, sigmoid>(dZ, A, Z, Y, w, n, k, delta);
            return elementwise_cost<Cost::mean_absolute_error, identity>(dZ, A, Z, Y, w, n, k, delta);
        case Cost::huber:
            if (squashed) return elementwise_cost<Cost::huber, sigmoid>(dZ, A, Z, Y, w, n, k, delta);
            return elementwise_cost<Cost::huber, identity>(dZ, A, Z, Y, w, n, k, delta);
        case Cost::poisson:
            return poisson(dZ, A, Z, Y, w, n, k);
    }
    return 0;
}

template <class T>
void multiply(T* out, const T* a, const T* b, Index count) {
    sweep<T>(count, [&](auto at) { at.put(out, at.get(a) * at.get(b)); });
}

// The rules of pellucid.core.optimizers, under their names.
template <class T>
void update(const Update<T>& how, T* p, const T* g, T* v, T* s, Index count) {
    const T a = how.rate, b1 = how.beta1, b2 = how.beta2, r1 = how.rest1, r2 = how.rest2;
    switch (how.rule) {
        case Rule::gradient_descent:
            return sweep<T>(count, [&](auto at) { at.put(p, at.get(p) - at.get(g) * a); });
        case Rule::momentum:
            return sweep<T>(count, [&](auto at) {
                const auto velocity = at.get(v) * b1 + at.get(g) * r1;
                at.put(v, velocity);
                at.put(p, at.get(p) - velocity * a);
            });
        case Rule::heavy_ball:
            return sweep<T>(count, [&](auto at) {
                const auto velocity = at.get(v) * b1 - at.get(g) * a;
                at.put(v, velocity);
                at.put(p, at.get(p) + velocity);
            });
        case Rule::nesterov:
            return sweep<T>(count, [&](auto at) {
                const auto step = at.get(g) * a, velocity = at.get(v) * b1 - step;
                at.put(v, velocity);
                at.put(p, at.get(p) + velocity * b1 - step);
            });
        case Rule::rmsprop:
            return sweep<T>(count, [&](auto at) {
                const auto d = at.get(g), mean = at.get(s) * b2 + d * d * r2;
                at.put(s, mean);
                at.put(p, at.get(p) - d * a / (square_root(mean) + how.epsilon));
            });
        case Rule::adam:
        case Rule::adamw:
            return sweep<T>(count, [&](auto at) {
                const auto d = at.get(g), old = at.get(p);
                const auto mean = at.get(v) * b1 + d * r1, squares = at.get(s) * b2 + d * d * r2;
                at.put(v, mean);
                at.put(s, squares);
                const auto step = mean * how.first / (square_root(squares * how.second) + how.epsilon);
                at.put(p, old - step * a - old * how.decay);
            });
    }
}

template <class T>
double penalise(T* g, const T* p, T scale, T l2, T l1, Index count) {
    double squares = 0;
    sweep<T>(count, [&](auto at) {
        using V = Full<T>;
        const V w = at.get(p), zero{}, one = splat<V>(T(1));
        V d = at.get(g) * scale + w * l2;
        if (l1 != T(0)) d += (w > zero ? one : (w < zero ? -one : zero)) * l1;
        at.put(g, d);
        squares += double(sum_of(at.only(d * d)));
    });
    return squares;
}

template <class T>
void sizes(const T* p, Index count, double* squares, double* absolutes) {
    *squares = *absolutes = 0;
    sweep<T>(count, [&](auto at) {
        const auto w = at.get(p);
        *squares += double(sum_of(w * w));
        *absolutes += double(sum_of(absolute(w)));
    });
}

template <class T>
double times_zero(const T* p, Index count) {
    using V = Full<T>;
    constexpr Index at_once = 4, lanes = lanes_of<V>;
    V sum[at_once] = {};
    Index i = 0;
    for (; i + at_once * lanes <= count; i += at_once * lanes)
        for (Index s = 0; s < at_once; ++s) sum[s] += load<V>(p + i + s * lanes) * T(0);
    sweep<T>(count - i, [&](auto at) { sum[0] += at.get(p + i) * T(0); });
    return double(sum_of((sum[0] + sum[1]) + (sum[2] + sum[3])));
}

}  // namespace
}  // namespace pellucid
