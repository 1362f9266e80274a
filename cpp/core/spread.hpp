// Covariances by their axes and the variances along them: bactrian/families/axes.py is the slow twin.
#pragma once

#include <vector>

#include "m_step.hpp"

namespace bactrian {

struct Spread {
    std::ptrdiff_t M;                        // 1 where the axes are common, else K
    std::vector<double> axes;                // (M, D, D), an axis a row
    std::vector<double> variances, least;    // (K, D)
    double objective;                        // of the M-step
};

// Whether a variance is at what the floor, or its span, allows: Floor.holds.
inline bool holds(double variance, double least, double span) {
    constexpr double at = 1e-9;  // floor.AT
    return least > 0.0 && (variance <= least * (1 + at) || variance >= span * least * (1 - at));
}

// The best covariances with these axes; `energies` (K, D) along them.
Spread along_axes(const Constraint&, const Scatters&, const Floor&, std::ptrdiff_t M, std::vector<double> axes,
                  const std::vector<double>& energies, const double* volumes);

// The same, for axes (M, D, D) of the scatter itself.
Spread spread(const Constraint&, const Scatters&, const Floor&, std::ptrdiff_t M, std::vector<double> axes,
              const double* volumes);

// Sigma_k, each feature in units of `scale` (D,) if that is not null; and which components the floor holds. In units an
// axis that was turned has the rounding of the longest.
Covariances covariances(const Spread&, const Scatters&, const Floor&, const double* scale);

// The eigenvectors of M matrices, an axis a row, by falling eigenvalue.
std::vector<double> own_axes(const double* matrices, std::ptrdiff_t M, std::ptrdiff_t D);

// What at most so many sweeps of plane rotations reach from axes (D, D).
constexpr int kMostTurns = 200;  // as in common_axes.py
Spread turned(const Constraint&, const Scatters&, const Floor&, std::vector<double> axes, int most);

// Axes in which K matrices are as diagonal as can be.
std::vector<double> common_axes(const double* matrices, std::ptrdiff_t K, std::ptrdiff_t D);

}  // namespace bactrian
