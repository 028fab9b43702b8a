// Masks of dropout from a counter: any element of any step's mask can be computed alone, in any order, by any thread.
//
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) makes four 32-bit words of a
// counter of four and a key of two. A lane holds one counter: its four words stand in the lower halves of four vectors of
// 64-bit lanes, where a multiplication of 32 by 32 bits finds room for its result.
#pragma once

#include <cstdint>

#include "kernels.hpp"
#include "vector.hpp"

namespace pellucid {
namespace {

constexpr int counters = register_bytes / 8, words_of_vector = 4 * counters;
using Words = Vector<std::uint64_t, counters>;

// The whole products of the lower halves. GCC would multiply 64 by 64 bits, which takes three times as long.
inline Words product_of_halves(Words a, Words b) {
#if defined(__AVX512F__)
    return (Words)_mm512_maskz_mul_epu32(0xFF, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (Words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

inline Words xor_of(Words a, Words b, Words c) {
#if defined(__AVX512F__)
    return (Words)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    return a ^ b ^ c;
#endif
}

struct PhiloxKey {
    std::uint64_t seed;
    std::uint32_t layer;
    std::uint64_t step;
};

// The four words of blocks `block` and following, chains * counters of them, two words in a number, the earlier one in the
// lower half. A chain waits for its multiplications; two of them keep the processor busy.
template <int chains>
inline void philox(std::uint64_t* pairs, const PhiloxKey& of, std::uint64_t block) {
    Words c[chains][4], lane;
    for (int i = 0; i < counters; ++i) lane[i] = std::uint64_t(i);
    const Words none{}, layer = none + of.layer, low = none + of.step, high = none + (of.step >> 32);
#pragma GCC unroll 4
    for (int s = 0; s < chains; ++s) {
        c[s][0] = lane + (block + std::uint64_t(s * counters));
        c[s][1] = layer, c[s][2] = low, c[s][3] = high;
    }
    const Words multiplier0 = none + 0xD2511F53, multiplier1 = none + 0xCD9E8D57;
    Words key0 = none + of.seed, key1 = none + (of.seed >> 32);
    for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 4
        for (int s = 0; s < chains; ++s) {
            // Upper halves hold what is left over: nothing looks at them.
            const Words product0 = product_of_halves(c[s][0], multiplier0);
            const Words product1 = product_of_halves(c[s][2], multiplier1);
            c[s][0] = xor_of(product1 >> 32, c[s][1], key0), c[s][1] = product1;
            c[s][2] = xor_of(product0 >> 32, c[s][3], key1), c[s][3] = product0;
        }
        key0 += 0x9E3779B9, key1 += 0xBB67AE85;
    }
#pragma GCC unroll 4
    for (int s = 0; s < chains; ++s) {
        // Pairs of words in one lane, which a little-endian processor stores in their order.
        Words first = (c[s][0] & 0xFFFFFFFF) | (c[s][1] << 32), second = (c[s][2] & 0xFFFFFFFF) | (c[s][3] << 32);
        interleave(first, second);
        store(pairs + s * 2 * counters, first);
        store(pairs + (s * 2 + 1) * counters, second);
    }
}

template <class T>
void philox_mask(T* M, std::uint64_t seed, std::uint32_t layer, std::uint64_t step, double rate, std::uint64_t first,
                 Index count) {
    using V = Full<T>;
    using W = Vector<std::uint32_t, register_bytes / 4>;
    using Flags = IntegersOf<V>;
    constexpr int most = 2 * words_of_vector;
    const PhiloxKey key = {seed, layer, step};
    const auto bound = std::uint64_t(__builtin_rint(rate * 4294967296.0));
    // A rate that rounds to 1 leaves nothing.
    const V kept = splat<V>(bound >> 32 ? T(0) : T(1.0 / (1.0 - rate)));
    const W least = W{} + std::uint32_t(bound);
    // The last vector may begin at the last word.
    std::uint64_t pairs[(most + lanes_of<W>) / 2] = {};
    const auto* words = reinterpret_cast<const std::uint32_t*>(pairs);
    Index skipped = Index(first % 4);
    for (std::uint64_t block = first / 4; count > 0;) {
        const bool both = count + skipped > words_of_vector;
        both ? philox<2>(pairs, key, block) : philox<1>(pairs, key, block);
        const Index drawn = both ? most : words_of_vector, taken = smaller(count, drawn - skipped);
        for (Index i = 0; i < taken; i += lanes_of<W>) {
            const auto flags = load<W>(words + skipped + i) >= least;
            const auto put = [&](Index at, Flags flag) {
                if (at < taken) store_some(M + at, (V)(flag & (Flags)kept), taken - at);
            };
            if constexpr (sizeof(T) == 4) {
                put(i, flags);
            } else {
                auto low = flags, high = flags;
                interleave(low, high);
                put(i, (Flags)low);
                put(i + lanes_of<V>, (Flags)high);
            }
        }
        M += taken, count -= taken, block += std::uint64_t(drawn / 4), skipped = 0;
    }
}

}  // namespace
}  // namespace pellucid
