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
    // Tied and full, where all rows are whitened once about a common centre:
    Mean<Real>* centre;        // (D,)
    double* offsets;           // (K, D) mean - centre
    Real* whitened_means;      // panels of four components: L^-1 (mean - centre), feature by feature
    Real* once_constant;       // (K,) log_constant - |L^-1 (mean - centre)|^2 / 2
    bool whiten_once;

    Packed(Arena& arena, const Model& m) {
        const std::ptrdiff_t M = m.tied ? 1 : m.K;
        const std::ptrdiff_t padded = (m.D + kPanel - 1) / kPanel * kPanel;
        log_constant = arena.take<Real>(m.K);
        means = arena.take<Mean<Real>>(m.K * m.D);
        whiteners = arena.take<Real>(m.form == Form::full ? M * padded * padded : M * m.whitener_size());
        const bool once = m.tied && m.form == Form::full;
        centre = arena.take<Mean<Real>>(once ? m.D : 0);
        offsets = arena.take<double>(once ? m.K * m.D : 0);
        whitened_means = arena.take<Real>(once ? (m.K + kPanel - 1) / kPanel * kPanel * m.D : 0);
        once_constant = arena.take<Real>(once ? m.K : 0);
        whiten_once = false;
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

// Working about a common centre costs digits like the squared distance of the farthest mean from it.
template <typename Real>
constexpr double kFarthest = sizeof(Real) == 4 ? 4.0 : 30.0;

template <typename Real>
void pack_once(const Model& m, Packed<Real>& p) {
    double farthest = 0.0;
    for (std::ptrdiff_t d = 0; d < m.D; ++d) {
        double mean = 0.0;
        for (std::ptrdiff_t k = 0; k < m.K; ++k) mean += (m.means[k * m.D + d] - mean) / double(k + 1);
        p.centre[d] = split<Real>(mean);
    }
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        double* offset = p.offsets + k * m.D;
        double square = 0.0;
        for (std::ptrdiff_t d = 0; d < m.D; ++d)
            offset[d] = m.means[k * m.D + d] - (double(p.centre[d].high) + double(p.centre[d].low));
        Real* to = p.whitened_means + k / kPanel * kPanel * m.D + k % kPanel;
        for (std::ptrdiff_t j = 0; j < m.D; ++j) {
            double y = 0.0;
            for (std::ptrdiff_t l = 0; l <= j; ++l) y += m.whiteners[j * m.D + l] * offset[l];
            to[j * kPanel] = Real(y);
            square += y * y;
        }
        const double constant = m.log_constant[k] - square / 2;
        p.once_constant[k] = constant > double(kLeast<Real>) ? Real(constant) : kLeast<Real>;
        farthest = square > farthest ? square : farthest;
    }
    p.whiten_once = farthest <= kFarthest<Real> * kFarthest<Real>;
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
    if (m.tied) pack_once(m, p);
}

}  // namespace bactrian::BACTRIAN_VARIANT
