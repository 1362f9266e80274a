// Passes that are linear in features of a row: log-densities and moments as two matrix products.
//
// About a common centre every joint log-density is a sum over features of the row, the same for all components:
//   spherical  x, |x|^2         diagonal  x, x^2         full, few features  x, x x^T
//   one full covariance for all: y = L^-1 x, for x' P x is common to the components
// and the moments are sums of z times the same features. That saves the work that each component does on its own
// (x - mean, its products), but differences of large terms lose digits: pack_near() estimates how many, and where
// that is too much joint() and add_moments() work about each component's mean.
#pragma once

#include "moments.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Features of a tile; false if a square would leave the range of the format.
template <typename Real>
BACTRIAN_STAGE bool make_features(const Model& m, Packed<Real> p, std::ptrdiff_t rows, Workspace<Real> w) {
    constexpr Real limit = sizeof(Real) == 4 ? Real(1e15) : Real(1e150);
    const std::ptrdiff_t D = m.D, T = w.T;
    Vector<Real> farthest = {};
    for (std::ptrdiff_t d = 0; d < D; ++d)
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> c = minus(load(w.x + d * T + i), p.centre[d]);
            farthest = maximum<Real>(farthest, maximum<Real>(c, -c));
            store(w.features + d * T + i, c);
        }
    const auto one = [&](Real* to) {
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) store(to + i, broadcast(Real(1)));
        return true;
    };
    if (!p.n_features) return one(w.features + D * T);  // nothing is squared before it is whitened or weighted
    for (std::ptrdiff_t r = 0; r < kLanes<Real>; ++r)
        if (!p.linear && !(farthest[r] < limit)) return false;
    Real* to = w.features + D * T;
    const auto product = [&](std::ptrdiff_t j, std::ptrdiff_t l) {
        const Real *a = w.features + j * T, *b = w.features + l * T;
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) store(to + i, load(a + i) * load(b + i));
        to += T;
    };
    if (m.form == Form::spherical) {
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            Vector<Real> square = {};
            for (std::ptrdiff_t d = 0; d < D; ++d) square += load(w.features + d * T + i) * load(w.features + d * T + i);
            store(to + i, square);
        }
        to += T;
    } else if (m.form == Form::diagonal) {
        for (std::ptrdiff_t d = 0; d < D; ++d) product(d, d);
    } else if (!m.tied) {
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) product(j, l);
    }
    return one(to);
}

// y = L^-1 x of a block of rows, into w.whitened; returns the sum of squares.
template <typename Real>
BACTRIAN_INLINE void whiten_block(const Model& m, Packed<Real> p, std::ptrdiff_t i, Workspace<Real> w,
                                  Vector<Real> (&square)[kBlock]) {
    for (std::ptrdiff_t d = 0; d < m.D; ++d)
        unrolled<kBlock>([&](auto b) {
            store(w.centred + d * kBlockRows<Real> + b * kLanes<Real>, load(w.features + d * w.T + i + b * kLanes<Real>));
        });
    for_panels<kWide>(m.D, [&](std::ptrdiff_t j, auto J) __attribute__((always_inline)) {
        Vector<Real> v[J][kBlock] = {};
        whiten_panel<Real, J>(panel(p.whiteners, j, m.D), w.centred, kBlockRows<Real>, j, v);
        unrolled<J>([&](auto r) {
            unrolled<kBlock>([&](auto b) {
                store(w.weighted + (j + r) * kBlockRows<Real> + b * kLanes<Real>, v[r][b]);
                square[b] += v[r][b] * v[r][b];
            });
        });
    });
}

// Joint log-densities of J components for a block of rows: base + theta . features - common.
template <typename Real, int J>
BACTRIAN_INLINE void linear_panel(const Real* theta, const Real* base, const Real* features, std::ptrdiff_t stride,
                                  std::ptrdiff_t F, const Vector<Real>* common, Real* z, std::ptrdiff_t T) {
    Vector<Real> v[J][kBlock];
    unrolled<J>([&](auto r) { unrolled<kBlock>([&](auto b) { v[r][b] = base[r] - common[b]; }); });
    for (std::ptrdiff_t f = 0; f < F; ++f) {
        Vector<Real> x[kBlock];
        unrolled<kBlock>([&](auto b) { x[b] = load(features + f * stride + b * kLanes<Real>); });
        unrolled<J>([&](auto r) { unrolled<kBlock>([&](auto b) { v[r][b] += theta[f * kWide + r] * x[b]; }); });
    }
    unrolled<J>([&](auto r) {
        unrolled<kBlock>([&](auto b) {
            store(z + r * T + b * kLanes<Real>, maximum<Real>(v[r][b], broadcast(kLeast<Real>)));
        });
    });
}

// Joint log-densities of a tile whose features are made.
template <typename Real>
BACTRIAN_STAGE void joint_linear(const Model& m, Packed<Real> p, std::ptrdiff_t rows, Workspace<Real> w) {
    const bool whitened = m.form == Form::full && m.tied && !p.linear;
    const std::ptrdiff_t F = p.n_features;
    for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
        Vector<Real> common[kBlock] = {};
        const Real* features = w.features + i;
        std::ptrdiff_t stride = w.T;
        if (whitened) {
            whiten_block(m, p, i, w, common);
            unrolled<kBlock>([&](auto b) { common[b] *= Real(0.5); });
            features = w.weighted;
            stride = kBlockRows<Real>;
        }
        std::ptrdiff_t k = 0;
        const auto panel_of = [&](auto J) __attribute__((always_inline)) {
            const Real* theta = p.theta + k / kWide * kWide * F + k % kWide;
            linear_panel<Real, J>(theta, p.base + k, features, stride, F, common, w.z + k * w.T + i, w.T);
            k += J;
        };
        while (k + kWide <= m.K) panel_of(std::integral_constant<int, kWide>{});
        if constexpr (kWide > 4)
            if (k + 4 <= m.K) panel_of(std::integral_constant<int, 4>{});
        if (k + 2 <= m.K) panel_of(std::integral_constant<int, 2>{});
        if (k < m.K) panel_of(std::integral_constant<int, 1>{});
    }
}

