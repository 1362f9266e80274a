// Eigenvalues and eigenvectors of small symmetric matrices.
#pragma once

#include <cstddef>

namespace bactrian {

// Of a row-major D x D matrix S: `values` (D,) falling, `vectors` (D, D) with one eigenvector a row. Up to 32 features by
// cyclic Jacobi rotations: small eigenvalues of a positive matrix are as exact as its rows and columns are scaled (Demmel &
// Veselic 1992). More by a tridiagonal matrix and implicit QL (Bowdler, Martin, Reinsch & Wilkinson 1968), a tenth of the
// work: small eigenvalues are exact to the rounding of the largest.
void eigen(const double* S, std::ptrdiff_t D, double* values, double* vectors);

// The eigenvector (D,) of the largest eigenvalue.
void longest_axis(const double* S, std::ptrdiff_t D, double* to);

// Rows p and q of a matrix of D columns become c p - s q and s p + c q.
void rotate_rows(double* A, std::ptrdiff_t D, std::ptrdiff_t p, std::ptrdiff_t q, double c, double s);

// The same turn of both sides of a symmetric matrix; the entries at p and q are right whatever the angle.
void rotate_both(double* A, std::ptrdiff_t D, std::ptrdiff_t p, std::ptrdiff_t q, double c, double s);

}  // namespace bactrian
