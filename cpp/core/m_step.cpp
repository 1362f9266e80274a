#include "m_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "eigen.hpp"
#include "factor.hpp"
#include "spread.hpp"
#include "variances.hpp"

namespace bactrian {
namespace {

constexpr double kTight = 1e-13;  // values.TIGHT
constexpr int kMost = 2000;
// From where the step before has ended each turn is a step of its own; of many features it takes long, and a step that
// only comes near its maximum is a step up too.
constexpr std::ptrdiff_t kMany = 32;
constexpr int kMostAgain = 50, kMostAgainOfMany = 5, kMostTurnsOfMany = 20;
constexpr int kMostHeld = 20, kMostHeldAgain = 2;  // with a collapsed component: it will not win, and converges slowly

double total(const Scatters& s) { return std::accumulate(s.counts, s.counts + s.K, 0.0); }

bool floored(const Floor& floor, std::ptrdiff_t D) {
    return std::all_of(floor.minimum, floor.minimum + D, [](double m) { return m > 0.0; });
}

// |Sigma_k|^(1/D) from the whiteners.
std::vector<double> volumes_of(const Model& m) {
    std::vector<double> volumes(m.K);
    const std::ptrdiff_t step = m.form == Form::full ? m.D + 1 : 1, n = m.form == Form::spherical ? 1 : m.D;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        double logs = 0.0;
        for (std::ptrdiff_t d = 0; d < n; ++d) logs += std::log(m.whitener(k)[d * step]);
        volumes[k] = std::exp(-2.0 * logs / double(n));
    }
    return volumes;
}

// Sigma_k (K, D, D) = L L^T, from the whiteners L^-1 alone: a climb that goes on must see what one that begins sees.
std::vector<double> covariances_of(const Model& m) {
    const std::ptrdiff_t D = m.D;
    std::vector<double> to(m.K * D * D, 0.0), L(D * D);
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const double* W = m.whitener(k);
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t i = 0; i < D; ++i) {
                double sum = i == j ? 1.0 : 0.0;
                for (std::ptrdiff_t l = j; l < i; ++l) sum -= W[i * D + l] * L[l * D + j];
                L[i * D + j] = i < j ? 0.0 : sum / W[i * D + i];
            }
        double* S = to.data() + k * D * D;
        for (std::ptrdiff_t i = 0; i < D; ++i)
            for (std::ptrdiff_t j = 0; j <= i; ++j) {
                for (std::ptrdiff_t l = 0; l <= j; ++l) S[i * D + j] += L[i * D + l] * L[j * D + l];
                S[j * D + i] = S[i * D + j];
            }
    }
    return to;
}

std::vector<double> pooled(const Scatters& s) {
    const std::ptrdiff_t size = s.D * s.D;
    std::vector<double> sum(size, 0.0);
    for (std::ptrdiff_t i = 0; i < s.K * size; ++i) sum[i % size] += s.within[i];
    return sum;
}

// Units of the features in which the floor is 1, or without one the rows are about 1; and the scatter in these units.
struct Units {
    std::vector<double> scale, minimum, within;
    Floor floor;
    Scatters scatters;

    Units(const Scatters& s, const Floor& f) : scale(s.D), minimum(s.D), within(s.K * s.D * s.D) {
        const bool known = floored(f, s.D);
        const std::vector<double> W = known ? std::vector<double>() : pooled(s);
        for (std::ptrdiff_t d = 0; d < s.D; ++d) {
            const double variance = known ? f.minimum[d] : W[d * (s.D + 1)] / total(s);
            scale[d] = std::sqrt(variance > 0.0 ? variance : 1.0);
            minimum[d] = f.minimum[d] / (scale[d] * scale[d]);
        }
        for (std::size_t i = 0; i < within.size(); ++i)
            within[i] = s.within[i] / scale[i / s.D % s.D] / scale[i % s.D];
        floor = {minimum.data(), f.constant, f.span};
        scatters = {s.K, s.D, within.data(), s.counts};
    }
    Units(const Units&) = delete;  // it points into itself
};

