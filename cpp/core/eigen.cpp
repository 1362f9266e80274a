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

// Diagonal matrix and eigenvectors, a row each, in no order.
struct Decomposed {
    std::vector<double> values, vectors;
};

Decomposed by_rotations(const double* S, std::ptrdiff_t D) {
    std::vector<double> A(S, S + D * D);
    Decomposed found{std::vector<double>(D), std::vector<double>(D * D, 0.0)};
    double size = 0.0;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        found.vectors[d * D + d] = 1.0;
        size += std::fabs(A[d * D + d]);
    }
    bool moved = true;
    for (int sweep = 0; moved && sweep < 50; ++sweep) {
        moved = false;
        for (std::ptrdiff_t p = 0; p < D; ++p)
            for (std::ptrdiff_t q = p + 1; q < D; ++q)
                moved |= annihilate(A.data(), D, p, q, 1e-100 * size, found.vectors.data());
    }
    for (std::ptrdiff_t d = 0; d < D; ++d) found.values[d] = A[d * D + d];
    return found;
}

// Of rows and columns from k + 1 on, which are turned so that all but the first of column k vanish: v, with H = 1 - v v^T.
// Empty where there is nothing to turn.
std::vector<double> reflector(const std::vector<double>& A, std::ptrdiff_t D, std::ptrdiff_t k) {
    std::vector<double> v(D - k - 1);
    double largest = 0.0, rest = 0.0;
    for (std::ptrdiff_t i = k + 1; i < D; ++i) largest = std::fmax(largest, std::fabs(v[i - k - 1] = A[i * D + k]));
    for (double& x : v) {
        x /= largest > 0.0 ? largest : 1.0;
        rest += x * x;
    }
    if (!(rest - v[0] * v[0] > 0.0)) return {};
    const double first = v[0] + std::copysign(std::sqrt(rest), v[0]);
    const double length = std::sqrt(0.5 * (rest - v[0] * v[0] + first * first));
    v[0] = first;
    for (double& x : v) x /= length;
    return v;
}

// H A H of the rows and columns from k + 1 on, and what is left of column k.
void reflect(std::vector<double>& A, std::ptrdiff_t D, std::ptrdiff_t k, const std::vector<double>& v) {
    const std::ptrdiff_t n = D - k - 1;
    std::vector<double> w(n, 0.0);
    double along = 0.0, first = 0.0;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        const double* row = A.data() + (k + 1 + i) * D + k + 1;
        for (std::ptrdiff_t j = 0; j < n; ++j) w[i] += row[j] * v[j];
        along += w[i] * v[i];
        first += A[(k + 1 + i) * D + k] * v[i];
    }
    for (std::ptrdiff_t i = 0; i < n; ++i) w[i] -= 0.5 * along * v[i];
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        double* row = A.data() + (k + 1 + i) * D + k + 1;
        for (std::ptrdiff_t j = 0; j < n; ++j) row[j] -= v[i] * w[j] + w[i] * v[j];
    }
    A[(k + 1) * D + k] -= first * v[0];
}

// Implicit QL steps until the entries `beside` the diagonal vanish; the vectors turn with it.
void diagonalize(Decomposed& to, std::vector<double>& beside, std::ptrdiff_t D) {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    std::vector<double>& d = to.values;
    std::vector<double>& e = beside;
    for (std::ptrdiff_t l = 0; l < D; ++l)
        for (int step = 0; step < 60; ++step) {
            std::ptrdiff_t m = l;
            while (m + 1 < D && !(std::fabs(e[m]) <= eps * (std::fabs(d[m]) + std::fabs(d[m + 1])))) ++m;
            if (m == l) break;
            double g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            g = d[m] - d[l] + e[l] / (g + std::copysign(std::hypot(g, 1.0), g));
            double s = 1.0, c = 1.0, p = 0.0;
            std::ptrdiff_t i = m - 1;
            for (; i >= l; --i) {
                const double f = s * e[i], b = c * e[i], r = std::hypot(f, g);
                e[i + 1] = r;
                if (r == 0.0) {
                    d[i + 1] -= p;
                    break;
                }
                s = f / r, c = g / r;
                const double here = d[i + 1] - p, turn = (d[i] - here) * s + 2.0 * c * b;
                p = s * turn;
                d[i + 1] = here + p;
                g = c * turn - b;
                rotate_rows(to.vectors.data(), D, i, i + 1, c, s);
            }
            if (i < l) d[l] -= p, e[l] = g;
            e[m] = 0.0;
        }
}

Decomposed by_reduction(const double* S, std::ptrdiff_t D) {
    std::vector<double> A(S, S + D * D), beside(D, 0.0);
    std::vector<std::vector<double>> turns;
    for (std::ptrdiff_t k = 0; k + 2 < D; ++k) {
        turns.push_back(reflector(A, D, k));
        if (!turns.back().empty()) reflect(A, D, k, turns.back());
    }
    Decomposed found{std::vector<double>(D), std::vector<double>(D * D, 0.0)};
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        found.values[d] = A[d * D + d];
        found.vectors[d * D + d] = 1.0;
        if (d + 1 < D) beside[d] = A[(d + 1) * D + d];
    }
    // the transposed product of all H, the last first: of row i what lies in it from k + 1 on
    for (std::ptrdiff_t k = D - 3; k >= 0; --k) {
        const std::vector<double>& v = turns[k];
        for (std::ptrdiff_t i = k + 1; i < D && !v.empty(); ++i) {
            double* row = found.vectors.data() + i * D + k + 1;
            double along = 0.0;
            for (std::ptrdiff_t j = 0; j < D - k - 1; ++j) along += row[j] * v[j];
            for (std::ptrdiff_t j = 0; j < D - k - 1; ++j) row[j] -= along * v[j];
        }
    }
    diagonalize(found, beside, D);
    return found;
}

constexpr std::ptrdiff_t kMostRotated = 32;

}  // namespace

void eigen(const double* S, std::ptrdiff_t D, double* values, double* vectors) {
    const Decomposed found = D <= kMostRotated ? by_rotations(S, D) : by_reduction(S, D);
    std::vector<std::ptrdiff_t> order(D);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::ptrdiff_t i, std::ptrdiff_t j) { return found.values[i] > found.values[j]; });
    for (std::ptrdiff_t j = 0; j < D; ++j) {
        values[j] = found.values[order[j]];
        std::copy_n(found.vectors.data() + order[j] * D, D, vectors + j * D);
    }
}

void longest_axis(const double* S, std::ptrdiff_t D, double* to) {
    const Decomposed found = by_reduction(S, D);
    const std::ptrdiff_t at = std::max_element(found.values.begin(), found.values.end()) - found.values.begin();
    std::copy_n(found.vectors.data() + at * D, D, to);
}

}  // namespace bactrian
