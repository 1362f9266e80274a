// Lloyd's steps of k-means in one call: the nearest centre of each row, the means of the groups, and again.
#pragma once

#include <cstddef>
#include <vector>

#include "pass.hpp"

namespace bactrian {

// `pass.model` is tied, with equal constants: its means are the first centres, its whitener is the metric.
// A group without rows gets `middle` (D,) as its centre. Writes the labels (N,) after at most `steps` steps, fewer
// where they stay the same. The same bits as a loop over score and accumulate.
void lloyd(Pass pass, const double* middle, int steps, std::ptrdiff_t* labels);

}  // namespace bactrian
