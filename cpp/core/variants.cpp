// Which variants were compiled in, and which of them this machine can run.
#include "problem.hpp"

namespace bactrian {

#define BACTRIAN_DECLARE(NAME) \
    namespace NAME {           \
    extern const Variant variant; \
    }
#ifdef BACTRIAN_X86_VARIANTS
BACTRIAN_DECLARE(v2)
BACTRIAN_DECLARE(v3)
BACTRIAN_DECLARE(v4)
#endif
BACTRIAN_DECLARE(plain)

namespace {

struct List {  // null-terminated
    List() {
        int n = 0;
#ifdef BACTRIAN_X86_VARIANTS
        __builtin_cpu_init();
        const bool has_v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
        const bool has_v3 = has_v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                            __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl");
        if (has_v4) found[n++] = &v4::variant;
        if (has_v3) found[n++] = &v3::variant;
        if (has_v2) found[n++] = &v2::variant;
#endif
        found[n++] = &plain::variant;
    }
    const Variant* found[5] = {};
};

}  // namespace

const Variant* const* available_variants() {
    static const List list;  // made once, also where several threads ask first
    return list.found;
}

}  // namespace bactrian
