// The whole test framework: conditions that are counted, and a main that reports.
#pragma once

#include <atomic>
#include <cstdio>

inline std::atomic<int> failures{0};

// CHECK(condition, "printf format", values...): says what failed and goes on.
#define CHECK(condition, ...)                                               \
    do {                                                                    \
        if (!(condition) && ++failures <= 20) {                             \
            std::fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            std::fprintf(stderr, __VA_ARGS__);                              \
            std::fputc('\n', stderr);                                       \
        }                                                                   \
    } while (false)

inline int report(const char* what) {
    std::printf("%s: %s (%d failures)\n", what, failures ? "FAILED" : "passed", failures.load());
    return failures ? 1 : 0;
}
