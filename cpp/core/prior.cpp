#include "prior.hpp"

#include <cmath>

namespace bactrian {
namespace {

constexpr double kLog2Pi = 1.8378770664093454836;

double log_determinant(const Model& m, std::ptrdiff_t k) {
    const double* W = m.whitener(k);
    if (m.form == Form::spherical) return -2.0 * double(m.D) * std::log(W[0]);
    double logs = 0.0;
    for (std::ptrdiff_t d = 0; d < m.D; ++d) logs += std::log(W[m.form == Form::full ? d * (m.D + 1) : d]);
    return -2.0 * logs;
}

// tr(scale Sigma_k^-1)
double trace(const Prior& prior, const Model& m, std::ptrdiff_t k) {
    const std::ptrdiff_t D = m.D;
    const double* W = m.whitener(k);
    double sum = 0.0;
    if (m.form != Form::full) {
        for (std::ptrdiff_t d = 0; d < m.whitener_size(); ++d) sum += W[d] * W[d] * prior.scale[d];
        return sum;
    }
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j)
            for (std::ptrdiff_t l = 0; l <= i; ++l) sum += W[i * D + j] * prior.scale[j * D + l] * W[i * D + l];
    return sum;
}

// Squared Mahalanobis length of what lies between a component's mean and the prior's.
double distance(const Prior& prior, const Model& m, std::ptrdiff_t k) {
    const std::ptrdiff_t D = m.D;
    const double *W = m.whitener(k), *mean = m.means + k * D;
    double sum = 0.0;
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        double along = 0.0;
        if (m.form == Form::full)
            for (std::ptrdiff_t j = 0; j <= i; ++j) along += W[i * D + j] * (mean[j] - prior.mean[j]);
        else along = W[m.form == Form::diagonal ? i : 0] * (mean[i] - prior.mean[i]);
        sum += along * along;
    }
    return sum;
}

// W_k and what the distance of its mean from the prior's adds: `pull` times o o^T, in the shape of the scatter.
void add_offset(Summary& to, std::ptrdiff_t k, const double* offset, double pull) {
    const std::ptrdiff_t D = to.D;
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        const double part = pull * offset[i];
        if (to.scatter == Scatter::trace) to.within[k] += part * offset[i];
        else if (to.scatter == Scatter::diagonal) to.within[k * D + i] += part * offset[i];
        else
            for (std::ptrdiff_t j = 0; j < D; ++j)
                to.within[((to.scatter == Scatter::full ? k * D : 0) + i) * D + j] += part * offset[j];
    }
}

}  // namespace

Summary believed(const Prior& prior, bool tied, const Summary& seen) {
    Summary to = seen;
    const std::ptrdiff_t K = seen.K, D = seen.D;
    const double kappa = prior.mean_strength, part = tied ? 1.0 / double(K) : 1.0;
    std::vector<double> offset(D);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double n = seen.counts[k];
        for (std::ptrdiff_t d = 0; d < D; ++d) {
            offset[d] = seen.means[k * D + d] - prior.mean[d];
            if (kappa > 0.0) to.means[k * D + d] -= kappa / (n + kappa) * offset[d];
        }
        if (kappa > 0.0) add_offset(to, k, offset.data(), kappa * n / (kappa + n));
        to.counts[k] = n + (kappa > 0.0 ? 1.0 : 0.0) + part * prior.count;
    }
    const std::ptrdiff_t each = std::ptrdiff_t(to.within.size()) / to.matrices();
    const double share = to.scatter == Scatter::pooled ? 1.0 : part;
    for (std::size_t i = 0; i < to.within.size(); ++i) to.within[i] += share * prior.scale[std::ptrdiff_t(i) % each];
    return to;
}

double log_density(const Prior& prior, const Model& m) {
    double value = 0.0;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const double log_det = log_determinant(m, k);
        if (k == 0 || !m.tied) value -= 0.5 * (prior.count * log_det + trace(prior, m, k));
        if (prior.mean_strength > 0.0) value -= 0.5 * (log_det + prior.mean_strength * distance(prior, m, k));
        if (prior.weight_concentration > 1.0) {
            const double log_weight = m.log_constant[k] + 0.5 * (double(m.D) * kLog2Pi + log_det);
            value += (prior.weight_concentration - 1.0) * log_weight;
        }
    }
    return value;
}

}  // namespace bactrian
