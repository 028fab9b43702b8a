// The smallest test framework that names what failed and goes on.
#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace pellucid::tests {

inline int failures = 0, checks = 0;

inline void check(bool holds, const char* what, const char* file, int line, double found = 0) {
    ++checks;
    if (holds) return;
    if (++failures <= 20) std::printf("%s:%d: %s (found %.3g)\n", file, line, what, found);
}

// How far a lies from b, in parts of b where b is large.
inline double distance(double a, double b) { return std::abs(a - b) / std::max(1.0, std::abs(b)); }

struct Test {
    const char* name;
    bool threaded;  // also run under the sanitizer of threads
    std::function<void()> run;
};

inline std::vector<Test>& all() {
    static std::vector<Test> tests;
    return tests;
}

struct Register {
    Register(const char* name, bool threaded, std::function<void()> run) { all().push_back({name, threaded, run}); }
};

#define CHECK(holds) ::pellucid::tests::check((holds), #holds, __FILE__, __LINE__)
#define CHECK_NEAR(a, b, tolerance)                                                                             \
    ::pellucid::tests::check(::pellucid::tests::distance((a), (b)) <= (tolerance), #a " is near " #b, __FILE__, __LINE__, \
                             ::pellucid::tests::distance((a), (b)))
#define TEST(name) \
    static void name(); \
    static const ::pellucid::tests::Register register_##name(#name, false, name); \
    static void name()
#define THREADED_TEST(name) \
    static void name(); \
    static const ::pellucid::tests::Register register_##name(#name, true, name); \
    static void name()

}  // namespace pellucid::tests
