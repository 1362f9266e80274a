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

const Variant* const* available_variants() {
    static const Variant* found[5] = {};
    if (!found[0]) {
        const Variant* list[5] = {};
        int n = 0;
#ifdef BACTRIAN_X86_VARIANTS
        __builtin_cpu_init();
        const bool has_v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
        const bool has_v3 = has_v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                            __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl");
        if (has_v4) list[n++] = &v4::variant;
        if (has_v3) list[n++] = &v3::variant;
        if (has_v2) list[n++] = &v2::variant;
#endif
        list[n++] = &plain::variant;
        for (int i = n - 1; i >= 0; --i) found[i] = list[i];  // the first entry last: it says the list is ready
    }
    return found;
}

}  // namespace bactrian
