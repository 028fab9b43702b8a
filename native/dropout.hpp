// The masks of dropout, from a counter: pellucid.core.dropout draws the same from numpy.random.Philox.
//
// Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Any element of any step's
// mask can be computed alone, so threads need no order among them and a step can be repeated.
#pragma once

#include <array>
#include <cstdint>

#include "kernels.hpp"

namespace pellucid {

using Block4 = std::array<std::uint64_t, 4>;

inline Block4 philox(Block4 counter, std::uint64_t key0, std::uint64_t key1) {
    constexpr std::uint64_t multiply0 = 0xD2E7470EE14C6C93, multiply1 = 0xCA5A826395121157;
    constexpr std::uint64_t weyl0 = 0x9E3779B97F4A7C15, weyl1 = 0xBB67AE8584CAA73B;
    for (int round = 0; round < 10; ++round) {
        const auto product0 = static_cast<unsigned __int128>(multiply0) * counter[0];
        const auto product1 = static_cast<unsigned __int128>(multiply1) * counter[2];
        counter = {std::uint64_t(product1 >> 64) ^ counter[1] ^ key0, std::uint64_t(product1),
                   std::uint64_t(product0 >> 64) ^ counter[3] ^ key1, std::uint64_t(product0)};
        key0 += weyl0;
        key1 += weyl1;
    }
    return counter;
}

// One layer's mask in one step.
class Mask {
public:
    Mask(std::uint64_t seed, std::uint64_t layer, std::uint64_t step, double rate)
        : seed_(seed), layer_(layer), step_(step), rate_(rate), bound_(std::uint64_t(rate * 4294967296.0 + 0.5)) {}

    // M[i] = 1 / (1 - rate) where element first + i is kept, 0 where it is left out.
    template <class T>
    void fill(T* M, std::uint64_t first, Index count) const {
        const T kept = T(1.0 / (1.0 - rate_));
        std::uint64_t block = ~std::uint64_t(0);
        Block4 drawn{};
        for (Index i = 0; i < count; ++i) {
            const std::uint64_t element = first + std::uint64_t(i);
            if (element / 8 != block) {
                block = element / 8;
                // NumPy counts on before it draws.
                drawn = philox({block + 1, 0, layer_, step_}, seed_, 0);
            }
            const std::uint64_t word = drawn[(element / 2) % 4];
            const std::uint64_t u = element % 2 ? word >> 32 : word & 0xFFFFFFFF;
            M[i] = u >= bound_ ? kept : T(0);
        }
    }

private:
    std::uint64_t seed_, layer_, step_;
    double rate_;
    std::uint64_t bound_;
};

}  // namespace pellucid
