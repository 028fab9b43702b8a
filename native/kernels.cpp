// One instruction set's table of kernels. The build compiles this file once for each, with PELLUCID_ISA its name.
//
// Nothing of the C++ library that is more than a type is used here: an inline function of it, compiled for AVX-512
// and kept by the linker for all, would end the program on a processor without.
#include "kernels.hpp"

#include <cmath>
#include <type_traits>
#include <utility>

#include "elementwise.hpp"
#include "encoded_product.hpp"
#include "philox.hpp"
#include "products.hpp"
#include "sparse_product.hpp"

#ifndef PELLUCID_ISA
#define PELLUCID_ISA generic
#endif
#define PELLUCID_TEXT_OF(name) #name
#define PELLUCID_TEXT(name) PELLUCID_TEXT_OF(name)

namespace pellucid::PELLUCID_ISA {

template <class T>
const Kernels<T>& table() {
    static constexpr Kernels<T> kernels = {
        PELLUCID_TEXT(PELLUCID_ISA),
        product<T>,
        dots<T>,
        weighted_columns<T>,
        sparse_product<T>,
        encoded_product<T>,
        encoded_gradient<T>,
        row_sums<T>,
        activate<T>,
        activate_backward<T>,
        softmax<T>,
        cost<T>,
        multiply<T>,
        update<T>,
        penalise<T>,
        sizes<T>,
        times_zero<T>,
        philox_mask<T>,
    };
    return kernels;
}

template const Kernels<float>& table<float>();
template const Kernels<double>& table<double>();

}  // namespace pellucid::PELLUCID_ISA
