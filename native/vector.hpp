// Vectors of numbers as the compiler knows them, and the elementary functions on them.
//
// Everything here is a template of the vector type, written with GCC's and Clang's vector extension: the same
// lines serve SSE2, AVX2, AVX-512 and NEON. Polynomials replace the C library's functions, which take one
// number at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace pellucid {
namespace {

template <class T, int N>
struct VectorOf {
    typedef T type __attribute__((vector_size(sizeof(T) * N)));
};
template <class T, int N>
using Vector = typename VectorOf<T, N>::type;

template <class V>
using ScalarOf = std::remove_cvref_t<decltype(std::declval<V>()[0])>;
template <class V>
constexpr int lanes_of = sizeof(V) / sizeof(ScalarOf<V>);
template <class V>
using IntegersOf = Vector<std::conditional_t<sizeof(ScalarOf<V>) == 8, std::int64_t, std::int32_t>, lanes_of<V>>;

template <class V>
inline V load(const ScalarOf<V>* from) {
    V value;
    std::memcpy(&value, from, sizeof(V));
    return value;
}

template <class V>
inline void store(ScalarOf<V>* to, V value) {
    std::memcpy(to, &value, sizeof(V));
}

template <class V>
inline V splat(ScalarOf<V> value) {
    return value - V{};
}

template <class V>
inline V smaller(V a, V b) {
    return a < b ? a : b;
}
// The larger of a and b; b where a is no number.
template <class V>
inline V larger(V a, V b) {
    return a > b ? a : b;
}

template <class V>
inline V absolute(V x) {
    return x < V{} ? -x : x;
}

// x = n ln 2 + r with |r| <= ln 2 / 2: r, and n as an integer. x has to lie in the range of exp.
template <class V>
inline V reduce(V x, IntegersOf<V>& n) {
    using T = ScalarOf<V>;
    constexpr bool wide = sizeof(T) == 8;
    // Adding and subtracting 1.5 * 2^(digits) rounds to the nearest integer, whatever the instruction set.
    const V shift = splat<V>(wide ? T(6755399441055744.0) : T(12582912.0));
    const V whole = (x * T(1.44269504088896340736) + shift) - shift;
    n = __builtin_convertvector(whole, IntegersOf<V>);
    const T high = wide ? T(6.93147180369123816490e-1) : T(0.693359375);
    const T low = wide ? T(1.90821492927058770002e-10) : T(-2.12194440e-4);
    return (x - whole * high) - whole * low;
}

// 2^n for the integers n of reduce.
template <class V>
inline V power_of_two(IntegersOf<V> n) {
    constexpr bool wide = sizeof(ScalarOf<V>) == 8;
    const IntegersOf<V> bits = (n + (wide ? 1023 : 127)) << (wide ? 52 : 23);
    V value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// (e^r - 1) / r for |r| <= ln 2 / 2, by Taylor: the first term left out is below half a unit of the last digit.
template <class V>
inline V exponential_quotient(V r) {
    using T = ScalarOf<V>;
    if constexpr (sizeof(T) == 8) {
        V p = splat<V>(T(1.0 / 6227020800.0));
        p = p * r + T(1.0 / 479001600.0);
        p = p * r + T(1.0 / 39916800.0);
        p = p * r + T(1.0 / 3628800.0);
        p = p * r + T(1.0 / 362880.0);
        p = p * r + T(1.0 / 40320.0);
        p = p * r + T(1.0 / 5040.0);
        p = p * r + T(1.0 / 720.0);
        p = p * r + T(1.0 / 120.0);
        p = p * r + T(1.0 / 24.0);
        p = p * r + T(1.0 / 6.0);
        p = p * r + T(0.5);
        return p * r + T(1.0);
    } else {
        V p = splat<V>(T(1.0 / 5040.0));
        p = p * r + T(1.0 / 720.0);
        p = p * r + T(1.0 / 120.0);
        p = p * r + T(1.0 / 24.0);
        p = p * r + T(1.0 / 6.0);
        p = p * r + T(0.5);
        return p * r + T(1.0);
    }
}

// The largest and smallest argument whose exponential is a normal number.
template <class T>
constexpr T most_exponent = sizeof(T) == 8 ? T(709.78) : T(88.72);
template <class T>
constexpr T least_exponent = sizeof(T) == 8 ? T(-708.39) : T(-87.33);

// e^x; 0 below the smallest normal result, infinity above the largest, NaN of NaN.
template <class V>
inline V exponential(V x) {
    using T = ScalarOf<V>;
    const V most = splat<V>(most_exponent<T>), least = splat<V>(least_exponent<T>);
    IntegersOf<V> n;
    const V r = reduce(smaller(larger(x, least), most), n);
    // In two factors: the largest power of two that is wanted has no place among the numbers.
    const IntegersOf<V> half = n >> 1;
    V value = (exponential_quotient(r) * r + T(1)) * power_of_two<V>(half) * power_of_two<V>(n - half);
    value = x < least ? V{} : value;
    value = x > most ? splat<V>(std::numeric_limits<T>::infinity()) : value;
    return x == x ? value : x;
}

// e^x - 1, with all its digits near 0.
template <class V>
inline V exponential_minus_one(V x) {
    using T = ScalarOf<V>;
    const V most = splat<V>(most_exponent<T>), least = splat<V>(least_exponent<T>);
    IntegersOf<V> n;
    const V r = reduce(smaller(larger(x, least), most), n);
    const V scale = power_of_two<V>(n);
    V value = exponential_quotient(r) * r * scale + (scale - T(1));
    value = x > most ? splat<V>(std::numeric_limits<T>::infinity()) : value;
    return x == x ? value : x;
}

// log(1 + u) for 0 <= u <= 1: twice the inverse hyperbolic tangent of s = u / (2 + u) <= 1/3, by its series.
template <class V>
inline V logarithm_of_one_plus(V u) {
    using T = ScalarOf<V>;
    const V s = u / (u + T(2)), q = s * s;
    constexpr int terms = sizeof(T) == 8 ? 16 : 8;
    V sum = splat<V>(T(1) / T(2 * terms + 1));
#pragma GCC unroll 16
    for (int i = terms - 1; i >= 0; --i) sum = sum * q + T(1) / T(2 * i + 1);
    return T(2) * s * sum;
}

template <class V>
inline V logistic(V z) {
    using T = ScalarOf<V>;
    const V e = exponential(-absolute(z));
    const V value = (z < V{} ? e : splat<V>(T(1))) / (e + T(1));
    return z == z ? value : z;
}

template <class V>
inline V hyperbolic_tangent(V z) {
    using T = ScalarOf<V>;
    // From 20 on it is 1 to the last digit, and e^2z stays small enough to divide by.
    const V bound = splat<V>(T(20));
    const V e = exponential_minus_one(T(2) * smaller(larger(z, -bound), bound));
    return z == z ? e / (e + T(2)) : z;
}

template <class V>
inline ScalarOf<V> sum_of(V v) {
    ScalarOf<V> sum = 0;
    for (int i = 0; i < lanes_of<V>; ++i) sum += v[i];
    return sum;
}

}  // namespace
}  // namespace pellucid
