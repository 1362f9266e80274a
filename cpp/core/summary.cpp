#include "summary.hpp"

#include <numeric>

namespace bactrian {
namespace {

// Scatter about the new means, in the layout's order but with whole matrices.
std::vector<double> within(const std::vector<double>& sums, const Layout& layout, const std::vector<double>& offsets) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double *first = sums.data() + layout.first(), *second = sums.data() + layout.second();
    if (layout.scatter == Scatter::trace || layout.scatter == Scatter::diagonal) {
        const std::ptrdiff_t each = layout.scatter == Scatter::trace ? 1 : D;
        std::vector<double> W(second, second + K * each);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            for (std::ptrdiff_t d = 0; d < D; ++d) W[k * each + d % each] -= first[k * D + d] * offsets[k * D + d];
        return W;
    }
    const std::ptrdiff_t M = layout.scatter == Scatter::full ? K : 1;
    std::vector<double> W(M * D * D);
    for (std::ptrdiff_t k = 0; k < K; ++k)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                double& to = W[((M == 1 ? 0 : k) * D + j) * D + l];
                if (k < M) to += second[k * layout.triangle() + j * (j + 1) / 2 + l];
                to -= first[k * D + j] * offsets[k * D + l];
            }
    for (std::ptrdiff_t m = 0; m < M; ++m)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l < j; ++l) W[(m * D + l) * D + j] = W[(m * D + j) * D + l];
    return W;
}

}  // namespace

double Summary::in_components() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

bool summarize(const std::vector<double>& sums, const Layout& layout, const double* about, Summary& to) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double* counts = sums.data() + layout.counts;
    for (std::ptrdiff_t k = 0; k < K; ++k)
        if (!(counts[k] > 0.0)) return false;
    std::vector<double> offsets(K * D);
    to.scatter = layout.scatter, to.K = K, to.D = D;
    to.total = sums[layout.total];
    to.counts.assign(counts, counts + K);
    to.means.resize(K * D);
    for (std::ptrdiff_t i = 0; i < K * D; ++i) {
        offsets[i] = sums[layout.first() + i] / counts[i / D];
        to.means[i] = about[i] + offsets[i];
    }
    to.within = within(sums, layout, offsets);
    return true;
}

Summary narrowed(const Summary& full, Scatter scatter) {
    if (scatter == full.scatter) return full;
    const std::ptrdiff_t K = full.K, D = full.D;
    Summary to{scatter, K, D, full.total, full.counts, full.means, {}};
    to.within.assign(scatter == Scatter::trace ? K : scatter == Scatter::diagonal ? K * D : D * D, 0.0);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double* W = full.within.data() + k * D * D;
        if (scatter == Scatter::pooled) {
            for (std::ptrdiff_t i = 0; i < D * D; ++i) to.within[i] += W[i];
        } else {
            for (std::ptrdiff_t d = 0; d < D; ++d) to.within[scatter == Scatter::trace ? k : k * D + d] += W[d * D + d];
        }
    }
    return to;
}

}  // namespace bactrian
