// Joint log-densities log w_k + log N(x; mu_k, Sigma_k) of a tile, by whitening: y = L^-1 (x - mu), then |y|^2.
#pragma once

#include "packed.hpp"

namespace bactrian::BACTRIAN_VARIANT {

template <typename Real>
BACTRIAN_INLINE void store_joint(Real* to, const Vector<Real>* distance, Real constant) {
    unrolled<kBlock>([&](auto b) {
        store(to + b * kLanes<Real>, maximum<Real>(constant - Real(0.5) * distance[b], broadcast(kLeast<Real>)));
    });
}

// The D features of a block of rows, centred, to stand `stride` numbers apart.
template <typename Real>
BACTRIAN_INLINE void centre_block(const Real* x, std::ptrdiff_t T, const Mean<Real>* mean, std::ptrdiff_t D, Real* to,
                                  std::ptrdiff_t stride) {
    for (std::ptrdiff_t d = 0; d < D; ++d)
        unrolled<kBlock>([&](auto b) {
            store(to + d * stride + b * kLanes<Real>, minus(load(x + d * T + b * kLanes<Real>), mean[d]));
        });
}

// Adds rows j .. j + J - 1 of W c to y, for a block of centred rows c whose features stand `stride` numbers apart.
template <typename Real, int J>
BACTRIAN_INLINE void whiten_panel(const Real* W, const Real* c, std::ptrdiff_t stride, std::ptrdiff_t j,
                                  Vector<Real> (&y)[J][kBlock]) {
    const auto rank_one = [&](std::ptrdiff_t l, auto first) __attribute__((always_inline)) {
        Vector<Real> v[kBlock];
        unrolled<kBlock>([&](auto b) { v[b] = load(c + l * stride + b * kLanes<Real>); });
        unrolled<J>([&](auto r) {
            if constexpr (r >= first) unrolled<kBlock>([&](auto b) { y[r][b] += W[l * kWide + r] * v[b]; });
        });
    };
    for (std::ptrdiff_t l = 0; l < j; ++l) rank_one(l, std::integral_constant<int, 0>{});
    unrolled<J>([&](auto s) { rank_one(j + s, s); });  // the triangle on the diagonal
}

// Adds the squares of rows j .. j + J - 1 of W c, less their shift, to a block of distances.
template <typename Real, int J>
BACTRIAN_INLINE void add_panel(Real* whitener, const Real* c, std::ptrdiff_t stride, const Real* shift, std::ptrdiff_t j,
                               std::ptrdiff_t D, Vector<Real> (&distance)[kBlock]) {
    Vector<Real> y[J][kBlock] = {};
    if (shift) unrolled<J>([&](auto r) { unrolled<kBlock>([&](auto b) { y[r][b] = broadcast(-shift[j + r]); }); });
    whiten_panel<Real, J>(panel(whitener, j, D), c, stride, j, y);
    unrolled<J>([&](auto r) { unrolled<kBlock>([&](auto b) { distance[b] += y[r][b] * y[r][b]; }); });
}

// Joint log-densities of one component for a block of rows. `shift` is what W (x - c) still lacks, or null.
template <typename Real>
BACTRIAN_INLINE void full_block(Real* whitener, const Real* c, std::ptrdiff_t stride, const Real* shift, std::ptrdiff_t D,
                                Real constant, Real* z) {
    Vector<Real> distance[kBlock] = {};
    for_panels<kWide>(D, [&](std::ptrdiff_t j, auto J) __attribute__((always_inline)) {
        add_panel<Real, J>(whitener, c, stride, shift, j, D, distance);
    });
    store_joint(z, distance, constant);
}

// The same for all rows of a tile, panel by panel: of many features a block of rows does not stay in the first-level
// cache, and the whitener not in the second.
template <typename Real>
BACTRIAN_INLINE void full_tile(Real* whitener, const Real* c, const Real* shift, std::ptrdiff_t D, Real constant,
                               std::ptrdiff_t rows, std::ptrdiff_t T, Real* z) {
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) store(z + i, Vector<Real>{});
    for_panels<kWide>(D, [&](std::ptrdiff_t j, auto J) __attribute__((always_inline)) {
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> distance[kBlock];
            unrolled<kBlock>([&](auto b) { distance[b] = load(z + i + b * kLanes<Real>); });
            add_panel<Real, J>(whitener, c + i, T, shift, j, D, distance);
            unrolled<kBlock>([&](auto b) { store(z + i + b * kLanes<Real>, distance[b]); });
        }
    });
    for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
        Vector<Real> distance[kBlock];
        unrolled<kBlock>([&](auto b) { distance[b] = load(z + i + b * kLanes<Real>); });
        store_joint(z + i, distance, constant);
    }
}

