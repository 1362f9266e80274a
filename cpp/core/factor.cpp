#include "factor.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "eliminate.hpp"
#include "twofold.hpp"

namespace bactrian {
namespace {

// Above this estimate of the relative error of a Mahalanobis distance, float64 factors are not good enough.
constexpr double kWorstError = 5e-13;

double to_double(double value) { return value; }
double to_double(Twofold value) { return static_cast<double>(value); }

// W = L^-1, row by row: W_i = (e_i - sum_{l<i} L_il W_l) / L_ii.
template <typename Real>
void invert(const std::vector<Real>& U, std::ptrdiff_t D, std::vector<Real>& W) {
    const auto L = [&](std::ptrdiff_t i, std::ptrdiff_t l) { return U[l * D + i]; };
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        Real* row = W.data() + i * D;
        for (std::ptrdiff_t j = 0; j < D; ++j) row[j] = Real(0.0);
        std::ptrdiff_t l = 0;
        for (; l + 4 <= i; l += 4) {  // rows of W are 0 behind their diagonals
            const Real factors[4] = {L(i, l), L(i, l + 1), L(i, l + 2), L(i, l + 3)};
            subtract_four(row, factors, W.data() + l * D, D, 0, l + 4);
        }
        for (; l < i; ++l) subtract(row, L(i, l), W.data() + l * D, 0, l + 1);
        const Real pivot = L(i, i);
        for (std::ptrdiff_t j = 0; j < i; ++j) row[j] = row[j] / pivot;
        row[i] = Real(1.0) / pivot;
    }
}

template <typename Real>
bool factor_scaled(const double* S, const std::vector<double>& scale, std::ptrdiff_t D, double* cholesky_out,
                   double* inverse_out, double& error) {
    std::vector<Real> U(D * D), W(D * D);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) U[j * D + i] = Real(S[i * D + j] / scale[i] / scale[j]);
    const auto clear = [](std::ptrdiff_t i, const Real& square) {
        // below the rounding of the input the sign of a pivot means nothing
        return to_double(square) > 4 * std::numeric_limits<double>::epsilon() * double(i);
    };
    if (!cholesky(U.data(), D, clear)) return false;
    invert(U, D, W);
    double largest = 0.0;
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        double norm = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            const bool lower = j <= i;
            const double w = lower ? to_double(W[i * D + j]) : 0.0;
            norm += w * w;
            if (cholesky_out) cholesky_out[i * D + j] = lower ? to_double(U[j * D + i]) * scale[i] : 0.0;
            inverse_out[i * D + j] = lower ? w / scale[j] : 0.0;
        }
        largest = std::fmax(largest, norm);
    }
    // the diagonal of the scaled matrix is of order 1, so a row of W shows how much y = W d can be magnified
    error = std::numeric_limits<double>::epsilon() * largest;
    return true;
}

}  // namespace

std::ptrdiff_t factor(const double* matrices, std::ptrdiff_t count, std::ptrdiff_t D, double* cholesky,
                      double* inverse) {
    std::vector<double> scale(D);
    for (std::ptrdiff_t m = 0; m < count; ++m) {
        const double* S = matrices + m * D * D;
        double* L = cholesky ? cholesky + m * D * D : nullptr;
        double* W = inverse + m * D * D;
        for (std::ptrdiff_t i = 0; i < D; ++i) {
            const double variance = S[i * D + i];
            if (!(variance > 0.0) || !std::isfinite(variance)) return m;
            // a power of two, so that scaling rounds nothing
            scale[i] = std::ldexp(1.0, std::ilogb(variance) / 2);
        }
        double error = 0.0;
        if (!factor_scaled<double>(S, scale, D, L, W, error) || error > kWorstError) {
            if (!factor_scaled<Twofold>(S, scale, D, L, W, error)) return m;
        }
        for (std::ptrdiff_t i = 0; i < D * D; ++i)
            if (!std::isfinite(W[i])) return m;
    }
    return -1;
}

}  // namespace bactrian
