#include "summary.hpp"

#include <algorithm>
#include <numeric>

namespace bactrian {
namespace {

// Scatter about the new means as they are held, off by `slips`, in the layout's order but with whole matrices.
std::vector<double> within(const std::vector<double>& sums, const Layout& layout, const std::vector<double>& offsets,
                           const std::vector<double>& slips) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double *first = sums.data() + layout.first(), *second = sums.data() + layout.second();
    const double* counts = sums.data() + layout.counts;
    if (layout.scatter == Scatter::trace || layout.scatter == Scatter::diagonal) {
        const std::ptrdiff_t each = layout.scatter == Scatter::trace ? 1 : D;
        std::vector<double> W(second, second + K * each);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            for (std::ptrdiff_t i = k * D; i < (k + 1) * D; ++i)
                W[k * each + i % each] += counts[k] * slips[i] * slips[i] - first[i] * offsets[i];
        return W;
    }
    const std::ptrdiff_t M = layout.scatter == Scatter::full ? K : 1;
    std::vector<double> W(M * D * D);
    for (std::ptrdiff_t k = 0; k < K; ++k)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                double& to = W[((M == 1 ? 0 : k) * D + j) * D + l];
                if (k < M) to += second[k * layout.triangle() + j * (j + 1) / 2 + l];
                to += counts[k] * slips[k * D + j] * slips[k * D + l] - first[k * D + j] * offsets[k * D + l];
            }
    for (std::ptrdiff_t m = 0; m < M; ++m)
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l < j; ++l) W[(m * D + l) * D + j] = W[(m * D + j) * D + l];
    return W;
}

// Squared length of a step in units of a full covariance.
double length(const Model& m, std::ptrdiff_t k, const double* step) {
    const double* row = m.whitener(k);
    double sum = 0.0;
    for (std::ptrdiff_t i = 0; i < m.D; ++i, row += m.D) {
        double along = 0.0;
        for (std::ptrdiff_t j = 0; j <= i; ++j) along += row[j] * step[j];
        sum += along * along;
    }
    return sum;
}

}  // namespace

double Summary::in_components() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

bool summarize(const std::vector<double>& sums, const Layout& layout, const double* about, Summary& to,
               const Model* before) {
    const std::ptrdiff_t K = layout.K, D = layout.D;
    const double* counts = sums.data() + layout.counts;
    for (std::ptrdiff_t k = 0; k < K; ++k)
        if (!(counts[k] > 0.0)) return false;
    std::vector<double> offsets(K * D), slips(K * D);
    to.scatter = layout.scatter, to.K = K, to.D = D;
    to.total = sums[layout.total];
    to.counts.assign(counts, counts + K);
    to.means.resize(K * D);
    for (std::ptrdiff_t i = 0; i < K * D; ++i) {
        offsets[i] = sums[layout.first() + i] / counts[i / D];
        to.means[i] = about[i] + offsets[i];
        slips[i] = (to.means[i] - about[i]) - offsets[i];
    }
    for (std::ptrdiff_t k = 0, i = 0; before && before->form == Form::full && k < K; ++k, i += D)
        if (length(*before, k, &slips[i]) > length(*before, k, &offsets[i])) {
            std::fill_n(&slips[i], D, 0.0), std::fill_n(&offsets[i], D, 0.0);
            std::copy_n(about + i, D, &to.means[i]);
        }
    to.within = within(sums, layout, offsets, slips);
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
