// Full scatters of many components about one common centre as one matrix product: the products of each row's features,
// which all components share, times the responsibilities, with components in the lanes of a vector.
//
// Compared with a scatter for each component (moments.hpp) the features are not weighted anew, no sum runs across the
// lanes, and there is no triangle in which registers stay empty. It has no use for responsibilities that are nothing.
#pragma once

#include "moments.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Accumulators: as many as fit into the registers beside what they are made of.
constexpr int kSums = BACTRIAN_VECTOR_BYTES == 64 ? 24 : 12;
constexpr int kMostAbreast = BACTRIAN_VECTOR_BYTES == 64 ? 4 : 3;  // vectors of components

// Products at a time, beside V vectors of components.
constexpr int products_beside(int V) { return V == 1 ? 12 : kSums / V; }

// Rows at a time, whole blocks: the responsibilities of so many and their products stay in the first-level cache.
constexpr std::ptrdiff_t rows_beside(int V) { return V > 2 ? 96 : V == 2 ? 144 : 192; }

// Components that are worth a lane: the last vector may be partly empty, and one vector alone pays for the products only
// where a scatter of its own for each would have many corners for its size. Vectors of two lanes do not pay for them.
constexpr std::ptrdiff_t kManyCorners = 40;
template <typename Real>
std::ptrdiff_t components_abreast(const Model& m) {
    constexpr std::ptrdiff_t L = kLanes<Real>;
    if (BACTRIAN_VECTOR_BYTES == 16 || m.form != Form::full || m.tied || linear_features(m)) return 0;
    const std::ptrdiff_t last = m.K % L, abreast = 4 * last > 3 * L ? m.K : m.K - last;
    return abreast <= L && m.D > kManyCorners ? 0 : abreast;
}
template <typename Real>
std::ptrdiff_t lanes_abreast(const Model& m) {
    return (components_abreast<Real>(m) + kLanes<Real> - 1) / kLanes<Real> * kLanes<Real>;
}

// The products j, l <= j of D features and 1: what all moments of a component are sums of.
inline std::ptrdiff_t n_products(std::ptrdiff_t D) { return (D + 1) * (D + 2) / 2; }

template <typename Real>
Abreast sizes_abreast(const Model& m) {
    const std::ptrdiff_t lanes = lanes_abreast<Real>(m);
    if (!lanes) return {};
    Abreast most{0, 0, n_products(m.D) * lanes};
    for (int V = 1; V <= kMostAbreast; ++V) {
        const std::ptrdiff_t shares = rows_beside(V) * V * kLanes<Real>;
        const std::ptrdiff_t products = products_beside(V) * (rows_beside(V) + kLanes<Real>);
        most.shares = shares > most.shares ? shares : most.shares;
        most.products = products > most.products ? products : most.products;
    }
    return most;
}

// Adds sums over rows of P products (P, stride) times V vectors of responsibilities (rows, V) to `sums` (P, V).
template <typename Real, int P, int V>
BACTRIAN_INLINE void add_products(const Real* products, std::ptrdiff_t stride, const Real* shares, std::ptrdiff_t rows,
                                  double* sums) {
    Vector<Real> total[P][V] = {};
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
        Vector<Real> share[V];
        unrolled<V>([&](auto v) { share[v] = load(shares + (i * V + v) * kLanes<Real>); });
        unrolled<P>([&](auto r) {
            const Real product = products[r * stride + i];
            unrolled<V>([&](auto v) { total[r][v] += product * share[v]; });
        });
    }
    unrolled<P>([&](auto r) {
        unrolled<V>([&](auto v) { add_lanes<Real>(total[r][v], sums + (r * V + v) * kLanes<Real>); });
    });
}

// Responsibilities times weights of V vectors of components from the first, (rows, V); `K` of these components exist.
template <typename Real, int V>
BACTRIAN_STAGE void turn_shares(const Real* z, const Real* scale, std::ptrdiff_t T, std::ptrdiff_t K, std::ptrdiff_t rows,
                                Real* shares) {
    constexpr int L = int(kLanes<Real>);
    for (int v = 0; v < V; ++v)
        for (std::ptrdiff_t i = 0; i < rows; i += L) {
            Vector<Real> block[L];
            unrolled<L>([&](auto r) {
                const std::ptrdiff_t k = v * L + r;
                block[r] = k < K ? load(z + k * T + i) * load(scale + i) : Vector<Real>{};
            });
            transpose<Real>(block);
            unrolled<L>([&](auto r) { store(shares + ((i + r) * V + v) * L, block[r]); });
        }
}

// Rows from `begin` of a tile for V vectors of components; their responsibilities are turned.
template <typename Real, int V>
BACTRIAN_STAGE void add_rows(std::ptrdiff_t begin, std::ptrdiff_t rows, std::ptrdiff_t D, double* sums,
                             Workspace<Real> w) {
    constexpr int P = products_beside(V);
    constexpr std::ptrdiff_t stride = rows_beside(V) + kLanes<Real>;
    int filled = 0;
    for (std::ptrdiff_t j = 0; j <= D; ++j)
        for (std::ptrdiff_t l = 0; l <= j; ++l) {
            const Real *a = w.features + j * w.T + begin, *b = w.features + l * w.T + begin;
            Real* to = w.products + filled * stride;
            for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>)
                unrolled<kBlock>([&](auto v) {
                    const std::ptrdiff_t at = i + v * kLanes<Real>;
                    store(to + at, load(a + at) * load(b + at));
                });
            if (++filled < P) continue;
            add_products<Real, P, V>(w.products, stride, w.shares, rows, sums);
            sums += P * V * kLanes<Real>;
            filled = 0;
        }
    for (int r = 0; r < filled; ++r)
        add_products<Real, 1, V>(w.products + r * stride, stride, w.shares, rows, sums + r * V * kLanes<Real>);
}

