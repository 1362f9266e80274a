// Multiples of rows taken from a row: what all triangular factors are made of.
#pragma once

#include <cmath>
#include <cstddef>

namespace bactrian {

// row[j] -= factor other[j], for j in [begin, end).
template <typename Real>
inline void subtract(Real* __restrict row, Real factor, const Real* __restrict other, std::ptrdiff_t begin,
                     std::ptrdiff_t end) {
    for (std::ptrdiff_t j = begin; j < end; ++j) row[j] = row[j] - factor * other[j];
}

// The same for four others, which stand `stride` numbers apart: the row is loaded and stored once for all, and rounded
// as if they were taken one by one.
template <typename Real>
inline void subtract_four(Real* __restrict row, const Real (&factors)[4], const Real* __restrict other,
                          std::ptrdiff_t stride, std::ptrdiff_t begin, std::ptrdiff_t end) {
    const Real f0 = factors[0], f1 = factors[1], f2 = factors[2], f3 = factors[3];
    const Real *a = other, *b = a + stride, *c = b + stride, *d = c + stride;
    for (std::ptrdiff_t j = begin; j < end; ++j) row[j] = row[j] - f0 * a[j] - f1 * b[j] - f2 * c[j] - f3 * d[j];
}

// Cholesky's U with S = U^T U in the place of the upper triangle of a D x D matrix, whose lower one is not touched; false
// where large_enough(i, square of the i-th pivot) is. Four rows of U at a time are done and then taken from all below.
template <typename Real, typename LargeEnough>
bool cholesky(Real* U, std::ptrdiff_t D, LargeEnough large_enough) {
    const auto row = [&](std::ptrdiff_t i) { return U + i * D; };
    for (std::ptrdiff_t begin = 0; begin < D; begin += 4) {
        const std::ptrdiff_t end = begin + 4 < D ? begin + 4 : D;
        for (std::ptrdiff_t i = begin; i < end; ++i) {
            for (std::ptrdiff_t l = begin; l < i; ++l) subtract(row(i), row(l)[i], row(l), i, D);
            if (!large_enough(i, row(i)[i])) return false;
            using std::sqrt;
            const Real pivot = row(i)[i] = sqrt(row(i)[i]);
            for (std::ptrdiff_t j = i + 1; j < D; ++j) row(i)[j] = row(i)[j] / pivot;
        }
        for (std::ptrdiff_t i = end; i < D; ++i) {  // then there were four
            const Real factors[4] = {row(begin)[i], row(begin + 1)[i], row(begin + 2)[i], row(begin + 3)[i]};
            subtract_four(row(i), factors, row(begin), D, i, D);
        }
    }
    return true;
}

}  // namespace bactrian
