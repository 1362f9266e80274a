// A model in the working precision, laid out as the inner loops read it.
#pragma once

#include "problem.hpp"
#include "simd.hpp"
#include "tile.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Rows of a whitener are worked on four at a time.
constexpr std::ptrdiff_t kPanel = 4;

// body(j, J) for panels of J = 4 rows from row j, and one of fewer for the rest; J is known at compile time.
template <typename Body>
BACTRIAN_INLINE void for_panels(std::ptrdiff_t D, Body body) {
    std::ptrdiff_t j = 0;
    for (; j + kPanel <= D; j += kPanel) body(j, std::integral_constant<int, 4>{});
    if (D - j == 3) body(j, std::integral_constant<int, 3>{});
    if (D - j == 2) body(j, std::integral_constant<int, 2>{});
    if (D - j == 1) body(j, std::integral_constant<int, 1>{});
}

// Components that share one load of a block of rows, and rows of a product that share one of a vector: what fits into
// the registers.
constexpr int kWide = BACTRIAN_VECTOR_BYTES == 64 ? 8 : 4;
constexpr int kTall = BACTRIAN_VECTOR_BYTES == 64 ? 6 : 2;

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
    // Where the log-density is taken as linear in features of the rows about a common centre (linear.hpp):
    bool linear;
    std::ptrdiff_t n_features; // of the log-density
    std::ptrdiff_t n_moments;  // of the moments: the features, or x of a tied model, and 1
    Mean<Real>* centre;        // (D,)
    double* offsets;           // (K, D) mean - centre
    Real* theta;               // panels of kWide components, feature by feature
    Real* base;                // (K,) the log-density at the centre

    Packed(Arena& arena, const Model& m) {
        const std::ptrdiff_t M = m.tied ? 1 : m.K;
        const std::ptrdiff_t padded = (m.D + kPanel - 1) / kPanel * kPanel;
        log_constant = arena.take<Real>(m.K);
        means = arena.take<Mean<Real>>(m.K * m.D);
        whiteners = arena.take<Real>(m.form == Form::full ? M * padded * padded : M * m.whitener_size());
        linear = false;
        n_features = linear_features(m);
        n_moments = m.tied && m.form == Form::full ? m.D + 1 : n_features + 1;
        const std::ptrdiff_t size = n_features ? m.K : 0;
        centre = arena.take<Mean<Real>>(n_features ? m.D : 0);
        offsets = arena.take<double>(size * m.D);
        theta = arena.take<Real>((size + kWide - 1) / kWide * kWide * n_features);
        base = arena.take<Real>(size);
    }
};

// Row j, column l of a packed whitener stands at panel(j)[l * kPanel + j % kPanel].
template <typename Real>
BACTRIAN_INLINE Real* panel(Real* whitener, std::ptrdiff_t j, std::ptrdiff_t D) {
    const std::ptrdiff_t padded = (D + kPanel - 1) / kPanel * kPanel;
    return whitener + j / kPanel * kPanel * padded;
}

// The least joint log-density: a weight of 0, or a row farther away than the format can say, without infinities.
template <typename Real>
constexpr Real kLeast = sizeof(Real) == 4 ? Real(-1e30) : Real(-1e300);

// Terms about a common centre are this many times the rounding that a log-density about the component's own mean has.
template <typename Real>
constexpr double kMostMagnified = 1000.0;

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

template <typename Real>
double pack_whitened(const Model& m, const double* e, Real* theta, double& square) {
    square = 0.0;
    for (std::ptrdiff_t j = 0; j < m.D; ++j) {
        double y = 0.0;
        for (std::ptrdiff_t l = 0; l <= j; ++l) y += m.whiteners[j * m.D + l] * e[l];
        theta[j * kWide] = Real(y);
        square += y * y;
    }
    return square;
}

template <typename Real>
void pack_linear(const Model& m, Packed<Real>& p) {
    for (std::ptrdiff_t d = 0; d < m.D; ++d) {
        double mean = 0.0;
        for (std::ptrdiff_t k = 0; k < m.K; ++k) mean += (m.means[k * m.D + d] - mean) / double(k + 1);
        p.centre[d] = split<Real>(mean);
    }
    double work[(2 * kMostQuadratic + 1) * kMostQuadratic];
    p.linear = true;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        double *e = p.offsets + k * m.D, square = 0.0;
        for (std::ptrdiff_t d = 0; d < m.D; ++d)
            e[d] = m.means[k * m.D + d] - (double(p.centre[d].high) + double(p.centre[d].low));
        Real* theta = p.theta + k / kWide * kWide * p.n_features + k % kWide;
        const double magnified = m.form != Form::full ? pack_axes(m, k, e, theta, square)
                                 : m.tied             ? pack_whitened(m, e, theta, square)
                                                      : pack_quadratic(m, k, e, work, theta, square);
        const double base = m.log_constant[k] - square / 2;
        p.base[k] = base > double(kLeast<Real>) ? Real(base) : kLeast<Real>;
        if (!(magnified <= kMostMagnified<Real>)) p.linear = false;
    }
}

template <typename Real>
void pack(const Model& m, void* block) {
    Arena arena(block);
    Arena inner(static_cast<char*>(block) + kAlignment * ((sizeof(Packed<Real>) + kAlignment - 1) / kAlignment));
    Packed<Real>& p = *arena.take<Packed<Real>>(1);
    p = Packed<Real>(inner, m);
    for (std::ptrdiff_t k = 0; k < m.K; ++k)
        p.log_constant[k] = m.log_constant[k] > double(kLeast<Real>) ? Real(m.log_constant[k]) : kLeast<Real>;
    for (std::ptrdiff_t i = 0; i < m.K * m.D; ++i) p.means[i] = split<Real>(m.means[i]);
    const std::ptrdiff_t M = m.tied ? 1 : m.K;
    if (p.n_features) pack_linear(m, p);
    if (m.form != Form::full) {
        for (std::ptrdiff_t i = 0; i < M * m.whitener_size(); ++i) p.whiteners[i] = Real(m.whiteners[i]);
        return;
    }
    const std::ptrdiff_t padded = (m.D + kPanel - 1) / kPanel * kPanel;
    for (std::ptrdiff_t k = 0; k < M; ++k)
        for (std::ptrdiff_t j = 0; j < m.D; ++j) {
            Real* to = panel(p.whiteners + k * padded * padded, j, m.D) + j % kPanel;
            for (std::ptrdiff_t l = 0; l <= j; ++l) to[l * kPanel] = Real(m.whiteners[(k * m.D + j) * m.D + l]);
        }
}

}  // namespace bactrian::BACTRIAN_VARIANT