// Sums over rows of z times every feature, for all components; z still lacks its scale. Unless some of a row belongs to
// `noise`, its responsibilities sum to its weight.
template <typename Real>
BACTRIAN_STAGE void moments_linear(Packed<Real> p, bool noise, std::ptrdiff_t rows, Layout layout, double* sums,
                                   Workspace<Real> w) {
    const std::ptrdiff_t K = layout.K, F = p.n_moments, stride = padded_moments(F);
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        const Vector<Real> scale = load(w.scale + i);
        for (std::ptrdiff_t k = 0; k < K; ++k) store(w.z + k * w.T + i, load(w.z + k * w.T + i) * scale);
    }
    for_panels<kPanel>(F, [&](std::ptrdiff_t f, auto L) __attribute__((always_inline)) {
        const Real* features = w.features + f * w.T;
        std::ptrdiff_t k = 0;
        const auto panel_of = [&](auto J) __attribute__((always_inline)) {
            product_block<Real, J, L>(w.z + k * w.T, features, w.T, rows,
                                      [&](std::ptrdiff_t r) { return w.moments + (k + r) * stride + f; });
            k += J;
        };
        while (k + kTall <= K) panel_of(std::integral_constant<int, kTall>{});
        if constexpr (kTall > 4)
            if (k + 4 <= K) panel_of(std::integral_constant<int, 4>{});
        while (k + 2 <= K) panel_of(std::integral_constant<int, 2>{});
        if (k < K) panel_of(std::integral_constant<int, 1>{});
    });
    if (layout.scatter != Scatter::pooled || p.linear) return;
    const Real* share = noise ? w.scale : w.weight;
    for (std::ptrdiff_t i = 0; noise && i < rows; i += kLanes<Real>) {
        Vector<Real> total = {};
        for (std::ptrdiff_t k = 0; k < K; ++k) total += load(w.z + k * w.T + i);
        store(w.scale + i, total);
    }
    for (std::ptrdiff_t d = 0; d < layout.D; ++d)
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>)
            store(w.weighted + d * w.T + i, load(share + i) * load(w.features + d * w.T + i));
    scatter_full(w.weighted, w.features, w.T, rows, layout.D, sums + layout.second());
}

// From moments about the centre to moments about the means, with e = mean - centre:
// sum z (x - mean) = f - n e, sum z (x - mean)(x - mean)^T = S - f e^T - e f^T + n e e^T.
inline void shift_triangle(double* triangle, const double* f, const double* e, double n, std::ptrdiff_t D) {
    for (std::ptrdiff_t j = 0; j < D; ++j)
        for (std::ptrdiff_t l = 0; l <= j; ++l, ++triangle) *triangle -= f[j] * e[l] + e[j] * (f[l] - n * e[l]);
}

// Adds what linear passes have left in w.moments to the sums.
template <typename Real>
void add_linear(Packed<Real> p, Layout layout, double* sums, Workspace<Real> w) {
    const std::ptrdiff_t D = layout.D, F = p.n_moments;
    for (std::ptrdiff_t k = 0; k < layout.K; ++k) {
        const double *f = w.moments + k * padded_moments(F), *S = f + D, *e = p.offsets + k * D;
        const double n = f[F - 1];
        double *first = sums + layout.first() + k * D, *second = sums + layout.second();
        sums[layout.counts + k] += n;
        for (std::ptrdiff_t d = 0; d < D; ++d) first[d] += f[d] - n * e[d];
        switch (layout.scatter) {
            case Scatter::trace:
                second[k] += S[0];
                for (std::ptrdiff_t d = 0; d < D; ++d) second[k] -= e[d] * (2 * f[d] - n * e[d]);
                break;
            case Scatter::diagonal:
                for (std::ptrdiff_t d = 0; d < D; ++d) second[k * D + d] += S[d] - e[d] * (2 * f[d] - n * e[d]);
                break;
            case Scatter::full:
                second += k * layout.triangle();
                for (std::ptrdiff_t i = 0; i < layout.triangle(); ++i) second[i] += S[i];
                shift_triangle(second, f, e, n, D);
                break;
            case Scatter::pooled: shift_triangle(second, f, e, n, D);  // the rows themselves are there already
        }
    }
}

// Moments about the centre that stand in the sums themselves.
template <typename Real>
void recentre(Packed<Real> p, Layout layout, double* sums) {
    const std::ptrdiff_t D = layout.D;
    for (std::ptrdiff_t k = 0; k < layout.K; ++k) {
        const double n = sums[layout.counts + k], *e = p.offsets + k * D;
        double* f = sums + layout.first() + k * D;
        shift_triangle(sums + layout.second() + k * layout.triangle(), f, e, n, D);
        for (std::ptrdiff_t d = 0; d < D; ++d) f[d] -= n * e[d];
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
