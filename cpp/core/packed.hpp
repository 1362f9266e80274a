// A model in the working precision, laid out as the inner loops read it.
#pragma once

#include "problem.hpp"
#include "simd.hpp"
#include "tile.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Sums are taken four at a time.
constexpr std::ptrdiff_t kPanel = 4;

// Components, or rows of a whitener, that share one load of a block of rows; rows of a product that share one of a
// vector: what fits into the registers.
constexpr int kWide = BACTRIAN_VECTOR_BYTES == 64 ? 8 : 4;
constexpr int kTall = BACTRIAN_VECTOR_BYTES == 64 ? 6 : 2;

// Features beyond which the loops over rows and panels are nested the other way round, for the caches' sake.
constexpr std::ptrdiff_t kManyFeatures = 192;

// body(j, J) for panels of J = width rows from row j, and smaller ones for the rest; J is known at compile time.
template <int width, typename Body>
BACTRIAN_INLINE void for_panels(std::ptrdiff_t D, Body body) {
    std::ptrdiff_t j = 0;
    for (; j + width <= D; j += width) body(j, std::integral_constant<int, width>{});
    if constexpr (width > 4)
        if (j + 4 <= D) {
            body(j, std::integral_constant<int, 4>{});
            j += 4;
        }
    if (D - j == 3) body(j, std::integral_constant<int, 3>{});
    if (D - j == 2) body(j, std::integral_constant<int, 2>{});
    if (D - j == 1) body(j, std::integral_constant<int, 1>{});
}

// Features that joint log-densities are linear in; 0 where there would be too many.
constexpr std::ptrdiff_t kMostQuadratic = 12;
inline std::ptrdiff_t linear_features(const Model& m) {
    if (m.form == Form::spherical) return m.D + 1;
    if (m.form == Form::diagonal) return 2 * m.D;
    if (m.tied) return m.D;
    return m.D <= kMostQuadratic ? m.D + m.D * (m.D + 1) / 2 : 0;
}

// A mean in two parts: in float, x - high is exact near the mean and low holds the rest.
template <typename Real>
struct Mean {
    Real high, low;
};
template <typename Real>
BACTRIAN_INLINE Vector<Real> minus(Vector<Real> x, Mean<Real> m) {
    if constexpr (sizeof(Real) == 4) return (x - m.high) - m.low;
    return x - m.high;
}
template <typename Real>
BACTRIAN_INLINE Mean<Real> split(double mean) {
    const Real high = Real(mean);
    return {high, Real(mean - double(high))};
}

template <typename Real>
struct Packed {
    Real* log_constant;        // (K,)
    Mean<Real>* means;         // (K, D)
    Real* whiteners;           // full: panels of four rows, column by column; else as in the Model
    bool near;                 // all components can be worked on about one common centre
    bool linear;               // x' P x and the scatter are left to complete()
    // Then the log-density is linear in features of the rows (linear.hpp), or these are too many (0) and it is whitened:
    std::ptrdiff_t n_features; // of the log-density
    std::ptrdiff_t n_moments;  // of the moments: the features, or x of a tied model, and 1
    Mean<Real>* centre;        // (D,)
    double* offsets;           // (K, D) mean - centre
    Real* theta;               // panels of kWide components, feature by feature
    Real* base;                // (K,) the log-density at the centre
    Real* shifts;              // (K, D) L^-1 (mean - centre), where there are no features

    Packed(Arena& arena, const Model& m) {
        const std::ptrdiff_t M = m.tied ? 1 : m.K;
        const std::ptrdiff_t padded = (m.D + kWide - 1) / kWide * kWide;
        log_constant = arena.take<Real>(m.K);
        means = arena.take<Mean<Real>>(m.K * m.D);
        whiteners = arena.take<Real>(m.form == Form::full ? M * padded * padded : M * m.whitener_size());
        near = linear = false;
        n_features = linear_features(m);
        n_moments = n_features == 0 || (m.tied && m.form == Form::full) ? m.D + 1 : n_features + 1;
        const std::ptrdiff_t size = n_features ? m.K : 0;
        centre = arena.take<Mean<Real>>(m.D);
        offsets = arena.take<double>(m.K * m.D);
        theta = arena.take<Real>((size + kWide - 1) / kWide * kWide * n_features);
        base = arena.take<Real>(size);
        shifts = arena.take<Real>(n_features ? 0 : m.K * m.D);
    }
};