// lambda_k C: volumes and the common matrix in turn (common_shape.py).
Covariances common_shape(const Scatters& whole, const Floor& whole_floor, const Model* before) {
    const Units units(whole, whole_floor);
    const Scatters& s = units.scatters;
    const std::ptrdiff_t K = s.K, D = s.D;
    const double least = floored(whole_floor, D) ? 1.0 : 0.0, N = total(s);
    std::vector<double> volume(K), last(K), C(D * D), values(D), clipped(D), axes(D * D), inverse(D * D);
    std::vector<double> precision(D * D);
    double size = 0.0;
    for (const double x : units.scale) size += std::log(x);
    if (before) volume = volumes_of(*before);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        double trace = 0.0;
        for (std::ptrdiff_t d = 0; d < D; ++d) trace += s.within[k * D * D + d * (D + 1)];
        volume[k] = before ? volume[k] / std::exp(2.0 * size / double(D))
                           : std::fmax(trace / (double(D) * s.counts[k]), least);
    }
    bool moved = true;
    const int most = !before ? kMost : D > kMany ? kMostAgainOfMany : kMostAgain;
    const int most_held = before ? kMostHeldAgain : kMostHeld;
    for (int i = 0, low = 0; moved && i < most && low < most_held; ++i) {
        std::fill(C.begin(), C.end(), 0.0);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            for (std::ptrdiff_t d = 0; d < D * D; ++d) C[d] += s.within[k * D * D + d] / volume[k];
        for (double& c : C) c /= N;
        // tr C^-1 bounds the least eigenvalue: no need to know it while that is far from the floor
        double bound = 0.0, smallest = *std::min_element(volume.begin(), volume.end());
        const bool definite = factor(C.data(), 1, D, nullptr, inverse.data()) < 0;
        if (definite)
            for (const double w : inverse) bound += w * w;
        const bool clear = definite && bound * least < smallest;
        if (!clear) {
            eigen(C.data(), D, values.data(), axes.data());
            for (std::ptrdiff_t j = 0; j < D; ++j) clipped[j] = std::fmax(values[j], least / smallest);
            low += values[D - 1] < least / smallest;
            bound = 1.0 / *std::min_element(clipped.begin(), clipped.end());
            std::fill(C.begin(), C.end(), 0.0);
            for (std::ptrdiff_t j = 0; j < D; ++j)
                for (std::ptrdiff_t d = 0; d < D; ++d) {
                    inverse[j * D + d] = axes[j * D + d] / std::sqrt(clipped[j]);
                    for (std::ptrdiff_t l = 0; l < D; ++l)
                        C[d * D + l] += clipped[j] * axes[j * D + d] * axes[j * D + l];
                }
        }
        std::fill(precision.begin(), precision.end(), 0.0);
        for (std::ptrdiff_t r = 0; r < D; ++r)
            for (std::ptrdiff_t d = 0; d < D; ++d)
                for (std::ptrdiff_t l = 0; l < D; ++l) precision[d * D + l] += inverse[r * D + d] * inverse[r * D + l];
        moved = false;
        last = volume;
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            const double* W = s.within + k * D * D;
            volume[k] = std::inner_product(W, W + D * D, precision.begin(), 0.0) / (double(D) * s.counts[k]);
        }
        // the bound is not the least eigenvalue of a C clear of the floor, which is asked for where a volume has fallen far
        if (clear && !(*std::min_element(volume.begin(), volume.end()) >= least * bound)) {
            eigen(C.data(), D, values.data(), axes.data());
            bound = 1.0 / values[D - 1];
        }
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            volume[k] = std::fmax(volume[k], least * bound);
            moved |= !(std::fabs(volume[k] - last[k]) <= kTight * volume[k]);
        }
    }
    Spread found{1, own_axes(C.data(), 1, D), std::vector<double>(K * D), std::vector<double>(K * D, least), 0.0};
    eigen(C.data(), D, values.data(), found.axes.data());
    for (std::ptrdiff_t k = 0; k < K * D; ++k) found.variances[k] = last[k / D] * values[k % D];
    return covariances(found, s, units.floor, units.scale.data());
}