// A tile for V vectors of components from the k-th.
template <typename Real, int V>
void tile_abreast(std::ptrdiff_t k, std::ptrdiff_t K, std::ptrdiff_t rows, std::ptrdiff_t D, Workspace<Real> w) {
    constexpr std::ptrdiff_t most = rows_beside(V);
    for (std::ptrdiff_t begin = 0; begin < rows; begin += most) {
        const std::ptrdiff_t n = rows - begin < most ? rows - begin : most;
        turn_shares<Real, V>(w.z + k * w.T + begin, w.scale + begin, w.T, K - k, n, w.shares);
        add_rows<Real, V>(begin, n, D, w.abreast + k * n_products(D), w);
    }
}

// body(k, V) for groups of V vectors of components, of about the same size.
template <typename Real, typename Body>
BACTRIAN_INLINE void for_groups(std::ptrdiff_t abreast, Body body) {
    constexpr std::ptrdiff_t L = kLanes<Real>;
    for (std::ptrdiff_t k = 0; k < abreast;) {
        const std::ptrdiff_t vectors = (abreast - k + L - 1) / L, groups = (vectors + kMostAbreast - 1) / kMostAbreast;
        const std::ptrdiff_t V = (vectors + groups - 1) / groups;
        if (V == 1) body(k, std::integral_constant<int, 1>{});
        else if (V == 2) body(k, std::integral_constant<int, 2>{});
        else if (V == 3) body(k, std::integral_constant<int, 3>{});
        else if constexpr (kMostAbreast > 3) body(k, std::integral_constant<int, 4>{});
        k += V * L;
    }
}

// Rows of a tile with a responsibility for the component. `z` are exp(joint - largest).
template <typename Real>
BACTRIAN_INLINE std::ptrdiff_t count_some(const Real* z, std::ptrdiff_t rows) {
    Vector<Real> total = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>)
        total += load(z + i) >= kNothing<Real> ? broadcast(Real(1)) : broadcast(Real(0));
    return std::ptrdiff_t(sum<Real>(total));
}

// Whether components k to end - 1 are better taken one by one, since most have nothing to say about most rows. A
// component on its own takes 5/3 of the time of one abreast.
template <typename Real>
BACTRIAN_STAGE bool has_little(std::ptrdiff_t k, std::ptrdiff_t end, std::ptrdiff_t abreast, std::ptrdiff_t rows,
                               Workspace<Real> w) {
    std::ptrdiff_t alone = 0;
    for (; k < end; ++k) {
        const std::ptrdiff_t n = count_some(w.z + k * w.T, rows);
        alone += 2 * n <= rows ? n : rows;
    }
    return 5 * alone < 3 * abreast * rows;
}

// Moments about the common centre: components abreast into w.abreast, the others into the sums.
template <typename Real>
void moments_abreast(std::ptrdiff_t abreast, std::ptrdiff_t rows, bool exact, Layout layout, double* sums,
                     Workspace<Real> w) {
    for_groups<Real>(abreast, [&](std::ptrdiff_t k, auto V) __attribute__((always_inline)) {
        const std::ptrdiff_t all = k + V * kLanes<Real>, end = all < abreast ? all : abreast;
        if (!exact && has_little(k, end, all - k, rows, w)) moments_near(k, end, rows, exact, layout, sums, w);
        else tile_abreast<Real, V>(k, abreast, rows, layout.D, w);
    });
    moments_near(abreast, layout.K, rows, exact, layout, sums, w);
}

// Adds a group's sums (products, lanes) to those of its first `K` components.
BACTRIAN_STAGE void add_turned(const double* from, std::ptrdiff_t lanes, std::ptrdiff_t K, std::ptrdiff_t D,
                               double* counts, double* first, double* second) {
    typedef double Loose __attribute__((vector_size(BACTRIAN_VECTOR_BYTES), aligned(8), may_alias));
    constexpr std::ptrdiff_t L = kLanes<double>;
    const std::ptrdiff_t size = D * (D + 1) / 2;
    std::ptrdiff_t p = 0;
    for (; p + L <= size; p += L)
        for (std::ptrdiff_t k = 0; k < K; k += L) {
            Vector<double> block[L];
            unrolled<int(L)>([&](auto r) { block[r] = load<double>(from + (p + r) * lanes + k); });
            transpose<double>(block);
            unrolled<int(L)>([&](auto r) {
                if (k + r < K) *reinterpret_cast<Loose*>(second + (k + r) * size + p) += block[r];
            });
        }
    for (std::ptrdiff_t k = 0; k < K; ++k, ++from) {
        for (std::ptrdiff_t r = p; r < size; ++r) second[k * size + r] += from[r * lanes];
        for (std::ptrdiff_t d = 0; d < D; ++d) first[k * D + d] += from[(size + d) * lanes];
        counts[k] += from[(size + D) * lanes];
    }
}

// Adds what moments_abreast has left in w.abreast to the sums.
template <typename Real>
void add_abreast(std::ptrdiff_t abreast, Layout layout, double* sums, Workspace<Real> w) {
    const std::ptrdiff_t D = layout.D;
    for_groups<Real>(abreast, [&](std::ptrdiff_t k, auto V) {
        const std::ptrdiff_t lanes = V * kLanes<Real>, K = abreast - k < lanes ? abreast - k : lanes;
        add_turned(w.abreast + k * n_products(D), lanes, K, D, sums + layout.counts + k, sums + layout.first() + k * D,
                   sums + layout.second() + k * layout.triangle());
    });
}

}  // namespace bactrian::BACTRIAN_VARIANT
