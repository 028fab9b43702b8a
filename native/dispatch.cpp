// Which table of kernels this processor can run.
#include <cstdlib>
#include <cstring>

#include "kernels.hpp"

namespace pellucid {

template <class T>
const Kernels<T>& kernels() {
    static const Kernels<T>& best = []() -> const Kernels<T>& {
        const char* asked = std::getenv("PELLUCID_ISA");
        [[maybe_unused]] const auto allowed = [&](const char* name) {
            return !asked || std::strcmp(asked, name) == 0 || std::strcmp(asked, "avx512") == 0;
        };
#if defined(PELLUCID_HAVE_AVX512)
        if (allowed("avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
            return avx512::table<T>();
#endif
#if defined(PELLUCID_HAVE_AVX2)
        if (allowed("avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table<T>();
#endif
        return generic::table<T>();
    }();
    return best;
}

template const Kernels<float>& kernels<float>();
template const Kernels<double>& kernels<double>();

}  // namespace pellucid
