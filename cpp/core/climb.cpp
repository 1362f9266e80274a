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
    std::vector<double> weights, means, whiteners, log_constant;
    Covariances covariance;
    double noise = 0.0;
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

// Whether diag(minimum) is below the M full covariances, by a bound on its largest eigenvalue in their units.
bool above_floor(const Mixture& mixture, std::ptrdiff_t M, std::ptrdiff_t D, const double* minimum) {
    for (std::ptrdiff_t m = 0; m < M; ++m) {
        double bound = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                const double w = mixture.whiteners[(m * D + j) * D + l];
                bound += w * w * minimum[l];
            }
        if (!(bound < 1.0)) return false;
    }
    return true;
}

// Whiteners of the covariances, which are lifted to the floor where the M-step has not done that; false if there are none.
bool whiten(const Target& target, std::ptrdiff_t M, std::ptrdiff_t D, Mixture& to) {
    std::vector<double>& numbers = to.covariance.numbers;
    to.whiteners.resize(numbers.size());
    if (target.constraint.form() != Form::full) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (!(numbers[i] > 0.0)) return false;
            to.whiteners[i] = 1.0 / std::sqrt(numbers[i]);
        }
        return true;
    }
    std::vector<double> cholesky(numbers.size());
    const auto factored = [&] { return factor(numbers.data(), M, D, cholesky.data(), to.whiteners.data()) < 0; };
    const bool definite = factored();
    if (target.constraint.above_floor()) return definite;
    if (definite && above_floor(to, M, D, target.floor.minimum)) return true;
    return lift(M, D, target.floor, to.covariance) && factored();
}

// Mixing weights, and the noise with what is left of the rows: Objective._weights.
void weigh(const Target& target, std::ptrdiff_t K, const double* counts, double total, Mixture& to) {
    const double components = std::accumulate(counts, counts + K, 0.0);
    const double left = target.noise ? std::fmax(0.0, total - components) : 0.0;
    to.weights.resize(K);
    for (std::ptrdiff_t k = 0; k < K; ++k)
        to.weights[k] = (target.equal_weights ? components / double(K) : counts[k]) / (components + left);
    to.noise = left / (components + left);
}

// The M-step; false for anything out of the ordinary.
bool maximize(const Model& model, const Target& target, const Layout& layout, const std::vector<double>& sums,
              Mixture& to) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double* counts = sums.data() + layout.counts;
    for (std::ptrdiff_t k = 0; k < K; ++k)
        if (!(counts[k] > 0.0)) return false;
    weigh(target, K, counts, sums[layout.total], to);
    std::vector<double> offsets(K * D);
    to.means.resize(K * D);
    for (std::ptrdiff_t i = 0; i < K * D; ++i) {
        offsets[i] = sums[layout.first() + i] / counts[i / D];
        to.means[i] = model.means[i] + offsets[i];
    }
    const std::vector<double> W = within(sums, layout, offsets);
    return m_step(target.constraint, {K, D, W.data(), counts}, target.floor, &model, to.covariance) &&
           whiten(target, target.constraint.tied() ? 1 : K, D, to);
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
    const Constraint& constraint = target.constraint;
    const Layout layout{constraint.scatter(), pass.model.K, pass.model.D};
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
        pass.model = {constraint.form(), constraint.tied(), layout.K, layout.D, now.log_constant.data(),
                      now.means.data(), now.whiteners.data()};
        if (target.noise && now.noise > 0.0) pass.model.log_noise = std::log(now.noise) + *target.noise;
        log_constants(pass.model, now.weights.data(), now.log_constant.data());
    }
    found.history = std::move(history);
    found.weights = std::move(now.weights);
    found.means = std::move(now.means);
    found.covariance = std::move(now.covariance);
    found.noise = now.noise;
    return found;
}

}  // namespace bactrian
