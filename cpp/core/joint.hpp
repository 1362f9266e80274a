// Joint log-densities log w_k + log N(x; mu_k, Sigma_k) of a tile, by whitening: y = L^-1 (x - mu), then |y|^2.
#pragma once

#include "packed.hpp"

namespace bactrian::BACTRIAN_VARIANT {

template <typename Real>
BACTRIAN_INLINE void store_joint(Real* to, const Vector<Real>* distance, Real constant) {
    for (int b = 0; b < kBlock; ++b)
        store(to + b * kLanes<Real>, maximum<Real>(constant - Real(0.5) * distance[b], broadcast(kLeast<Real>)));
}

// The D features of a block of rows, centred, into (D, kBlockRows).
template <typename Real>
BACTRIAN_INLINE void centre_block(const Real* x, std::ptrdiff_t T, const Mean<Real>* mean, std::ptrdiff_t D, Real* to) {
    for (std::ptrdiff_t d = 0; d < D; ++d)
        for (int b = 0; b < kBlock; ++b)
            store(to + d * kBlockRows<Real> + b * kLanes<Real>, minus(load(x + d * T + b * kLanes<Real>), mean[d]));
}

// Rows j .. j + J - 1 of y = W c for a block of centred rows c.
template <typename Real, int J>
BACTRIAN_INLINE void whiten_panel(const Real* W, const Real* c, std::ptrdiff_t j, Vector<Real> (&y)[J][kBlock]) {
    for (int r = 0; r < J; ++r)
        for (int b = 0; b < kBlock; ++b) y[r][b] = Vector<Real>{};
    for (std::ptrdiff_t l = 0; l < j; ++l) {
        Vector<Real> v[kBlock];
        for (int b = 0; b < kBlock; ++b) v[b] = load(c + l * kBlockRows<Real> + b * kLanes<Real>);
        for (int r = 0; r < J; ++r)
            for (int b = 0; b < kBlock; ++b) y[r][b] += W[l * kPanel + r] * v[b];
    }
    for (int s = 0; s < J; ++s) {  // the triangle on the diagonal
        const std::ptrdiff_t l = j + s;
        Vector<Real> v[kBlock];
        for (int b = 0; b < kBlock; ++b) v[b] = load(c + l * kBlockRows<Real> + b * kLanes<Real>);
        for (int r = s; r < J; ++r)
            for (int b = 0; b < kBlock; ++b) y[r][b] += W[l * kPanel + r] * v[b];
    }
}

template <typename Real, int J>
BACTRIAN_INLINE void add_panel_squares(const Real* W, const Real* c, std::ptrdiff_t j, Vector<Real>* distance) {
    Vector<Real> y[J][kBlock];
    whiten_panel<Real, J>(W, c, j, y);
    for (int r = 0; r < J; ++r)
        for (int b = 0; b < kBlock; ++b) distance[b] += y[r][b] * y[r][b];
}

template <typename Real>
BACTRIAN_INLINE void full_block(Real* whitener, const Real* c, std::ptrdiff_t D, Vector<Real>* distance) {
    std::ptrdiff_t j = 0;
    for (; j + kPanel <= D; j += kPanel) add_panel_squares<Real, kPanel>(panel(whitener, j, D), c, j, distance);
    if (D - j == 3) add_panel_squares<Real, 3>(panel(whitener, j, D), c, j, distance);
    if (D - j == 2) add_panel_squares<Real, 2>(panel(whitener, j, D), c, j, distance);
    if (D - j == 1) add_panel_squares<Real, 1>(panel(whitener, j, D), c, j, distance);
}

template <typename Real>
void joint_full(const Model& m, const Packed<Real>& p, std::ptrdiff_t rows, Workspace<Real>& w) {
    const std::ptrdiff_t padded = (m.D + kPanel - 1) / kPanel * kPanel;
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        Real* whitener = p.whiteners + (m.tied ? 0 : k * padded * padded);
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> distance[kBlock] = {};
            centre_block(w.x + i, w.T, p.means + k * m.D, m.D, w.centred);
            full_block(whitener, w.centred, m.D, distance);
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

// Few features: everything stays in registers.
template <typename Real, int D>
void joint_full_small(const Model& m, const Packed<Real>& p, std::ptrdiff_t rows, Workspace<Real>& w) {
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const Real* W = p.whiteners + (m.tied ? 0 : k * kPanel * kPanel);
        const Mean<Real>* mean = p.means + k * D;
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> c[D][kBlock], distance[kBlock] = {};
            for (int d = 0; d < D; ++d)
                for (int b = 0; b < kBlock; ++b) c[d][b] = minus(load(w.x + d * w.T + i + b * kLanes<Real>), mean[d]);
            for (int j = 0; j < D; ++j)
                for (int b = 0; b < kBlock; ++b) {
                    Vector<Real> y = W[j] * c[0][b];
                    for (int l = 1; l <= j; ++l) y += W[l * kPanel + j] * c[l][b];
                    distance[b] += y * y;
                }
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

// One covariance for all: the rows are whitened once, after which components differ by a mean only.
template <typename Real>
void joint_whitened_once(const Model& m, const Packed<Real>& p, std::ptrdiff_t rows, Workspace<Real>& w) {
    Real* const whitened = w.weighted;  // free until the moments are taken
    for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
        centre_block(w.x + i, w.T, p.centre, m.D, w.centred);
        for (std::ptrdiff_t j = 0; j < m.D; ++j) {
            const Real* W = panel(p.whiteners, j, m.D) + j % kPanel;
            Vector<Real> y[kBlock] = {};
            for (std::ptrdiff_t l = 0; l <= j; ++l)
                for (int b = 0; b < kBlock; ++b)
                    y[b] += W[l * kPanel] * load(w.centred + l * kBlockRows<Real> + b * kLanes<Real>);
            for (int b = 0; b < kBlock; ++b) store(whitened + j * w.T + i + b * kLanes<Real>, y[b]);
        }
    }
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const Real* mean = p.whitened_means + k * m.D;
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> distance[kBlock] = {};
            for (std::ptrdiff_t d = 0; d < m.D; ++d)
                for (int b = 0; b < kBlock; ++b) {
                    const Vector<Real> y = load(whitened + d * w.T + i + b * kLanes<Real>) - mean[d];
                    distance[b] += y * y;
                }
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

template <typename Real, bool spherical>
void joint_axes(const Model& m, const Packed<Real>& p, std::ptrdiff_t rows, Workspace<Real>& w) {
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        const Real* W = p.whiteners + (m.tied ? 0 : k * m.whitener_size());
        const Mean<Real>* mean = p.means + k * m.D;
        for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
            Vector<Real> distance[kBlock] = {};
            for (std::ptrdiff_t d = 0; d < m.D; ++d)
                for (int b = 0; b < kBlock; ++b) {
                    const Vector<Real> y = minus(load(w.x + d * w.T + i + b * kLanes<Real>), mean[d]) * W[spherical ? 0 : d];
                    distance[b] += y * y;
                }
            store_joint(w.z + k * w.T + i, distance, p.log_constant[k]);
        }
    }
}

template <typename Real>
void joint(const Model& m, const Packed<Real>& p, std::ptrdiff_t rows, Workspace<Real>& w) {
    if (m.form == Form::spherical) return joint_axes<Real, true>(m, p, rows, w);
    if (m.form == Form::diagonal) return joint_axes<Real, false>(m, p, rows, w);
    if (m.tied && p.whiten_once && m.D > 1 && m.K > 1) return joint_whitened_once(m, p, rows, w);
    switch (m.D) {
        case 1: return joint_full_small<Real, 1>(m, p, rows, w);
        case 2: return joint_full_small<Real, 2>(m, p, rows, w);
        case 3: return joint_full_small<Real, 3>(m, p, rows, w);
        case 4: return joint_full_small<Real, 4>(m, p, rows, w);
        default: return joint_full(m, p, rows, w);
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
