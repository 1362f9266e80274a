#include "spread.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "eigen.hpp"
#include "variances.hpp"

namespace bactrian {
namespace {

constexpr double kRounding = 64 * std::numeric_limits<double>::epsilon();  // axes.ROUNDING

// The least variances along D axes that keep every direction above diag(minimum): axes.along.
void along(const double* axes, std::ptrdiff_t D, const double* minimum, double* to) {
    std::vector<double> gram(D * D);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (std::ptrdiff_t d = 0; d < D; ++d) sum += axes[i * D + d] * minimum[d] * axes[j * D + d];
            gram[i * D + j] = gram[j * D + i] = sum;
        }
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        double sum = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            const double size = gram[i * D + i] * gram[j * D + j];
            if (size > 0.0) sum += std::fabs(gram[i * D + j]) / std::sqrt(size);
        }
        to[i] = gram[i * D + i] * sum;
    }
}

// a^T S a for a row-major symmetric S.
double energy(const double* S, const double* a, std::ptrdiff_t D) {
    double sum = 0.0;
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        double row = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j) row += S[i * D + j] * a[j];
        sum += row * a[i];
    }
    return sum;
}

bool varies(const double* axis, std::ptrdiff_t D, const Floor& floor) {
    if (!floor.constant) return true;
    double part = 0.0;
    for (std::ptrdiff_t d = 0; d < D; ++d)
        if (!floor.constant[d]) part += axis[d] * axis[d];
    return part > 1e-6;
}

}  // namespace

Spread along_axes(const Constraint& constraint, const Scatters& s, const Floor& floor, std::ptrdiff_t M,
                  std::vector<double> axes, const std::vector<double>& energies, const double* volumes) {
    const std::ptrdiff_t K = s.K, D = s.D;
    Spread found{M, std::move(axes), std::vector<double>(K * D), std::vector<double>(K * D), 0.0};
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        double* to = found.least.data() + k * D;
        if (k < M) along(found.axes.data() + k * D * D, D, floor.minimum, to);
        else std::copy_n(found.least.data(), D, to);
    }
    const Energies e{K, D, energies.data(), s.counts, found.least.data(), floor.span};
    variances(constraint.volume == Letter::equal, constraint.shape == Letter::equal, e, volumes,
              found.variances.data());
    for (std::ptrdiff_t i = 0; i < K * D; ++i)
        found.objective -= 0.5 * (s.counts[i / D] * std::log(found.variances[i]) + energies[i] / found.variances[i]);
    return found;
}

Spread spread(const Constraint& constraint, const Scatters& s, const Floor& floor, std::ptrdiff_t M,
              std::vector<double> axes, const double* volumes) {
    const std::ptrdiff_t D = s.D;
    std::vector<double> energies(s.K * D);
    for (std::ptrdiff_t i = 0; i < s.K * D; ++i) {
        const double* axis = axes.data() + (M == 1 ? 0 : i / D) * D * D + i % D * D;
        energies[i] = std::fmax(energy(s.within + i / D * D * D, axis, D), 0.0);
    }
    return along_axes(constraint, s, floor, M, std::move(axes), energies, volumes);
}

Covariances covariances(const Spread& spread, const Scatters& s, const Floor& floor, const double* scale) {
    const std::ptrdiff_t K = s.K, D = s.D;
    Covariances to{std::vector<double>(K * D * D), std::vector<char>(K, 0)};
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double* axes = spread.axes.data() + (spread.M == 1 ? 0 : k) * D * D;
        double* matrix = to.numbers.data() + k * D * D;
        const double *of_k = spread.variances.data() + k * D, longest = *std::max_element(of_k, of_k + D);
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            const double v = spread.variances[k * D + j], least = spread.least[k * D + j], *a = axes + j * D;
            for (std::ptrdiff_t d = 0; d < D; ++d)
                for (std::ptrdiff_t l = 0; l <= d; ++l) matrix[d * D + l] += v * a[d] * a[l];
            const bool rounded = scale && least > 0.0 && v <= least + kRounding * longest;
            if ((rounded || holds(v, least, floor.span)) && varies(a, D, floor)) to.held[k] = 1;
        }
        for (std::ptrdiff_t d = 0; d < D; ++d)
            for (std::ptrdiff_t l = 0; l <= d; ++l) {
                if (scale) matrix[d * D + l] *= scale[d] * scale[l];
                matrix[l * D + d] = matrix[d * D + l];
            }
    }
    return to;
}

std::vector<double> own_axes(const double* matrices, std::ptrdiff_t M, std::ptrdiff_t D) {
    std::vector<double> axes(M * D * D), values(D);
    for (std::ptrdiff_t m = 0; m < M; ++m) eigen(matrices + m * D * D, D, values.data(), axes.data() + m * D * D);
    return axes;
}

}  // namespace bactrian
