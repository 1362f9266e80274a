// Cholesky factors and their inverses, in twice the precision where float64 would lose digits.
#pragma once

#include <cstddef>

namespace bactrian {

// Factors `count` symmetric row-major D x D matrices (lower triangles are read): S = L L^T.
// Writes L, unless it is null, and L^-1, both lower triangular with zeros above. Returns the index of the first matrix
// that is not positive definite (its output is unspecified), or -1.
std::ptrdiff_t factor(const double* matrices, std::ptrdiff_t count, std::ptrdiff_t D, double* cholesky,
                      double* inverse);

}  // namespace bactrian