// Row j, column l of a packed whitener stands at panel(j)[l * kWide]; a whitener takes padded_rows(D)^2 numbers.
inline std::ptrdiff_t padded_rows(std::ptrdiff_t D) { return (D + kWide - 1) / kWide * kWide; }
template <typename Real>
BACTRIAN_INLINE Real* panel(Real* whitener, std::ptrdiff_t j, std::ptrdiff_t D) {
    return whitener + j / kWide * kWide * padded_rows(D) + j % kWide;
}

// The least joint log-density: a weight of 0, or a row farther away than the format can say, without infinities.
template <typename Real>
constexpr Real kLeast = sizeof(Real) == 4 ? Real(-1e30) : Real(-1e300);

// theta and base of one component with precision P = W^T W and offset e from the centre, and how much the terms that
// make up its log-density exceed it, two standard deviations from the mean.
template <typename Real>
double pack_quadratic(const Model& m, std::ptrdiff_t k, const double* e, double* P, Real* theta, double& square) {
    const std::ptrdiff_t D = m.D;
    const double* W = m.whitener(k);
    double *inverse = P + D * D, *reach = inverse + D * D;
    for (std::ptrdiff_t j = 0; j < D; ++j)
        for (std::ptrdiff_t l = 0; l <= j; ++l) {
            double sum = 0.0;
            for (std::ptrdiff_t i = j; i < D; ++i) sum += W[i * D + j] * W[i * D + l];
            P[j * D + l] = P[l * D + j] = sum;
        }
    for (std::ptrdiff_t j = 0; j < D; ++j) {  // L = W^-1, whose rows have the standard deviations as lengths
        double variance = 0.0;
        for (std::ptrdiff_t l = 0; l <= j; ++l) {
            double sum = l == j ? 1.0 : 0.0;
            for (std::ptrdiff_t i = l; i < j; ++i) sum -= W[j * D + i] * inverse[i * D + l];
            inverse[j * D + l] = sum / W[j * D + j];
            variance += inverse[j * D + l] * inverse[j * D + l];
        }
        reach[j] = (e[j] < 0 ? -e[j] : e[j]) + 2 * __builtin_sqrt(variance);
    }
    double magnified = 0.0;
    square = 0.0;
    for (std::ptrdiff_t j = 0; j < D; ++j) {
        double linear = 0.0;
        for (std::ptrdiff_t l = 0; l < D; ++l) {
            linear += P[j * D + l] * e[l];
            magnified += __builtin_fabs(P[j * D + l]) * reach[j] * reach[l];
        }
        theta[j * kWide] = Real(linear);
        square += linear * e[j];
        for (std::ptrdiff_t l = 0; l <= j; ++l)
            theta[(D + j * (j + 1) / 2 + l) * kWide] = Real(l == j ? -P[j * D + j] / 2 : -P[j * D + l]);
    }
    return magnified;
}

// The same where features do not mix; a spherical model has one feature |x|^2 for all squares.
template <typename Real>
double pack_axes(const Model& m, std::ptrdiff_t k, const double* e, Real* theta, double& square) {
    const std::ptrdiff_t each = m.form == Form::diagonal;
    double magnified = 0.0;
    square = 0.0;
    for (std::ptrdiff_t d = 0; d < m.D; ++d) {
        const double W = m.whitener(k)[d * each], y = W * e[d], reach = __builtin_fabs(y) + 2;
        theta[d * kWide] = Real(W * y);
        theta[(m.D + d * each) * kWide] = Real(-W * W / 2);
        square += y * y;
        magnified += reach * reach;
    }
    return magnified;
}

// y = L^-1 e, every `stride` numbers.
template <typename Real>
double pack_whitened(const double* W, std::ptrdiff_t D, const double* e, Real* to, std::ptrdiff_t stride, double& square) {
    double magnified = 0.0;
    square = 0.0;
    for (std::ptrdiff_t j = 0; j < D; ++j) {
        double y = 0.0, terms = 2.0;
        for (std::ptrdiff_t l = 0; l <= j; ++l) {
            y += W[j * D + l] * e[l];
            terms += __builtin_fabs(W[j * D + l] * e[l]);
        }
        to[j * stride] = Real(y);
        square += y * y;
        magnified += terms * terms;
    }
    return magnified;
}

