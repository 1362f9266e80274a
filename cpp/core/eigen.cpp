#include "eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace bactrian {

void rotate_rows(double* A, std::ptrdiff_t D, std::ptrdiff_t p, std::ptrdiff_t q, double c, double s) {
    double *P = A + p * D, *Q = A + q * D;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        const double x = P[d], y = Q[d];
        P[d] = c * x - s * y;
        Q[d] = s * x + c * y;
    }
}

void rotate_both(double* A, std::ptrdiff_t D, std::ptrdiff_t p, std::ptrdiff_t q, double c, double s) {
    const double pp = A[p * D + p], qq = A[q * D + q], pq = A[p * D + q];
    rotate_rows(A, D, p, q, c, s);
    A[p * D + p] = c * c * pp - 2.0 * c * s * pq + s * s * qq;
    A[q * D + q] = s * s * pp + 2.0 * c * s * pq + c * c * qq;
    A[p * D + q] = A[q * D + p] = c * s * (pp - qq) + (c * c - s * s) * pq;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        if (d == p || d == q) continue;
        A[d * D + p] = A[p * D + d];
        A[d * D + q] = A[q * D + d];
    }
}

namespace {

// Makes the entry (p, q) vanish; false if it is nothing already.
bool annihilate(double* A, std::ptrdiff_t D, std::ptrdiff_t p, std::ptrdiff_t q, double nothing, double* vectors) {
    constexpr double eps = std::numeric_limits<double>::epsilon() / 2;
    const double a = A[p * D + q], pp = A[p * D + p], qq = A[q * D + q];
    if (!(std::fabs(a) > nothing) || std::fabs(a) <= eps * std::sqrt(std::fabs(pp)) * std::sqrt(std::fabs(qq))) return false;
    const double tau = (qq - pp) / (2.0 * a);
    const double t = std::copysign(1.0, tau) / (std::fabs(tau) + std::sqrt(1.0 + tau * tau));
    const double c = 1.0 / std::sqrt(1.0 + t * t), s = t * c;
    rotate_both(A, D, p, q, c, s);
    A[p * D + p] = pp - t * a;
    A[q * D + q] = qq + t * a;
    A[p * D + q] = A[q * D + p] = 0.0;
    rotate_rows(vectors, D, p, q, c, s);
    return true;
}

}  // namespace

void eigen(const double* S, std::ptrdiff_t D, double* values, double* vectors) {
    std::vector<double> A(S, S + D * D), turned(D * D, 0.0);
    double size = 0.0;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        turned[d * D + d] = 1.0;
        size += std::fabs(A[d * D + d]);
    }
    bool moved = true;
    for (int sweep = 0; moved && sweep < 50; ++sweep) {
        moved = false;
        for (std::ptrdiff_t p = 0; p < D; ++p)
            for (std::ptrdiff_t q = p + 1; q < D; ++q)
                moved |= annihilate(A.data(), D, p, q, 1e-100 * size, turned.data());
    }
    std::vector<std::ptrdiff_t> order(D);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::ptrdiff_t i, std::ptrdiff_t j) { return A[i * D + i] > A[j * D + j]; });
    for (std::ptrdiff_t j = 0; j < D; ++j) {
        values[j] = A[order[j] * D + order[j]];
        std::copy_n(turned.data() + order[j] * D, D, vectors + j * D);
    }
}

}  // namespace bactrian
