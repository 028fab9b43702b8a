// All tests, or with the argument "threads" those in which several threads work.
#include <cstring>

#include "check.hpp"

int main(int count, char** arguments) {
    using namespace pellucid::tests;
    const bool threads_only = count > 1 && std::strcmp(arguments[1], "threads") == 0;
    int run = 0;
    for (const Test& test : all()) {
        if (threads_only && !test.threaded) continue;
        const int before = failures;
        test.run();
        ++run;
        if (failures > before) std::printf("failed: %s\n", test.name);
    }
    std::printf("%d tests, %d checks, %d failures\n", run, checks, failures);
    return failures || !run ? 1 : 0;
}
