// Common axes, by rotations in the planes of two of them: bactrian/families/common_axes.py is the slow twin.
#include <cmath>

#include "eigen.hpp"
#include "newton.hpp"
#include "spread.hpp"

namespace bactrian {
namespace {

constexpr double kFlat = 1e-10, kNeutral = 1e-15;  // as in common_axes.py
// With a collapsed component, which will not win, and converges slowly.
constexpr double kHeldGain = 1e-9;
constexpr int kMostHeld = 5;
constexpr int kMostToFind = 20;  // axes that are there: a few are enough, but where matrices are next to singular

// angles of Newton's steps: not taken from, taken without a gain up to, the last up to (its error is the square)
constexpr double kLong = 0.3, kShort = 1e-6, kSmall = 3e-6;

struct Angle {
    double cosine, sine;
};

// The angle t with the least x cos 2t + y sin 2t, not beyond a right angle.
Angle best_angle(double x, double y) {
    const double length = std::hypot(x, y), cos2 = -x / length, sin2 = -y / length;
    if (cos2 >= 0.0) {
        const double c = std::sqrt((1.0 + cos2) / 2.0);
        return {c, sin2 / (2.0 * c)};
    }
    const double s = std::copysign(std::sqrt((1.0 - cos2) / 2.0), sin2);
    return {sin2 / (2.0 * s), s};
}

// W_k (K, D, D) about the axes, which turn with it.
struct Turning {
    std::ptrdiff_t K, D;
    std::vector<double> within, axes;

    // Each plane to its least sum_k tr(W_k Sigma_k^-1); the steepest slope that was met, by the size of its cost.
    double sweep(const std::vector<double>& variances) {
        double steepest = 0.0;
        for (std::ptrdiff_t i = 0; i < D; ++i)
            for (std::ptrdiff_t j = i + 1; j < D; ++j) steepest = std::fmax(steepest, plane(i, j, variances));
        return steepest;
    }

    double plane(std::ptrdiff_t i, std::ptrdiff_t j, const std::vector<double>& variances) {
        double x = 0.0, y = 0.0, size = 0.0;
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            const double* W = within.data() + k * D * D;
            const double p = 1.0 / variances[k * D + i], q = 1.0 / variances[k * D + j];
            x += 0.5 * (W[i * D + i] - W[j * D + j]) * (p - q);
            y += W[i * D + j] * (p - q);
            size += (W[i * D + i] + W[j * D + j]) * (p + q);
        }
        if (!(std::hypot(x, y) > kNeutral * size)) return 0.0;
        turn(i, j, best_angle(x, y));
        return std::fabs(y) / size;
    }

    // New axis i is c i + s j, new axis j is c j - s i.
    void turn(std::ptrdiff_t i, std::ptrdiff_t j, Angle angle) {
        rotate_rows(axes.data(), D, i, j, angle.cosine, -angle.sine);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            rotate_both(within.data() + k * D * D, D, i, j, angle.cosine, -angle.sine);
    }

    void turn_all(const std::vector<double>& angles) {
        const double* angle = angles.data();
        for (std::ptrdiff_t i = 0; i < D; ++i)
            for (std::ptrdiff_t j = i + 1; j < D; ++j, ++angle) turn(i, j, {std::cos(*angle), std::sin(*angle)});
    }

    std::vector<double> energies() const {
        std::vector<double> to(K * D);
        for (std::ptrdiff_t i = 0; i < K * D; ++i)
            to[i] = std::fmax(within[i / D * D * D + i % D * (D + 1)], 0.0);
        return to;
    }
};

// A W A^T for axes A, an axis a row.
void about(const double* W, const double* axes, std::ptrdiff_t D, double* to) {
    std::vector<double> half(D * D, 0.0);
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t l = 0; l < D; ++l)
            for (std::ptrdiff_t d = 0; d < D; ++d) half[i * D + d] += axes[i * D + l] * W[l * D + d];
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (std::ptrdiff_t d = 0; d < D; ++d) sum += half[i * D + d] * axes[j * D + d];
            to[i * D + j] = to[j * D + i] = sum;
        }
}

