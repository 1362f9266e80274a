// Weighted moments of a tile about the means: sum z, sum z c, and the scatter sum z c c^T, with c = x - mean.
#pragma once

#include "packed.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Sums over rows of J features times L <= 4 others: to(r) is where those of the r-th feature are added, with room for
// four. Both stand as (features, T).
template <typename Real, int J, int L, typename To>
BACTRIAN_INLINE void product_block(const Real* a, const Real* b, std::ptrdiff_t T, std::ptrdiff_t rows, To to) {
    Vector<Real> acc[J][kPanel] = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        Vector<Real> left[J];
        unrolled<J>([&](auto r) { left[r] = load(a + r * T + i); });
        unrolled<L>([&](auto s) {
            const Vector<Real> right = load(b + s * T + i);
            unrolled<J>([&](auto r) { acc[r][s] += left[r] * right; });
        });
    }
    unrolled<J>([&](auto r) { add_sums<Real>(acc[r], to(r)); });
}

// Rows j .. j + J - 1 of the scatter, columns l .. l + 3, below the diagonal.
template <typename Real, int J>
BACTRIAN_INLINE void scatter_block(const Real* weighted, const Real* centred, std::ptrdiff_t T, std::ptrdiff_t rows,
                                   std::ptrdiff_t j, std::ptrdiff_t l, double* triangle) {
    product_block<Real, J, kPanel>(weighted + j * T, centred + l * T, T, rows, [&](std::ptrdiff_t r) {
        return triangle + (j + r) * (j + r + 1) / 2 + l;
    });
}

// The lower triangle of rows and columns j .. j + J - 1.
template <typename Real, int J>
BACTRIAN_INLINE void scatter_corner(const Real* weighted, const Real* centred, std::ptrdiff_t T, std::ptrdiff_t rows,
                                    std::ptrdiff_t j, double* triangle) {
    Vector<Real> acc[J][kPanel] = {};
    const Real *a = weighted + j * T, *b = centred + j * T;
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>)
        unrolled<J>([&](auto s) {
            const Vector<Real> right = load(b + s * T + i);
            unrolled<J>([&](auto r) {
                if constexpr (r >= s) acc[r][s] += load(a + r * T + i) * right;
            });
        });
    unrolled<J>([&](auto r) {
        unrolled<J>([&](auto s) {
            if constexpr (s <= r) triangle[(j + r) * (j + r + 1) / 2 + j + s] += double(sum<Real>(acc[r][s]));
        });
    });
}

// Columns four at a time stay in the first-level cache while all rows below them pass by; of many features, a group
// of rows stays there while the columns pass by. A group ends where a panel ends.
constexpr std::ptrdiff_t kGroupBytes = 40 << 10, kGroupUnit = kTall > 4 ? 12 : 4;
template <typename Real>
std::ptrdiff_t group_size(std::ptrdiff_t D, std::ptrdiff_t rows) {
    if (D <= kManyFeatures) return D;
    const std::ptrdiff_t units = kGroupBytes / (rows * std::ptrdiff_t(sizeof(Real)) * kGroupUnit);
    return (units ? units : 1) * kGroupUnit;
}
template <typename Real>
BACTRIAN_STAGE void scatter_full(const Real* weighted, const Real* centred, std::ptrdiff_t T, std::ptrdiff_t rows, std::ptrdiff_t D,
                  double* triangle) {
    const std::ptrdiff_t size = group_size<Real>(D, rows);
    for (std::ptrdiff_t begin = 0; begin < D; begin += size) {
        const std::ptrdiff_t end = begin + size < D ? begin + size : D;
        for_panels<kPanel>(end, [&](std::ptrdiff_t l, auto L) __attribute__((always_inline)) {
            if (l >= begin) scatter_corner<Real, L>(weighted, centred, T, rows, l, triangle);
            if constexpr (L == kPanel) {
                std::ptrdiff_t j = l >= begin ? l + kPanel : begin;
                const auto rows_of = [&](auto J) __attribute__((always_inline)) {
                    scatter_block<Real, J>(weighted, centred, T, rows, j, l, triangle);
                    j += J;
                };
                while (j + kTall <= end) rows_of(std::integral_constant<int, kTall>{});
                if constexpr (kTall > 4)
                    if (j + 4 <= end) rows_of(std::integral_constant<int, 4>{});
                while (j + 2 <= end) rows_of(std::integral_constant<int, 2>{});
                if (j < end) rows_of(std::integral_constant<int, 1>{});
            }
        });
    }
}

