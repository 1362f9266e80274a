#include "factor.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "twofold.hpp"

namespace bactrian {
namespace {

// Above this estimate of the relative error of a Mahalanobis distance, float64 factors are not good enough.
constexpr double kWorstError = 5e-13;

double to_double(double value) { return value; }
double to_double(Twofold value) { return static_cast<double>(value); }

// Cholesky-Banachiewicz, row by row, on the matrix scaled to S_ij / (s_i s_j); false if a pivot is not positive. `U` is
// L^T, kept beside L so that the inner loop runs along rows of both.
template <typename Real>
bool cholesky(std::vector<Real>& L, std::vector<Real>& U, std::ptrdiff_t D) {
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        Real* row = L.data() + i * D;
        for (std::ptrdiff_t l = 0; l < i; ++l) {
            const Real* below = U.data() + l * D;  // column l of L, from the pivot down
            const Real factor = row[l] = row[l] / below[l];
            for (std::ptrdiff_t j = l + 1; j < i; ++j) row[j] = row[j] - factor * below[j];
            row[i] = row[i] - factor * factor;
            U[l * D + i] = factor;
        }
        // below the rounding of the input the sign of a pivot means nothing
        if (!(to_double(row[i]) > 4 * std::numeric_limits<double>::epsilon() * double(i))) return false;
        using std::sqrt;
        U[i * D + i] = row[i] = sqrt(row[i]);
    }
    return true;
}

// W = L^-1, row by row: W_i = (e_i - sum_{l<i} L_il W_l) / L_ii.
template <typename Real>
void invert(const std::vector<Real>& L, std::ptrdiff_t D, std::vector<Real>& W) {
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        Real* row = W.data() + i * D;
        for (std::ptrdiff_t j = 0; j < D; ++j) row[j] = Real(0.0);
        for (std::ptrdiff_t l = 0; l < i; ++l) {
            const Real factor = L[i * D + l];
            for (std::ptrdiff_t j = 0; j <= l; ++j) row[j] = row[j] - factor * W[l * D + j];
        }
        const Real pivot = L[i * D + i];
        for (std::ptrdiff_t j = 0; j < i; ++j) row[j] = row[j] / pivot;
        row[i] = Real(1.0) / pivot;
    }
}

template <typename Real>
bool factor_scaled(const double* S, const std::vector<double>& scale, std::ptrdiff_t D, double* cholesky_out,
                   double* inverse_out, double& error) {
    std::vector<Real> L(D * D), W(D * D);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) L[i * D + j] = Real(S[i * D + j] / scale[i] / scale[j]);
    if (!cholesky(L, W, D)) return false;  // L^T has no use afterwards
    invert(L, D, W);
    double largest = 0.0;
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        double norm = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            const bool lower = j <= i;
            const double w = lower ? to_double(W[i * D + j]) : 0.0;
            norm += w * w;
            cholesky_out[i * D + j] = lower ? to_double(L[i * D + j]) * scale[i] : 0.0;
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
        double* L = cholesky + m * D * D;
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