bool at_bounds(const Spread& spread, double span) {
    for (std::size_t i = 0; i < spread.variances.size(); ++i)
        if (holds(spread.variances[i], spread.least[i], span)) return true;
    return false;
}

// The largest angle of a Newton's step that was taken, or 0: where it is long it must gain, where it is short rounding
// may hide that.
double newton(const Constraint& constraint, const Scatters& s, const Floor& floor, Turning& now, Spread& best) {
    if (now.D > kMostNewton) return 0.0;
    const bool equal_volume = constraint.volume == Letter::equal;
    const std::vector<double> angles =
        newton_angles(now.K, now.D, now.within.data(), best.variances.data(), equal_volume);
    double largest = angles.empty() ? 1.0 : 1e-300;
    for (const double angle : angles) largest = std::fmax(largest, std::fabs(angle));
    if (!(largest < kLong)) return 0.0;
    Turning next = now;
    next.turn_all(angles);
    Spread found = along_axes(constraint, s, floor, 1, next.axes, next.energies(), nullptr);
    if (!(found.objective >= best.objective) && largest > kShort) return 0.0;
    now = std::move(next);
    best = std::move(found);
    return largest;
}

}  // namespace

Spread turned(const Constraint& constraint, const Scatters& s, const Floor& floor, std::vector<double> axes, int most) {
    const std::ptrdiff_t K = s.K, D = s.D;
    Turning now{K, D, std::vector<double>(K * D * D), std::move(axes)};
    double total = 0.0;
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        about(s.within + k * D * D, now.axes.data(), D, now.within.data() + k * D * D);
        total += s.counts[k];
    }
    Spread best = along_axes(constraint, s, floor, 1, now.axes, now.energies(), nullptr);
    for (const double v : best.variances)
        if (!(v > 0.0)) return best;
    const double coarse = kHeldGain * total * double(D);
    int sweeps = 0;  // before Newton's step is tried again: more each time that it leads nowhere
    for (int i = 0, held = 0, rest = 0; i < most && held < kMostHeld; ++i) {
        if (rest > 0) {
            --rest;
        } else if (const double angle = newton(constraint, s, floor, now, best); angle > 0.0) {
            if (angle < kSmall) break;
            continue;
        } else {
            rest = sweeps++;
        }
        const double slope = now.sweep(best.variances);
        Spread next = along_axes(constraint, s, floor, 1, now.axes, now.energies(), nullptr);
        if (at_bounds(next, floor.span)) {
            ++held;
            const bool ended = !(next.objective > best.objective + coarse);
            if (next.objective > best.objective) best = std::move(next);
            if (ended) break;
        } else {
            best = std::move(next);  // what it may be lower by is rounding
            if (slope <= kFlat) break;
        }
    }
    return best;
}

std::vector<double> common_axes(const double* matrices, std::ptrdiff_t K, std::ptrdiff_t D) {
    // weights that no symmetry of the matrices can have: a plain sum could be a multiple of the identity
    std::vector<double> weights(K), scaled(K * D * D), sum(D * D, 0.0), nothing(D, 0.0);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double* matrix = matrices + k * D * D;
        double trace = 0.0;
        for (std::ptrdiff_t d = 0; d < D; ++d) trace += matrix[d * (D + 1)];
        weights[k] = 1.0 + std::fmod(0.6180339887498949 * double(k), 1.0);
        for (std::ptrdiff_t i = 0; i < D * D; ++i) {
            scaled[k * D * D + i] = matrix[i] * weights[k] / trace;
            sum[i] += scaled[k * D * D + i];
        }
    }
    const Constraint free{Letter::variable, Letter::variable, Letter::equal};
    const Scatters s{K, D, scaled.data(), weights.data()};
    return turned(free, s, {nothing.data(), nullptr, 1.0}, own_axes(sum.data(), 1, D), kMostToFind).axes;
}

}  // namespace bactrian