// Turns z into the weighted responsibilities of one component and adds up its count.
template <typename Real>
BACTRIAN_INLINE void weigh(Real* z, Workspace<Real> w, std::ptrdiff_t rows, double& count) {
    Vector<Real> total = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        const Vector<Real> r = load(z + i) * load(w.scale + i);
        store(z + i, r);
        total += r;
    }
    count += double(sum<Real>(total));
}

// First moments, and the products that the scatter is made of, for one component.
template <typename Real>
void prepare(Packed<Real> p, std::ptrdiff_t k, std::ptrdiff_t D, std::ptrdiff_t rows, Workspace<Real> w,
             double* first) {
    const Real* z = w.z + k * w.T;
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        Vector<Real> total = {};
        const Mean<Real> mean = p.means[k * D + d];
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> c = minus(load(w.x + d * w.T + i), mean);
            const Vector<Real> weighted = load(z + i) * c;
            total += weighted;
            store(w.centred + d * w.T + i, c);
            store(w.weighted + d * w.T + i, weighted);
        }
        first[d] += double(sum<Real>(total));
    }
}

// Few features: first moments and scatter in one go, all in registers.
template <typename Real, int D>
BACTRIAN_STAGE void moments_small(Packed<Real> p, std::ptrdiff_t k, std::ptrdiff_t rows, Workspace<Real> w,
                   double* first, double* triangle) {
    const Real* z = w.z + k * w.T;
    const Mean<Real>* mean = p.means + k * D;
    Vector<Real> linear[D] = {}, square[D][D] = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        Vector<Real> c[D];
        unrolled<D>([&](auto d) { c[d] = minus(load(w.x + d * w.T + i), mean[d]); });
        const Vector<Real> r = load(z + i);
        unrolled<D>([&](auto j) {
            const Vector<Real> weighted = r * c[j];
            linear[j] += weighted;
            unrolled<D>([&](auto l) {
                if constexpr (l <= j) square[j][l] += weighted * c[l];
            });
        });
    }
    unrolled<D>([&](auto j) {
        first[j] += double(sum<Real>(linear[j]));
        unrolled<D>([&](auto l) {
            if constexpr (l <= j) triangle[j * (j + 1) / 2 + l] += double(sum<Real>(square[j][l]));
        });
    });
}

// First moments and squares by feature; `second` has one number for each feature, or (stride 0) one for all.
template <typename Real>
BACTRIAN_STAGE void moments_axes(Packed<Real> p, std::ptrdiff_t k, std::ptrdiff_t D, std::ptrdiff_t rows,
                  Workspace<Real> w, double* first, double* second, std::ptrdiff_t stride) {
    const Real* z = w.z + k * w.T;
    for_panels<kPanel>(D, [&](std::ptrdiff_t d, auto J) __attribute__((always_inline)) {
        Vector<Real> linear[J] = {}, square[J] = {};
        const Mean<Real>* mean = p.means + k * D + d;
        const Real* x = w.x + d * w.T;
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> r = load(z + i);
            unrolled<J>([&](auto s) {
                const Vector<Real> c = minus(load(x + s * w.T + i), mean[s]);
                const Vector<Real> weighted = r * c;
                linear[s] += weighted;
                square[s] += weighted * c;
            });
        }
        unrolled<J>([&](auto s) {
            first[d + s] += double(sum<Real>(linear[s]));
            second[(d + s) * stride] += double(sum<Real>(square[s]));
        });
    });
}

