// Squared distances of rows from points, feature by feature, in float64: what k-means asks of the instruction set.
//
// A tile is (D, T) feature-major, padded to whole blocks. A distance is a sum of squared differences and not the
// difference of squares, which would lose groups that stand close together beside others far away.
#pragma once

#include "problem.hpp"
#include "simd.hpp"

namespace bactrian::BACTRIAN_VARIANT {

// Some rows into a tile, less the middle and multiplied by the whitener; padded with copies of the first.
template <typename Stored>
void whiten_rows(const Rows& rows, const Metric& metric, const std::ptrdiff_t* which, std::ptrdiff_t n,
                 std::ptrdiff_t T, double* to) {
    const Stored* data = static_cast<const Stored*>(rows.data);
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        const Stored* from = data + which[i] * rows.row_stride;
        for (std::ptrdiff_t d = 0; d < rows.D; ++d)
            to[d * T + i] = double(from[d * rows.feature_stride]) - metric.middle[d];
    }
    const std::ptrdiff_t padded = (n + kPointBlock - 1) / kPointBlock * kPointBlock;
    for (std::ptrdiff_t d = 0; d < rows.D; ++d)
        for (std::ptrdiff_t i = n; i < padded; ++i) to[d * T + i] = to[d * T];
    for (std::ptrdiff_t i = 0; i < padded; i += kLanes<double>)
        for (std::ptrdiff_t j = rows.D; j-- > 0;) {  // from the last feature on, so that it can happen in place
            double* x = to + i;
            if (!metric.full) {
                store(x + j * T, load(x + j * T) * metric.whitener[j]);
                continue;
            }
            const double* row = metric.whitener + j * rows.D;
            Vector<double> y = load(x) * row[0];
            for (std::ptrdiff_t l = 1; l <= j; ++l) y += load(x + l * T) * row[l];
            store(x + j * T, y);
        }
}
BACTRIAN_STAGE void whiten(const Rows& rows, const Metric& metric, const std::ptrdiff_t* which, std::ptrdiff_t n,
                           std::ptrdiff_t T, double* to) {
    rows.single ? whiten_rows<float>(rows, metric, which, n, T, to) : whiten_rows<double>(rows, metric, which, n, T, to);
}

// One block of rows from P points that stand one after the other.
template <int P, typename Each>
BACTRIAN_INLINE void block_distances(const double* x, std::ptrdiff_t T, std::ptrdiff_t D, const double* points,
                                     Each each) {
    Vector<double> sums[P][kBlock] = {};
    for (std::ptrdiff_t d = 0; d < D; ++d) {
        Vector<double> rows[kBlock];
        unrolled<kBlock>([&](auto b) { rows[b] = load(x + d * T + b * kLanes<double>); });
        unrolled<P>([&](auto p) {
            unrolled<kBlock>([&](auto b) {
                const Vector<double> apart = rows[b] - points[p * D + d];
                sums[p][b] += apart * apart;
            });
        });
    }
    unrolled<P>([&](auto p) { each(int(p), sums[p]); });
}

template <typename Each>
BACTRIAN_INLINE void all_distances(const double* x, std::ptrdiff_t T, std::ptrdiff_t D, const double* points,
                                   std::ptrdiff_t P, Each each) {
    std::ptrdiff_t p = 0;
    for (; p + 4 <= P; p += 4)
        block_distances<4>(x, T, D, points + p * D, [&](int q, const auto& sums) { each(p + q, sums); });
    for (; p < P; ++p)
        block_distances<1>(x, T, D, points + p * D, [&](int, const auto& sums) { each(p, sums); });
}

// For each of P points: the lesser of a row's `before` and its distance from the point, (P, T), and the weighted sum.
BACTRIAN_STAGE void closer(const double* x, std::ptrdiff_t n, std::ptrdiff_t T, std::ptrdiff_t D, const double* points,
                           std::ptrdiff_t P, const double* before, const double* weight, double* const* to, double* sums) {
    for (std::ptrdiff_t p = 0; p < P; ++p) sums[p] = 0.0;
    for (std::ptrdiff_t i = 0; i < n; i += kBlockRows<double>)
        all_distances(x + i, T, D, points, P, [&](std::ptrdiff_t p, const Vector<double>(&found)[kBlock]) {
            Vector<double> total = {};
            unrolled<kBlock>([&](auto b) {
                const std::ptrdiff_t at = i + b * kLanes<double>;
                const Vector<double> old = load(before + at);
                const Vector<double> least = found[b] < old ? found[b] : old;
                store(to[p] + at, least);
                total += least * load(weight + at);
            });
            sums[p] += sum<double>(total);
        });
}

// The nearest of K centres, the first one where they tie.
BACTRIAN_STAGE void nearest(const double* x, std::ptrdiff_t n, std::ptrdiff_t T, std::ptrdiff_t D, const double* centres,
                            std::ptrdiff_t K, std::ptrdiff_t* labels) {
    for (std::ptrdiff_t i = 0; i < n; i += kBlockRows<double>) {
        Vector<double> least[kBlock], which[kBlock];
        unrolled<kBlock>([&](auto b) { least[b] = broadcast(1.7e308), which[b] = Vector<double>{}; });
        all_distances(x + i, T, D, centres, K, [&](std::ptrdiff_t k, const Vector<double>(&found)[kBlock]) {
            unrolled<kBlock>([&](auto b) {
                const auto better = found[b] < least[b];
                least[b] = better ? found[b] : least[b];
                which[b] = better ? broadcast(double(k)) : which[b];
            });
        });
        unrolled<kBlock>([&](auto b) {
            unrolled<int(kLanes<double>)>(
                [&](auto lane) { labels[i + b * kLanes<double> + lane] = std::ptrdiff_t(which[b][int(lane)]); });
        });
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