template <typename Real>
void offset(const Model& m, std::ptrdiff_t k, Packed<Real>& p) {
    for (std::ptrdiff_t d = 0; d < m.D; ++d)
        p.offsets[k * m.D + d] = m.means[k * m.D + d] - (double(p.centre[d].high) + double(p.centre[d].low));
}

// What all rows have in common stays away: share() has seen that it may.
template <typename Real>
void pack_linear(const Model& m, const double* centre, const double* theta, const double* base, Packed<Real>& p) {
    p.near = p.linear = true;
    for (std::ptrdiff_t d = 0; d < m.D; ++d) p.centre[d] = split<Real>(centre[d]);
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        offset(m, k, p);
        p.base[k] = base[k] > double(kLeast<Real>) ? Real(base[k]) : kLeast<Real>;
        Real* to = p.theta + k / kWide * kWide * m.D + k % kWide;
        for (std::ptrdiff_t d = 0; d < m.D; ++d) to[d * kWide] = Real(theta[k * m.D + d]);
    }
}

template <typename Real>
void pack_near(const Model& m, Packed<Real>& p) {
    for (std::ptrdiff_t d = 0; d < m.D; ++d) {
        double mean = 0.0;
        for (std::ptrdiff_t k = 0; k < m.K; ++k) mean += (m.means[k * m.D + d] - mean) / double(k + 1);
        p.centre[d] = split<Real>(mean);
    }
    double work[(2 * kMostQuadratic + 1) * kMostQuadratic];
    p.near = true;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        offset(m, k, p);
        double *e = p.offsets + k * m.D, square = 0.0;
        double magnified;
        if (p.n_features) {
            Real* theta = p.theta + k / kWide * kWide * p.n_features + k % kWide;
            magnified = m.form != Form::full ? pack_axes(m, k, e, theta, square)
                        : m.tied ? pack_whitened(m.whiteners, m.D, e, theta, kWide, square)
                                 : pack_quadratic(m, k, e, work, theta, square);
            const double base = m.log_constant[k] - square / 2;
            p.base[k] = base > double(kLeast<Real>) ? Real(base) : kLeast<Real>;
        } else {
            magnified = pack_whitened(m.whitener(k), m.D, e, p.shifts + k * m.D, 1, square);
        }
        if (!(magnified <= most_magnified(m.D))) p.near = false;
    }
}

template <typename Real>
void pack(const Model& m, const Common* common, void* block) {
    Arena arena(block);
    Arena inner(static_cast<char*>(block) + kAlignment * ((sizeof(Packed<Real>) + kAlignment - 1) / kAlignment));
    Packed<Real>& p = *arena.take<Packed<Real>>(1);
    p = Packed<Real>(inner, m);
    for (std::ptrdiff_t k = 0; k < m.K; ++k)
        p.log_constant[k] = m.log_constant[k] > double(kLeast<Real>) ? Real(m.log_constant[k]) : kLeast<Real>;
    for (std::ptrdiff_t i = 0; i < m.K * m.D; ++i) p.means[i] = split<Real>(m.means[i]);
    const std::ptrdiff_t M = m.tied ? 1 : m.K;
    if (common) pack_linear(m, common->centre, common->theta, common->base, p);
    else pack_near(m, p);
    if (m.form != Form::full) {
        for (std::ptrdiff_t i = 0; i < M * m.whitener_size(); ++i) p.whiteners[i] = Real(m.whiteners[i]);
        return;
    }
    const std::ptrdiff_t padded = padded_rows(m.D);
    for (std::ptrdiff_t k = 0; k < M; ++k)
        for (std::ptrdiff_t j = 0; j < m.D; ++j) {
            Real* to = panel(p.whiteners + k * padded * padded, j, m.D);
            for (std::ptrdiff_t l = 0; l <= j; ++l) to[l * kWide] = Real(m.whiteners[(k * m.D + j) * m.D + l]);
        }
}

}  // namespace bactrian::BACTRIAN_VARIANT
