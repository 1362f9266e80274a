// Newton's step for axes that all components share: sweeps of plane rotations come near, this ends quickly.
#pragma once

#include <cstddef>
#include <vector>

namespace bactrian {

// Largest D whose D (D - 1) / 2 planes are worth a linear system.
constexpr std::ptrdiff_t kMostNewton = 20;

// The angle of each plane i < j, towards the axes with the least sum_k n_k log|Sigma_k| + tr(W_k Sigma_k^-1), where the
// `variances` (K, D) are the best for every turn. `within` (K, D, D) is W_k about the axes. Empty where a variance is
// held by a bound, or the objective is not convex there.
std::vector<double> newton_angles(std::ptrdiff_t K, std::ptrdiff_t D, const double* within, const double* variances,
                                  bool equal_volume);

}  // namespace bactrian
