#include "whole.hpp"

#include <algorithm>
#include <cmath>

namespace bactrian {
namespace {

// P = W^T W, its lower triangle.
std::vector<double> precision(const Model& m) {
    const std::ptrdiff_t D = m.D;
    std::vector<double> P(D * D, 0.0);
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        const double* w = m.whiteners + i * D;
        for (std::ptrdiff_t j = 0; j <= i; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) P[j * D + l] += w[j] * w[l];
    }
    return P;
}

// W^T W e, into `to`; returns |W e|^2.
double apply(const Model& m, const double* e, double* to) {
    double square = 0.0;
    std::fill_n(to, m.D, 0.0);
    for (std::ptrdiff_t i = 0; i < m.D; ++i) {
        const double* w = m.whiteners + i * m.D;
        double y = 0.0;
        for (std::ptrdiff_t j = 0; j <= i; ++j) y += w[j] * e[j];
        for (std::ptrdiff_t j = 0; j <= i; ++j) to[j] += w[j] * y;
        square += y * y;
    }
    return square;
}

}  // namespace

std::optional<Shared> share(const Model& m, const Whole& whole) {
    const std::ptrdiff_t D = m.D;
    const double limit = most_magnified(D);
    const std::vector<double> P = precision(m);
    double trace = 0.0, magnified = 0.0;
    for (std::ptrdiff_t j = 0; j < D; ++j)
        for (std::ptrdiff_t l = 0; l <= j; ++l) {
            const double term = (l < j ? 2.0 : 1.0) * P[j * D + l] * whole.scatter[j * D + l];
            trace += term;
            magnified += std::abs(term);
        }
    if (!(magnified <= limit * whole.total)) return {};

    Shared shared{whole.centre, std::vector<double>(m.K * D), std::vector<double>(m.K), -trace / 2};
    std::vector<double> e(D);
    for (std::ptrdiff_t k = 0; k < m.K; ++k) {
        double* theta = shared.theta.data() + k * D;
        for (std::ptrdiff_t d = 0; d < D; ++d) e[d] = m.means[k * D + d] - whole.centre[d];
        shared.base[k] = m.log_constant[k] - apply(m, e.data(), theta) / 2;
        double terms = 0.0;  // of rows two standard deviations out
        for (std::ptrdiff_t d = 0; d < D; ++d)
            terms += std::abs(theta[d]) * (std::abs(e[d]) + 2 * std::sqrt(whole.scatter[d * D + d] / whole.total));
        if (!(terms <= limit)) return {};
    }
    return shared;
}

void complete(const Shared& shared, const Whole& whole, const Layout& layout, std::vector<double>& sums) {
    sums[layout.log_likelihood] += shared.quadratic;
    double* triangle = sums.data() + layout.second();
    for (std::ptrdiff_t j = 0; j < layout.D; ++j)
        for (std::ptrdiff_t l = 0; l <= j; ++l) *triangle++ += whole.scatter[j * layout.D + l];
}

}  // namespace bactrian
