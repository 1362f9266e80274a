// The parts that the module is made of.
#pragma once

#include <nanobind/nanobind.h>

namespace bactrian {

void bind_passes(nanobind::module_& m);
void bind_groups(nanobind::module_& m);
void bind_m_steps(nanobind::module_& m);
void bind_climbs(nanobind::module_& m);
void bind_starts(nanobind::module_& m);

}  // namespace bactrian
