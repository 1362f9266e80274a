// L L^T = S and L W = I in long double, whatever the condition and the units; what cannot be factored is named.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "factor.hpp"

using bactrian::factor;
using Matrix = std::vector<double>;

namespace {

// A A^T, A = U T F: units U that differ by `units` per feature, a unit triangle T, and a fall F from 1 to 1 / depth.
Matrix definite(std::ptrdiff_t D, double depth, double units, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> A(D * D, 0.0);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) {
            const double unit = std::pow(units, double(i % 3)), fall = std::pow(depth, -double(j) / double(D));
            A[i * D + j] = unit * fall * (i == j ? 1.0 : 0.3 * normal(random) / double(i));
        }
    Matrix S(D * D);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            long double sum = 0;
            for (std::ptrdiff_t l = 0; l < D; ++l) sum += static_cast<long double>(A[i * D + l]) * A[j * D + l];
            S[i * D + j] = double(sum);
        }
    return S;
}

void check_factors(std::ptrdiff_t D, double depth, double units) {
    constexpr std::ptrdiff_t count = 2;
    Matrix S, L(count * D * D, -1.0), W(count * D * D, -1.0);
    for (unsigned m = 0; m < count; ++m) {
        const Matrix one = definite(D, depth, units, m + unsigned(D));
        S.insert(S.end(), one.begin(), one.end());
    }
    CHECK(factor(S.data(), count, D, L.data(), W.data()) == -1, "D=%td depth=%g units=%g", D, depth, units);
    for (std::ptrdiff_t m = 0; m < count; ++m) {
        const double *s = &S[m * D * D], *lower = &L[m * D * D], *inverse = &W[m * D * D];
        for (std::ptrdiff_t i = 0; i < D; ++i)
            for (std::ptrdiff_t j = 0; j < D; ++j) {
                if (j > i) {
                    CHECK(lower[i * D + j] == 0 && inverse[i * D + j] == 0, "D=%td: above the diagonal", D);
                    continue;
                }
                long double product = 0, identity = 0, size = 0;
                for (std::ptrdiff_t l = 0; l < D; ++l) {
                    product += static_cast<long double>(lower[i * D + l]) * lower[j * D + l];
                    const long double term = static_cast<long double>(lower[i * D + l]) * inverse[l * D + j];
                    identity += term;
                    size += std::fabs(term);
                }
                const long double scale = std::sqrt(static_cast<long double>(s[i * D + i]) * s[j * D + j]);
                CHECK(std::fabs(product - s[i * D + j]) <= 1e-15L * (D + 2) * scale, "D=%td depth=%g: S_%td,%td", D, depth, i, j);
                CHECK(std::fabs(identity - (i == j)) <= 1e-15L * (D + 2) * std::fmax(1.0L, size),
                      "D=%td depth=%g: I_%td,%td", D, depth, i, j);
            }
    }
}

void check_refused(double corner, std::ptrdiff_t expected) {
    // three matrices, the second of which ends in `corner`
    const Matrix S = {2, 1, 1, 2, 2, 1, 1, corner, 2, 1, 1, 2};
    Matrix L(12), W(12);
    const std::ptrdiff_t got = factor(S.data(), 3, 2, L.data(), W.data());
    CHECK(got == expected, "corner %g: got %td, expected %td", corner, got, expected);
}

}  // namespace

int main() {
    for (const std::ptrdiff_t D : {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33, 64})
        for (const double depth : {1.0, 1e3, 1e5})
            for (const double units : {1.0, 1e-40, 1e40}) check_factors(D, depth, units);
    check_refused(2.0, -1);
    check_refused(0.5, 1);
    check_refused(0.4, 1);
    check_refused(0.0, 1);
    check_refused(-1.0, 1);
    check_refused(std::numeric_limits<double>::infinity(), 1);
    check_refused(std::numeric_limits<double>::quiet_NaN(), 1);
    CHECK(factor(nullptr, 0, 3, nullptr, nullptr) == -1, "no matrices at all");
    return report("factor");
}