template <typename Real>
BACTRIAN_STAGE void joint_full(const Model& m, Packed<Real> p, bool near, std::ptrdiff_t rows, Workspace<Real> w) {
    const std::ptrdiff_t D = m.D, size = padded_rows(D) * padded_rows(D);
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        Real *whitener = p.whiteners + (m.tied ? 0 : k * size), *z = w.z + k * w.T;
        const Mean<Real>* means = p.means + k * D;
        const Real* shift = near ? p.shifts + k * D : nullptr;
        if (D > kManyFeatures) {
            if (!near)
                for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>)
                    centre_block(w.x + i, w.T, means, D, w.centred + i, w.T);
            full_tile(whitener, near ? w.features : w.centred, shift, D, p.log_constant[k], rows, w.T, z);
            continue;
        }
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            if (near) {
                full_block(whitener, w.features + i, w.T, shift, D, p.log_constant[k], z + i);
            } else {
                centre_block(w.x + i, w.T, means, D, w.centred, kBlockRows<Real>);
                full_block(whitener, w.centred, kBlockRows<Real>, shift, D, p.log_constant[k], z + i);
            }
        }
    }
}

// Few features: everything stays in registers.
template <typename Real, int D>
BACTRIAN_STAGE void joint_full_small(const Model& m, Packed<Real> p, std::ptrdiff_t rows, Workspace<Real> w) {
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const Real* W = p.whiteners + (m.tied ? 0 : k * kWide * kWide);
        const Mean<Real>* mean = p.means + k * D;
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> c[D][kBlock], distance[kBlock] = {};
            unrolled<D>([&](auto d) {
                unrolled<kBlock>(
                    [&](auto b) { c[d][b] = minus(load(w.x + d * w.T + i + b * kLanes<Real>), mean[d]); });
            });
            unrolled<D>([&](auto j) {
                unrolled<kBlock>([&](auto b) {
                    Vector<Real> y = W[j] * c[0][b];
                    unrolled<D>([&](auto l) {
                        if constexpr (l > 0 && l <= j) y += W[l * kWide + j] * c[l][b];
                    });
                    distance[b] += y * y;
                });
            });
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

template <typename Real, bool spherical>
BACTRIAN_STAGE void joint_axes(const Model& m, Packed<Real> p, std::ptrdiff_t rows, Workspace<Real> w) {
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const Real* W = p.whiteners + (m.tied ? 0 : k * m.whitener_size());
        const Mean<Real>* mean = p.means + k * m.D;
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> distance[kBlock] = {};
            for (std::ptrdiff_t d = 0; d < m.D; ++d)
                unrolled<kBlock>([&](auto b) {
                    const Vector<Real> c = minus(load(w.x + d * w.T + i + b * kLanes<Real>), mean[d]);
                    const Vector<Real> y = spherical ? c : c * W[d];
                    distance[b] += y * y;
                });
            if constexpr (spherical) unrolled<kBlock>([&](auto b) { distance[b] *= W[0] * W[0]; });
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

template <typename Real>
void joint(const Model& m, Packed<Real> p, std::ptrdiff_t rows, Workspace<Real> w) {
    if (m.form == Form::spherical) return joint_axes<Real, true>(m, p, rows, w);
    if (m.form == Form::diagonal) return joint_axes<Real, false>(m, p, rows, w);
    switch (m.D) {
        case 1: return joint_full_small<Real, 1>(m, p, rows, w);
        case 2: return joint_full_small<Real, 2>(m, p, rows, w);
        case 3: return joint_full_small<Real, 3>(m, p, rows, w);
        case 4: return joint_full_small<Real, 4>(m, p, rows, w);
        default: return joint_full(m, p, false, rows, w);
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
