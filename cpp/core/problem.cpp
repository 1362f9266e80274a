#include "problem.hpp"

#include <cmath>
#include <limits>

namespace bactrian {

void log_constants(const Model& m, const double* weights, double* to) {
    constexpr double log_2_pi = 1.8378770664093454836;
    const std::ptrdiff_t step = m.form == Form::full ? m.D + 1 : 1, n = m.form == Form::spherical ? 1 : m.D;
    double half_log_det = 0.0;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        if (k == 0 || !m.tied) {
            half_log_det = 0.0;
            for (std::ptrdiff_t d = 0; d < n; ++d) half_log_det -= std::log(m.whitener(k)[d * step]);
            if (m.form == Form::spherical) half_log_det *= double(m.D);
        }
        to[k] = weights[k] > 0.0 ? std::log(weights[k]) - 0.5 * double(m.D) * log_2_pi - half_log_det
                                 : -std::numeric_limits<double>::infinity();
    }
}

}  // namespace bactrian
