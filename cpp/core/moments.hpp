// Weighted moments of a tile about the means: sum z, sum z c, and the scatter sum z c c^T, with c = x - mean.
#pragma once

#include "packed.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// A J x L block of the scatter: rows j.. of the weighted features against rows l.. of the centred ones.
// On the diagonal (j = l) only the lower triangle is computed.
template <typename Real, int J, int L, bool diagonal>
BACTRIAN_INLINE void scatter_block(const Workspace<Real>& w, std::ptrdiff_t rows, std::ptrdiff_t j, std::ptrdiff_t l,
                                   double* triangle) {
    Vector<Real> acc[J][L] = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        Vector<Real> a[J], b[L];
        for (int r = 0; r < J; ++r) a[r] = load(w.weighted + (j + r) * w.T + i);
        for (int s = 0; s < L; ++s) b[s] = load(w.centred + (l + s) * w.T + i);
        for (int r = 0; r < J; ++r)
            for (int s = 0; s < (diagonal ? r + 1 : L); ++s) acc[r][s] += a[r] * b[s];
    }
    for (int r = 0; r < J; ++r)
        for (int s = 0; s < (diagonal ? r + 1 : L); ++s)
            triangle[(j + r) * (j + r + 1) / 2 + l + s] += double(sum<Real>(acc[r][s]));
}

template <typename Real, int J>
BACTRIAN_INLINE void scatter_panel(const Workspace<Real>& w, std::ptrdiff_t rows, std::ptrdiff_t j, double* triangle) {
    std::ptrdiff_t l = 0;  // j is a multiple of 4: blocks of three columns, then two twos or one
    for (; j - l >= 5 || j - l == 3; l += 3) scatter_block<Real, J, 3, false>(w, rows, j, l, triangle);
    for (; j - l >= 2; l += 2) scatter_block<Real, J, 2, false>(w, rows, j, l, triangle);
    scatter_block<Real, J, J, true>(w, rows, j, j, triangle);
}

template <typename Real>
void scatter_full(const Workspace<Real>& w, std::ptrdiff_t rows, std::ptrdiff_t D, double* triangle) {
    std::ptrdiff_t j = 0;
    for (; j + kPanel <= D; j += kPanel) scatter_panel<Real, kPanel>(w, rows, j, triangle);
    if (D - j == 3) scatter_panel<Real, 3>(w, rows, j, triangle);
    if (D - j == 2) scatter_panel<Real, 2>(w, rows, j, triangle);
    if (D - j == 1) scatter_panel<Real, 1>(w, rows, j, triangle);
}

// Counts, first moments and the products that the scatter is made of, for one component.
template <typename Real>
void weigh(const Packed<Real>& p, std::ptrdiff_t k, std::ptrdiff_t D, std::ptrdiff_t rows, Workspace<Real>& w,
           const Layout& layout, double* sums) {
    const Real* z = w.z + k * w.T;
    Vector<Real> count = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) count += load(z + i) * load(w.scale + i);
    sums[layout.counts + k] += double(sum<Real>(count));
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        Vector<Real> first = {};
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> c = minus(load(w.x + d * w.T + i), p.means[k * D + d]);
            const Vector<Real> weighted = load(z + i) * load(w.scale + i) * c;
            first += weighted;
            store(w.centred + d * w.T + i, c);
            store(w.weighted + d * w.T + i, weighted);
        }
        sums[layout.first() + k * D + d] += double(sum<Real>(first));
    }
}

// Few features: counts, first moments and scatter in one go, all in registers.
template <typename Real, int D>
void moments_small(const Packed<Real>& p, std::ptrdiff_t k, std::ptrdiff_t rows, const Workspace<Real>& w,
                   const Layout& layout, double* sums, double* triangle) {
    const Real* z = w.z + k * w.T;
    Vector<Real> count = {}, first[D] = {}, second[D * (D + 1) / 2] = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        const Vector<Real> r = load(z + i) * load(w.scale + i);
        Vector<Real> c[D];
        for (int d = 0; d < D; ++d) c[d] = minus(load(w.x + d * w.T + i), p.means[k * D + d]);
        count += r;
        for (int j = 0; j < D; ++j) {
            const Vector<Real> weighted = r * c[j];
            first[j] += weighted;
            for (int l = 0; l <= j; ++l) second[j * (j + 1) / 2 + l] += weighted * c[l];
        }
    }
    sums[layout.counts + k] += double(sum<Real>(count));
    for (int d = 0; d < D; ++d) sums[layout.first() + k * D + d] += double(sum<Real>(first[d]));
    for (int q = 0; q < D * (D + 1) / 2; ++q) triangle[q] += double(sum<Real>(second[q]));
}

// Squares by feature, for the trace and the diagonal.
template <typename Real>
void moments_axes(const Packed<Real>& p, std::ptrdiff_t k, std::ptrdiff_t D, std::ptrdiff_t rows,
                  const Workspace<Real>& w, const Layout& layout, double* sums) {
    const Real* z = w.z + k * w.T;
    Vector<Real> count = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) count += load(z + i) * load(w.scale + i);
    sums[layout.counts + k] += double(sum<Real>(count));
    double trace = 0.0;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        Vector<Real> first = {}, square = {};
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> c = minus(load(w.x + d * w.T + i), p.means[k * D + d]);
            const Vector<Real> weighted = load(z + i) * load(w.scale + i) * c;
            first += weighted;
            square += weighted * c;
        }
        sums[layout.first() + k * D + d] += double(sum<Real>(first));
        const double second = double(sum<Real>(square));
        if (layout.scatter == Scatter::diagonal) sums[layout.second() + k * D + d] += second;
        trace += second;
    }
    if (layout.scatter == Scatter::trace) sums[layout.second() + k] += trace;
}

// Whether no row of the tile has any responsibility for the component.
template <typename Real>
bool is_empty(const Real* z, std::ptrdiff_t rows) {
    Vector<Real> any = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) any = maximum<Real>(any, load(z + i));
    return sum<Real>(any) == 0;
}

template <typename Real>
void add_moments(const Packed<Real>& p, std::ptrdiff_t rows, const Layout& layout, double* sums, Workspace<Real>& w) {
    const std::ptrdiff_t D = layout.D;
    for (std::ptrdiff_t k = 0; k < layout.K; ++k) {
        if (is_empty(w.z + k * w.T, rows)) continue;
        if (layout.scatter == Scatter::trace || layout.scatter == Scatter::diagonal) {
            moments_axes(p, k, D, rows, w, layout, sums);
            continue;
        }
        double* triangle = sums + layout.second() + (layout.scatter == Scatter::full ? k * layout.triangle() : 0);
        switch (D) {
            case 1: moments_small<Real, 1>(p, k, rows, w, layout, sums, triangle); break;
            case 2: moments_small<Real, 2>(p, k, rows, w, layout, sums, triangle); break;
            case 3: moments_small<Real, 3>(p, k, rows, w, layout, sums, triangle); break;
            default:
                weigh(p, k, D, rows, w, layout, sums);
                scatter_full(w, rows, D, triangle);
        }
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
