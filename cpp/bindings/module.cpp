// The only folder that knows Python: arrays in, arrays out, the GIL released in between.
#include "bind.hpp"

NB_MODULE(_core, m) {
    m.doc() = "The compiled core; use bactrian.kernels, which checks what goes in.";
    nanobind::set_leak_warnings(false);  // what a cycle still holds when the interpreter ends is no news to a user
    bactrian::bind_passes(m);
    bactrian::bind_groups(m);
    bactrian::bind_m_steps(m);
    bactrian::bind_climbs(m);
    bactrian::bind_starts(m);
}