// lambda C_k: in units in which the floor is the same in all directions, the eigenvectors of W_k are the axes.
Covariances own_shape(const Constraint& constraint, const Scatters& whole, const Floor& floor) {
    const Units units(whole, floor);
    const Scatters& s = units.scatters;
    return covariances(spread(constraint, s, units.floor, s.K, own_axes(s.within, s.K, s.D), nullptr), s, units.floor,
                       units.scale.data());
}

// Each component's own axes and one shape: where the floor binds, the better of the new axes and those before.
Covariances shared_shape(const Constraint& constraint, const Scatters& s, const Floor& floor, const Model* before) {
    const std::vector<double> volumes = before ? volumes_of(*before) : std::vector<double>();
    const double* first = before ? volumes.data() : nullptr;
    const Spread best = spread(constraint, s, floor, s.K, own_axes(s.within, s.K, s.D), first);
    Covariances found = covariances(best, s, floor, nullptr);
    const bool any = std::any_of(found.held.begin(), found.held.end(), [](char c) { return c; });
    if (!any || !before || before->form != Form::full || before->tied) return found;
    const Spread other = spread(constraint, s, floor, s.K, own_axes(covariances_of(*before).data(), s.K, s.D), first);
    return other.objective > best.objective ? covariances(other, s, floor, nullptr) : found;
}

Covariances common_orientation(const Constraint& constraint, const Scatters& s, const Floor& floor,
                               const Model* before) {
    if (before && before->form == Form::full) {
        std::vector<double> axes = common_axes(covariances_of(*before).data(), s.K, s.D);
        const int most = s.D > kMany ? kMostAgainOfMany : kMostTurns;
        return covariances(turned(constraint, s, floor, std::move(axes), most), s, floor, nullptr);
    }
    std::vector<double> identity(s.D * s.D, 0.0);
    for (std::ptrdiff_t d = 0; d < s.D; ++d) identity[d * (s.D + 1)] = 1.0;
    const int most = s.D > kMany ? kMostTurnsOfMany : kMostTurns;
    const Spread one = turned(constraint, s, floor, std::move(identity), most);
    const Spread two = turned(constraint, s, floor, own_axes(pooled(s).data(), 1, s.D), most);
    return covariances(two.objective > one.objective ? two : one, s, floor, nullptr);
}

// Weighted averages, of full matrices without a look at the floor.
Covariances averages(const Constraint& constraint, const Scatters& s, const Floor& floor) {
    const std::ptrdiff_t K = s.K, D = s.D;
    const Form form = constraint.form();
    const bool tied = constraint.tied();
    const std::ptrdiff_t size = form == Form::full ? D * D : form == Form::diagonal ? D : 1, M = tied ? 1 : K;
    const std::ptrdiff_t summed = constraint.scatter() == Scatter::pooled ? 1 : K;
    const double N = total(s), per = form == Form::spherical ? double(D) : 1.0;
    Covariances to{std::vector<double>(M * size, 0.0), std::vector<char>(K, 0)};
    for (std::ptrdiff_t i = 0; i < summed * size; ++i)
        to.numbers[tied ? i % size : i] += s.within[i] / ((tied ? N : s.counts[i / size]) * per);
    if (form == Form::full) return to;
    const double mean = std::accumulate(floor.minimum, floor.minimum + D, 0.0) / double(D);
    for (std::ptrdiff_t i = 0; i < M * size; ++i) {
        const double least = size == 1 && form == Form::spherical ? mean : floor.minimum[i % size];
        if (to.numbers[i] >= least) continue;
        to.numbers[i] = least;
        if (form == Form::diagonal && floor.constant && floor.constant[i % size]) continue;
        if (tied) std::fill(to.held.begin(), to.held.end(), 1);
        else to.held[i / size] = 1;
    }
    return to;
}