// Whether no row of the tile has any responsibility for the component.
template <typename Real>
bool is_empty(const Real* z, std::ptrdiff_t rows) {
    Vector<Real> any = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) any = maximum<Real>(any, load(z + i));
    return sum<Real>(any) == 0;
}

// Responsibilities below this are left out of the moments where that saves work: pass.cpp shows that nothing is lost.
template <typename Real>
constexpr Real kNothing = Real(8.1e-28);  // 2^-90

// The rows of a tile with a responsibility, if they are at most half of all; else -1. `z` are exp(joint - largest).
template <typename Real>
std::ptrdiff_t list_few(const Real* z, std::ptrdiff_t rows, std::int32_t* list) {
    std::ptrdiff_t n = 0;
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
        list[n] = std::int32_t(i);
        n += z[i] >= kNothing<Real>;
    }
    return 2 * n <= rows ? n : -1;
}

// Sums of z c and z c c^T for one component about the common centre; c stands in the features.
template <typename Real>
BACTRIAN_STAGE void weigh_features(const Real* z, std::ptrdiff_t D, std::ptrdiff_t rows, Workspace<Real> w,
                                   double* first) {
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        Vector<Real> total = {};
        for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
            const Vector<Real> weighted = load(z + i) * load(w.features + d * w.T + i);
            total += weighted;
            store(w.weighted + d * w.T + i, weighted);
        }
        first[d] += double(sum<Real>(total));
    }
}
// The same for the n listed rows, which are moved together (into gathered and weighted). Returns their padded number.
template <typename Real>
BACTRIAN_STAGE std::ptrdiff_t gather_features(const Real* z, const std::int32_t* list, std::ptrdiff_t n, std::ptrdiff_t D,
                                              Workspace<Real> w, double& count, double* first) {
    const std::ptrdiff_t padded = (n + kLanes<Real> - 1) / kLanes<Real> * kLanes<Real>;
    Real* share = w.centred + D * w.T;  // a row of its own behind the features
    for (std::ptrdiff_t i = 0; i < padded; ++i) share[i] = i < n ? z[list[i]] * w.scale[list[i]] : Real(0);
    const auto total = [&](auto term) __attribute__((always_inline)) {
        Vector<Real> sums = {};
        for (std::ptrdiff_t i = 0; i < padded; i += kLanes<Real>) sums += term(i);
        return double(sum<Real>(sums));
    };
    count += total([&](std::ptrdiff_t i) { return load(share + i); });
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        const Real* from = w.features + d * w.T;
        Real* to = w.centred + d * w.T;
        for (std::ptrdiff_t i = 0; i < padded; ++i) to[i] = from[list[i < n ? i : 0]];
        first[d] += total([&](std::ptrdiff_t i) {
            const Vector<Real> weighted = load(share + i) * load(to + i);
            store(w.weighted + d * w.T + i, weighted);
            return weighted;
        });
    }
    return padded;
}

