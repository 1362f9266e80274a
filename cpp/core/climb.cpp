#include "climb.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "factor.hpp"

namespace bactrian {
namespace {

constexpr double kRounding = 1e-14;  // gains below this part of the log-likelihood are rounding: em.ROUNDING

// A mixture that owns its numbers.
struct Mixture {
    std::vector<double> weights, means, covariances, whiteners, log_constant;
};

// Scatter about the new means, in the layout's order but with whole matrices: W_k, or their sum if pooled.
std::vector<double> within(const std::vector<double>& sums, const Layout& layout, const std::vector<double>& offsets) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double *first = sums.data() + layout.first(), *second = sums.data() + layout.second();
    if (layout.scatter == Scatter::trace || layout.scatter == Scatter::diagonal) {
        const std::ptrdiff_t each = layout.scatter == Scatter::trace ? 1 : D;
        std::vector<double> W(second, second + K * each);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            for (std::ptrdiff_t d = 0; d < D; ++d) W[k * each + d % each] -= first[k * D + d] * offsets[k * D + d];
        return W;
    }
    const std::ptrdiff_t M = layout.scatter == Scatter::full ? K : 1;
    std::vector<double> W(M * D * D);
    for (std::ptrdiff_t k = 0; k < K; ++k)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                double& to = W[((M == 1 ? 0 : k) * D + j) * D + l];
                if (k < M) to += second[k * layout.triangle() + j * (j + 1) / 2 + l];
                to -= first[k * D + j] * offsets[k * D + l];
            }
    for (std::ptrdiff_t m = 0; m < M; ++m)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l < j; ++l) W[(m * D + l) * D + j] = W[(m * D + j) * D + l];
    return W;
}

// Whiteners of the covariances; false where the floor would hold one.
bool whiten(const Target& target, std::ptrdiff_t M, std::ptrdiff_t D, Mixture& to) {
    to.whiteners.resize(to.covariances.size());
    if (target.form != Form::full) {
        const std::ptrdiff_t each = target.form == Form::diagonal ? D : 1;
        const double mean = std::accumulate(target.minimum, target.minimum + D, 0.0) / double(D);
        for (std::ptrdiff_t i = 0; i < M * each; ++i) {
            const double v = to.covariances[i];
            if (!(v >= (each == 1 ? mean : target.minimum[i % each])) || !(v > 0.0) || !std::isfinite(v)) return false;
            to.whiteners[i] = 1.0 / std::sqrt(v);
        }
        return true;
    }
    std::vector<double> cholesky(to.covariances.size());
    if (factor(to.covariances.data(), M, D, cholesky.data(), to.whiteners.data()) >= 0) return false;
    for (std::ptrdiff_t m = 0; m < M; ++m) {
        double bound = 0.0;  // of the floor's largest eigenvalue in units of the covariance
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                const double w = to.whiteners[(m * D + j) * D + l];
                bound += w * w * target.minimum[l];
            }
        if (!(bound < 1.0)) return false;
    }
    return true;
}

// The M-step: weighted averages (Celeux & Govaert 1995, table 1); false for anything out of the ordinary.
bool maximize(const Model& model, const Target& target, const Layout& layout, const std::vector<double>& sums,
              Mixture& to) {
    const std::ptrdiff_t K = layout.K, D = layout.D, M = target.tied ? 1 : K;
    const double* counts = sums.data() + layout.counts;
    for (std::ptrdiff_t k = 0; k < K; ++k)
        if (!(counts[k] > 0.0)) return false;
    const double total = std::accumulate(counts, counts + K, 0.0);
    std::vector<double> offsets(K * D);
    to.weights.resize(K);
    to.means.resize(K * D);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        to.weights[k] = counts[k] / total;
        for (std::ptrdiff_t d = 0; d < D; ++d) {
            offsets[k * D + d] = sums[layout.first() + k * D + d] / counts[k];
            to.means[k * D + d] = model.means[k * D + d] + offsets[k * D + d];
        }
    }
    const std::vector<double> W = within(sums, layout, offsets);
    const std::ptrdiff_t size = target.form == Form::full ? D * D : target.form == Form::diagonal ? D : 1;
    const double per = target.form == Form::spherical ? double(D) : 1.0;
    to.covariances.assign(M * size, 0.0);
    for (std::size_t i = 0; i < W.size(); ++i) {
        const std::ptrdiff_t k = std::ptrdiff_t(i) / size;
        to.covariances[(target.tied ? 0 : k) * size + std::ptrdiff_t(i) % size] +=
            W[i] / ((target.tied ? total : counts[k]) * per);
    }
    return whiten(target, M, D, to);
}

}  // namespace

double remaining(const std::vector<double>& history) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::size_t n = history.size();
    if (n < 2) return infinity;
    const double gain = history[n - 1] - history[n - 2];
    if (gain <= kRounding * std::fabs(history[n - 1])) return 0.0;
    if (n < 3) return infinity;
    const double before = history[n - 2] - history[n - 3];
    if (gain >= before) return infinity;
    return std::fmax(gain, gain * gain / (before - gain));
}

Climb climb(Pass pass, const Target& target, std::vector<double> history, double tol, std::size_t last,
            std::size_t most) {
    const Layout layout{target.scatter, pass.model.K, pass.model.D};
    Climb found;
    Mixture now, next;
    const std::size_t longest = most ? history.size() + most : std::size_t(-1);
    while (history.size() < longest) {
        const std::vector<double> sums = accumulate(pass, nullptr, layout);
        history.push_back(sums[layout.log_likelihood]);
        found.map_log_responsibility = sums[layout.map_log_responsibility];
        if (tol > 0.0 && remaining(history) < tol) found.ended = Ended::converged;
        else if (history.size() > last) found.ended = Ended::max_iter;
        if (found.ended != Ended::handed_back) break;
        if (!maximize(pass.model, target, layout, sums, next)) {
            history.pop_back();
            break;
        }
        std::swap(now, next);
        ++found.steps;
        now.log_constant.resize(layout.K);
        pass.model = {target.form, target.tied, layout.K, layout.D, now.log_constant.data(), now.means.data(),
                      now.whiteners.data()};
        log_constants(pass.model, now.weights.data(), now.log_constant.data());
    }
    found.history = std::move(history);
    found.weights = std::move(now.weights);
    found.means = std::move(now.means);
    found.covariances = std::move(now.covariances);
    return found;
}

}  // namespace bactrian