// Along the features, volume or shape equal.
Covariances along_features(const Constraint& constraint, const Scatters& s, const Floor& floor, const Model* before) {
    const std::ptrdiff_t K = s.K, D = s.D;
    std::vector<double> energies(K * D), least(K * D);
    for (std::ptrdiff_t i = 0; i < K * D; ++i) {
        energies[i] = std::fmax(s.within[i], 0.0);
        least[i] = floor.minimum[i % D];
    }
    const std::vector<double> volumes = before ? volumes_of(*before) : std::vector<double>();
    Covariances to{std::vector<double>(K * D), std::vector<char>(K, 0)};
    const Energies e{K, D, energies.data(), s.counts, least.data(), floor.span};
    variances(constraint.volume == Letter::equal, constraint.shape == Letter::equal, e,
              before ? volumes.data() : nullptr, to.numbers.data());
    for (std::ptrdiff_t i = 0; i < K * D; ++i)
        if (holds(to.numbers[i], least[i], floor.span) && !(floor.constant && floor.constant[i % D]))
            to.held[i / D] = 1;
    return to;
}

Covariances constrained(const Constraint& c, const Scatters& s, Floor floor, const Model* before) {
    // only a volume that is not one's own stretches a component
    const bool stretched = c.volume == Letter::equal && c.shape == Letter::variable;
    if (!stretched) floor.span = std::numeric_limits<double>::infinity();
    const bool alike = c.shape == c.volume;  // both equal, or both variable
    if (c.form() == Form::spherical || c.tied()) return averages(c, s, floor);
    if (c.form() == Form::diagonal) return alike ? averages(c, s, floor) : along_features(c, s, floor, before);
    if (c.orientation == Letter::equal)
        return c.shape == Letter::equal ? common_shape(s, floor, before) : common_orientation(c, s, floor, before);
    if (c.shape == Letter::equal) return shared_shape(c, s, floor, before);
    return c.volume == Letter::equal ? own_shape(c, s, floor) : averages(c, s, floor);
}

// Whether the scaled matrix, without the features that do not vary, is below 1 in some direction.
bool is_low(const std::vector<double>& scaled, std::ptrdiff_t D, const bool* constant) {
    std::vector<std::ptrdiff_t> some;
    for (std::ptrdiff_t d = 0; d < D; ++d)
        if (!constant || !constant[d]) some.push_back(d);
    const std::ptrdiff_t n = std::ptrdiff_t(some.size());
    if (n == 0) return false;
    std::vector<double> part(n * n), values(n), vectors(n * n);
    for (std::ptrdiff_t i = 0; i < n * n; ++i) part[i] = scaled[some[i / n] * D + some[i % n]];
    eigen(part.data(), n, values.data(), vectors.data());
    return values[n - 1] < 1.0;
}

}  // namespace

bool m_step(const Constraint& constraint, const Scatters& s, const Floor& floor, const Model* before, Covariances& to) {
    to = constrained(constraint, s, floor, before);
    return std::all_of(to.numbers.begin(), to.numbers.end(), [](double x) { return std::isfinite(x); });
}

bool lift(std::ptrdiff_t M, std::ptrdiff_t D, const Floor& floor, Covariances& matrices) {
    if (!floored(floor, D)) return false;
    std::vector<double> scaled(D * D), values(D), axes(D * D);
    const std::ptrdiff_t K = std::ptrdiff_t(matrices.held.size());
    for (std::ptrdiff_t m = 0; m < M; ++m) {
        double* S = matrices.numbers.data() + m * D * D;
        for (std::ptrdiff_t i = 0; i < D * D; ++i)
            scaled[i] = S[i] / std::sqrt(floor.minimum[i / D]) / std::sqrt(floor.minimum[i % D]);
        eigen(scaled.data(), D, values.data(), axes.data());
        if (!(values[D - 1] < 1.0)) continue;
        const bool low = is_low(scaled, D, floor.constant);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            if (low && (M == 1 || k == m)) matrices.held[k] = 1;
        for (std::ptrdiff_t i = 0; i < D; ++i)
            for (std::ptrdiff_t j = 0; j <= i; ++j) {
                double sum = 0.0;
                for (std::ptrdiff_t r = 0; r < D; ++r)
                    sum += std::fmax(values[r], 1.0) * axes[r * D + i] * axes[r * D + j];
                S[i * D + j] = S[j * D + i] = sum * std::sqrt(floor.minimum[i]) * std::sqrt(floor.minimum[j]);
            }
    }
    return true;
}

}  // namespace bactrian