// The same about the component's own mean, of rows as they are.
template <typename Real>
BACTRIAN_STAGE std::ptrdiff_t gather_rows(Packed<Real> p, std::ptrdiff_t k, const std::int32_t* list, std::ptrdiff_t n,
                                          std::ptrdiff_t D, Workspace<Real> w, double& count, double* first) {
    const std::ptrdiff_t padded = (n + kLanes<Real> - 1) / kLanes<Real> * kLanes<Real>;
    const Real* z = w.z + k * w.T;
    Real* share = w.centred + D * w.T;  // a row of its own behind the features
    Vector<Real> total = {};
    for (std::ptrdiff_t i = 0; i < padded; ++i) share[i] = i < n ? z[list[i]] * w.scale[list[i]] : Real(0);
    for (std::ptrdiff_t i = 0; i < padded; i += kLanes<Real>) total += load(share + i);
    count += double(sum<Real>(total));
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        const Real* from = w.x + d * w.T;
        Real* to = w.centred + d * w.T;
        const Mean<Real> mean = p.means[k * D + d];
        for (std::ptrdiff_t i = 0; i < padded; ++i) to[i] = from[list[i < n ? i : 0]];
        Vector<Real> linear = {};
        for (std::ptrdiff_t i = 0; i < padded; i += kLanes<Real>) {
            const Vector<Real> c = minus(load(to + i), mean);
            const Vector<Real> weighted = load(share + i) * c;
            linear += weighted;
            store(to + i, c);
            store(w.weighted + d * w.T + i, weighted);
        }
        first[d] += double(sum<Real>(linear));
    }
    return padded;
}

// Moments of components k to end - 1 about the common centre. Most have nothing to say about most rows: those are left
// out.
template <typename Real>
void moments_near(std::ptrdiff_t k, std::ptrdiff_t end, std::ptrdiff_t rows, bool exact, Layout layout, double* sums,
                  Workspace<Real> w) {
    const std::ptrdiff_t D = layout.D;
    for (; k < end; ++k) {
        Real* z = w.z + k * w.T;
        double &count = sums[layout.counts + k], *first = sums + layout.first() + k * D;
        double* triangle = sums + layout.second() + k * layout.triangle();
        const std::ptrdiff_t n = exact ? -1 : list_few(z, rows, w.list);
        if (n == 0) continue;
        if (n > 0) {
            const std::ptrdiff_t few = gather_features(z, w.list, n, D, w, count, first);
            scatter_full(w.weighted, w.centred, w.T, few, D, triangle);
        } else if (!is_empty(z, rows)) {
            weigh(z, w, rows, count);
            weigh_features(z, D, rows, w, first);
            scatter_full(w.weighted, w.features, w.T, rows, D, triangle);
        }
    }
}

// About the components' own means.
template <typename Real>
void add_moments(Packed<Real> p, std::ptrdiff_t rows, bool exact, Layout layout, double* sums, Workspace<Real> w) {
    const std::ptrdiff_t D = layout.D;
    const bool whole = exact || !leaves_out(layout);
    for (std::ptrdiff_t k = 0; k < layout.K; ++k) {
        const std::ptrdiff_t n = whole ? -1 : list_few(w.z + k * w.T, rows, w.list);
        if (n == 0 || is_empty(w.z + k * w.T, rows)) continue;
        if (n > 0) {
            double *first = sums + layout.first() + k * D, *second = sums + layout.second();
            const std::ptrdiff_t few = gather_rows(p, k, w.list, n, D, w, sums[layout.counts + k], first);
            double* triangle = second + (layout.scatter == Scatter::full ? k * layout.triangle() : 0);
            scatter_full(w.weighted, w.centred, w.T, few, D, triangle);
            continue;
        }
        weigh(w.z + k * w.T, w, rows, sums[layout.counts + k]);
        double *first = sums + layout.first() + k * D, *second = sums + layout.second();
        if (layout.scatter == Scatter::trace) moments_axes(p, k, D, rows, w, first, second + k, 0);
        else if (layout.scatter == Scatter::diagonal) moments_axes(p, k, D, rows, w, first, second + k * D, 1);
        else {
            double* triangle = second + (layout.scatter == Scatter::full ? k * layout.triangle() : 0);
            switch (D) {
                case 1: moments_small<Real, 1>(p, k, rows, w, first, triangle); break;
                case 2: moments_small<Real, 2>(p, k, rows, w, first, triangle); break;
                case 3: moments_small<Real, 3>(p, k, rows, w, first, triangle); break;
                default:
                    prepare(p, k, D, rows, w, first);
                    scatter_full(w.weighted, w.centred, w.T, rows, D, triangle);
            }
        }
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
