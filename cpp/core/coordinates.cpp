#include "coordinates.hpp"

#include <algorithm>
#include <cmath>

namespace bactrian {
namespace {

// The lower Cholesky factor of a matrix times `scale`, row by row, the logarithm on its diagonal; false if there is none.
bool log_factor(const double* matrix, std::ptrdiff_t D, double scale, double* to) {
    const auto at = [&](std::ptrdiff_t i, std::ptrdiff_t j) -> double& { return to[i * (i + 1) / 2 + j]; };
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) {
            double sum = matrix[i * D + j] * scale;
            for (std::ptrdiff_t l = 0; l < j; ++l) sum -= at(i, l) * at(j, l);
            if (i == j && !(sum > 0.0)) return false;
            at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
        }
    for (std::ptrdiff_t i = 0; i < D; ++i) at(i, i) = std::log(at(i, i));
    return true;
}

// The way back: L L^T times `scale`. Overwrites the factor.
void from_log_factor(double* factor, std::ptrdiff_t D, double scale, double* to) {
    const auto at = [&](std::ptrdiff_t i, std::ptrdiff_t j) -> double& { return factor[i * (i + 1) / 2 + j]; };
    for (std::ptrdiff_t i = 0; i < D; ++i) at(i, i) = std::exp(at(i, i));
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (std::ptrdiff_t l = 0; l <= j; ++l) sum += at(i, l) * at(j, l);
            to[i * D + j] = to[j * D + i] = sum * scale;
        }
}

std::ptrdiff_t per_matrix(const Summary& s) {
    if (s.full()) return s.D * (s.D + 1) / 2;
    return s.scatter == Scatter::diagonal ? s.D : 1;
}

// (D,) average variances within components.
std::vector<double> variances(const Summary& s) {
    const double n = s.in_components();
    std::vector<double> to(s.D, 0.0);
    for (std::ptrdiff_t m = 0; m < s.matrices(); ++m)
        for (std::ptrdiff_t d = 0; d < s.D; ++d) {
            if (s.full()) to[d] += s.within[(m * s.D + d) * s.D + d] / n;
            else if (s.scatter == Scatter::diagonal) to[d] += s.within[m * s.D + d] / n;
            else to[d] += s.within[m] / (n * double(s.D));
        }
    return to;
}

bool finite(const std::vector<double>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

}  // namespace

std::vector<double> coordinates(const Summary& s, bool noise) {
    const double n = s.in_components();
    std::vector<double> to;
    to.reserve(s.K + noise + s.K * s.D + s.matrices() * per_matrix(s));
    for (double count : s.counts) to.push_back(std::log(count));
    if (noise) {
        if (!(s.total - n > 0.0)) return {};
        to.push_back(std::log(s.total - n));
    }
    to.insert(to.end(), s.means.begin(), s.means.end());
    const std::ptrdiff_t each = per_matrix(s);
    if (!s.full()) {
        for (std::ptrdiff_t i = 0; i < s.K * each; ++i) {
            if (!(s.within[i] > 0.0)) return {};
            to.push_back(std::log(s.within[i] / s.counts[i / each]));
        }
        return to;
    }
    for (std::ptrdiff_t m = 0; m < s.matrices(); ++m) {
        to.resize(to.size() + each);
        const double scale = 1.0 / (s.scatter == Scatter::pooled ? n : s.counts[m]);
        if (!log_factor(s.within.data() + m * s.D * s.D, s.D, scale, to.data() + to.size() - each)) return {};
    }
    return to;
}

bool summary_at(const std::vector<double>& vector, const Summary& like, bool noise, Summary& to) {
    to = like;
    const std::ptrdiff_t amounts = like.K + noise, each = per_matrix(like);
    const double most = *std::max_element(vector.begin(), vector.begin() + amounts);
    std::vector<double> shares(amounts);
    double sum = 0.0;
    for (std::ptrdiff_t i = 0; i < amounts; ++i) sum += shares[i] = std::exp(vector[i] - most);
    const double n = noise ? like.total : like.in_components();
    for (std::ptrdiff_t k = 0; k < like.K; ++k)
        if (!((to.counts[k] = shares[k] * (n / sum)) > 0.0)) return false;
    std::copy_n(vector.begin() + amounts, like.K * like.D, to.means.begin());
    std::vector<double> spread(vector.begin() + amounts + like.K * like.D, vector.end());
    const double inside = to.in_components();
    if (like.full())
        for (std::ptrdiff_t m = 0; m < like.matrices(); ++m)
            from_log_factor(spread.data() + m * each, like.D, like.scatter == Scatter::pooled ? inside : to.counts[m],
                            to.within.data() + m * like.D * like.D);
    else
        for (std::ptrdiff_t i = 0; i < like.K * each; ++i) to.within[i] = std::exp(spread[i]) * to.counts[i / each];
    return finite(to.within) && finite(to.means);
}

std::vector<double> metric_of(const Summary& s, bool noise) {
    std::vector<double> share(s.K), deviation = variances(s), to;
    for (std::ptrdiff_t k = 0; k < s.K; ++k) share[k] = std::sqrt(s.counts[k] / s.total);
    for (double& d : deviation) d = std::sqrt(d);
    to = share;
    if (noise) to.push_back(1.0);
    for (std::ptrdiff_t k = 0; k < s.K; ++k)
        for (std::ptrdiff_t d = 0; d < s.D; ++d) to.push_back(share[k] / deviation[d]);
    if (!s.full())
        for (std::ptrdiff_t k = 0; k < s.K; ++k) to.insert(to.end(), per_matrix(s), share[k]);
    else
        for (std::ptrdiff_t m = 0; m < s.matrices(); ++m)
            for (std::ptrdiff_t i = 0; i < s.D; ++i)
                for (std::ptrdiff_t j = 0; j <= i; ++j)
                    to.push_back((s.scatter == Scatter::pooled ? 1.0 : share[m]) * (i == j ? 1.0 : 1.0 / deviation[i]));
    return to;
}

}  // namespace bactrian
