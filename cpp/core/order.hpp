// An order of rows that follows from what they are (bactrian/sources/order.py).
#pragma once

#include <vector>

#include "problem.hpp"

namespace bactrian {

// By a sum over features of a rising curve of each standardised value, in whole steps; ties by a second sum, to which each
// feature adds by its share in the first one's variation; what is tied then too by its first feature, then the second...
std::vector<std::ptrdiff_t> row_order(const Rows&, const double* mean, const double* covariance);

}  // namespace bactrian
