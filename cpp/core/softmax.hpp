// From joint log-densities to responsibilities and log-densities: one exp per (row, component), one log per row.
#pragma once

#include "functions.hpp"
#include "tile.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Turns z from joint log-densities into exp(joint - top); sets top and the sum over components (into scale). Blocks of
// several vectors, so that no chain of maxima or sums makes the others wait. `noise` (with kNoise) is the joint
// log-density of a component that is the same everywhere.
template <typename Real, bool kNoise>
BACTRIAN_STAGE void exponentiate(std::ptrdiff_t K, std::ptrdiff_t rows, Real noise, Workspace<Real> w) {
    for (std::ptrdiff_t i = 0; i < rows; i += kBlockRows<Real>) {
        Real* z = w.z + i;
        Vector<Real> top[kBlock], total[kBlock] = {};
        unrolled<kBlock>([&](auto b) {
            top[b] = load(z + b * kLanes<Real>);
            if constexpr (kNoise) top[b] = maximum<Real>(broadcast(noise), top[b]);
        });
        for (std::ptrdiff_t k = 1; k < K; ++k)
            unrolled<kBlock>([&](auto b) { top[b] = maximum<Real>(load(z + k * w.T + b * kLanes<Real>), top[b]); });
        if constexpr (kNoise)
            unrolled<kBlock>([&](auto b) { total[b] = exp_nonpositive<Real>(broadcast(noise) - top[b]); });
        for (std::ptrdiff_t k = 0; k < K; ++k)
            unrolled<kBlock>([&](auto b) {
                Real* here = z + k * w.T + b * kLanes<Real>;
                const Vector<Real> e = exp_nonpositive<Real>(load(here) - top[b]);
                store(here, e);
                total[b] += e;
            });
        unrolled<kBlock>([&](auto b) {
            store(w.top + i + b * kLanes<Real>, top[b]);
            store(w.scale + i + b * kLanes<Real>, total[b]);
        });
    }
}

// Adds the log-likelihood of the rows; turns scale from the sums into weight / sum.
template <typename Real>
BACTRIAN_STAGE void add_likelihood(std::ptrdiff_t rows, Layout layout, double* sums, Workspace<Real> w) {
    // padding has weight 0
    Vector<Real> log_likelihood = {}, map_log = {}, total = {};
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        const Vector<Real> weight = load(w.weight + i), odds = load(w.scale + i);
        const Vector<Real> log_sum = log_positive<Real>(odds);
        store(w.scale + i, weight / odds);
        log_likelihood += weight * (load(w.top + i) + log_sum);
        map_log -= weight * log_sum;
        total += weight;
    }
    sums[layout.log_likelihood] += double(sum<Real>(log_likelihood));
    sums[layout.map_log_responsibility] += double(sum<Real>(map_log));
    sums[layout.total] += double(sum<Real>(total));
}

// Log-densities of rows, from top and the sums in scale.
template <typename Real>
void write_log_densities(std::ptrdiff_t n, Workspace<Real> w, double* out) {
    for (std::ptrdiff_t i = 0; i < n; i += kLanes<Real>) {
        const Vector<Real> value = load(w.top + i) + log_positive<Real>(load(w.scale + i));
        for (std::ptrdiff_t r = 0; r < kLanes<Real> && i + r < n; ++r) out[i + r] = double(value[r]);
    }
}

template <typename Real>
void write_responsibilities(std::ptrdiff_t K, std::ptrdiff_t n, Workspace<Real> w, double* out) {
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        const double inverse = 1.0 / double(w.scale[i]);
        for (std::ptrdiff_t k = 0; k < K; ++k) out[i * K + k] = double(w.z[k * w.T + i]) * inverse;
    }
}

// The component of the largest joint log-density; the first where they tie.
template <typename Real>
void write_labels(std::ptrdiff_t K, std::ptrdiff_t n, std::ptrdiff_t rows, Workspace<Real> w,
                  std::ptrdiff_t* out) {
    for (std::ptrdiff_t i = 0; i < rows; i += kLanes<Real>) {
        Vector<Real> top = load(w.z + i), best = {};
        for (std::ptrdiff_t k = 1; k < K; ++k) {
            const Vector<Real> joint = load(w.z + k * w.T + i);
            best = joint > top ? broadcast(Real(k)) : best;
            top = maximum<Real>(top, joint);
        }
        for (std::ptrdiff_t r = 0; r < kLanes<Real> && i + r < n; ++r) out[i + r] = std::ptrdiff_t(best[r]);
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
