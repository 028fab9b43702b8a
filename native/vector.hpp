// Vectors of numbers as the compiler knows them, and the elementary functions on them.
//
// Everything here is a template of the vector type, written with GCC's and Clang's vector extension: the same
// lines serve SSE2, AVX2, AVX-512 and NEON. Polynomials replace the C library's functions, which take one
// number at a time.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "kernels.hpp"

namespace pellucid {
namespace {

#if defined(__AVX512F__)
constexpr int register_bytes = 64, registers = 32;
#elif defined(__aarch64__)
constexpr int register_bytes = 16, registers = 32;
#elif defined(__AVX__)
constexpr int register_bytes = 32, registers = 16;
#else
constexpr int register_bytes = 16, registers = 16;
#endif

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
template <class T>
constexpr int full_lanes = register_bytes / int(sizeof(T));
template <class T>
using Full = Vector<T, full_lanes<T>>;
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

// Without masks: out of line, because it is long and there are many places for it.
template <class V>
[[gnu::noinline]] V load_one_by_one(const ScalarOf<V>* from, Index rows) {
    V value{};
    for (Index i = 0; i < rows; ++i) value[i] = from[i];
    return value;
}
template <class V>
[[gnu::noinline]] void store_one_by_one(ScalarOf<V>* to, V value, Index rows) {
    for (Index i = 0; i < rows; ++i) to[i] = value[i];
}

// -1 in the first `rows` lanes, else 0.
template <class V>
inline IntegersOf<V> first_lanes(Index rows) {
    using I = ScalarOf<IntegersOf<V>>;
    constexpr int lanes = lanes_of<V>;
    alignas(64) static constexpr I flags[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    static_assert(lanes <= 16);
    return load<IntegersOf<V>>(flags + 16 - rows);
}

// The first `rows` lanes, the others 0. With a mask it is one instruction: without, a network of 20, 7 and 5 units
// spends a quarter of its time here.
template <class V>
inline V load_some(const ScalarOf<V>* from, Index rows) {
    if (rows >= lanes_of<V>) return load<V>(from);
#if defined(__AVX512VL__)
    const auto mask = (1u << rows) - 1;
    if constexpr (std::is_same_v<V, Vector<double, 8>>) return (V)_mm512_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return (V)_mm256_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return (V)_mm_maskz_loadu_pd(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 16>>) return (V)_mm512_maskz_loadu_ps(__mmask16(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return (V)_mm256_maskz_loadu_ps(__mmask8(mask), from);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return (V)_mm_maskz_loadu_ps(__mmask8(mask), from);
#elif defined(__AVX__)
    const auto mask = first_lanes<V>(rows);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return (V)_mm256_maskload_pd(from, (__m256i)mask);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return (V)_mm_maskload_pd(from, (__m128i)mask);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return (V)_mm256_maskload_ps(from, (__m256i)mask);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return (V)_mm_maskload_ps(from, (__m128i)mask);
#endif
    return load_one_by_one<V>(from, rows);
}

template <class V>
inline void store_some(ScalarOf<V>* to, V value, Index rows) {
    if (rows >= lanes_of<V>) return store(to, value);
#if defined(__AVX512VL__)
    const auto mask = (1u << rows) - 1;
    if constexpr (std::is_same_v<V, Vector<double, 8>>) return _mm512_mask_storeu_pd(to, __mmask8(mask), (__m512d)value);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return _mm256_mask_storeu_pd(to, __mmask8(mask), (__m256d)value);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return _mm_mask_storeu_pd(to, __mmask8(mask), (__m128d)value);
    if constexpr (std::is_same_v<V, Vector<float, 16>>) return _mm512_mask_storeu_ps(to, __mmask16(mask), (__m512)value);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return _mm256_mask_storeu_ps(to, __mmask8(mask), (__m256)value);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return _mm_mask_storeu_ps(to, __mmask8(mask), (__m128)value);
#elif defined(__AVX__)
    const auto mask = first_lanes<V>(rows);
    if constexpr (std::is_same_v<V, Vector<double, 4>>) return _mm256_maskstore_pd(to, (__m256i)mask, (__m256d)value);
    if constexpr (std::is_same_v<V, Vector<double, 2>>) return _mm_maskstore_pd(to, (__m128i)mask, (__m128d)value);
    if constexpr (std::is_same_v<V, Vector<float, 8>>) return _mm256_maskstore_ps(to, (__m256i)mask, (__m256)value);
    if constexpr (std::is_same_v<V, Vector<float, 4>>) return _mm_maskstore_ps(to, (__m128i)mask, (__m128)value);
#endif
    store_one_by_one(to, value, rows);
}

template <class V>
inline V splat(ScalarOf<V> value) {
    return value - V{};
}

// a and b become the halves of a0 b0 a1 b1 ..
template <class V, int... i>
inline void interleave(V& a, V& b, std::integer_sequence<int, i...>) {
    constexpr int lanes = lanes_of<V>;
    const V x = a, y = b;
#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
    a = __builtin_shufflevector(x, y, (i / 2 + i % 2 * lanes)...);
    b = __builtin_shufflevector(x, y, (lanes / 2 + i / 2 + i % 2 * lanes)...);
#else
    a = V{(i % 2 ? y : x)[i / 2]...};
    b = V{(i % 2 ? y : x)[lanes / 2 + i / 2]...};
#endif
}
template <class V>
inline void interleave(V& a, V& b) {
    interleave(a, b, std::make_integer_sequence<int, lanes_of<V>>{});
}

template <class V>
constexpr V smaller(V a, V b) {
    return a < b ? a : b;
}
// The larger of a and b; b where a is no number.
template <class V>
constexpr V larger(V a, V b) {
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
inline V square_root(V x) {
    using T = ScalarOf<V>;
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 8) return (V)_mm512_maskz_sqrt_pd(0xFF, (__m512d)x);
    else return (V)_mm512_maskz_sqrt_ps(0xFFFF, (__m512)x);
#elif defined(__AVX__)
    if constexpr (sizeof(T) == 8) return (V)_mm256_sqrt_pd((__m256d)x);
    else return (V)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    if constexpr (sizeof(T) == 8) return (V)_mm_sqrt_pd((__m128d)x);
    else return (V)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < lanes_of<V>; ++i) x[i] = std::sqrt(x[i]);
    return x;
#endif
}

template <class V>
inline ScalarOf<V> sum_of(V v) {
    ScalarOf<V> sum = 0;
    for (int i = 0; i < lanes_of<V>; ++i) sum += v[i];
    return sum;
}

}  // namespace
}  // namespace pellucid
