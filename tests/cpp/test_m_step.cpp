// Eigenvectors, the constraint that each M-step keeps, and answers where there is nothing to divide by.
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"
#include "constraints.hpp"
#include "eigen.hpp"
#include "factor.hpp"

using namespace bactrian;
using Numbers = std::vector<double>;

namespace {

Numbers scatter_of(std::ptrdiff_t K, std::ptrdiff_t D, std::ptrdiff_t rows, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    Numbers W(K * D * D, 0.0), row(D);
    for (std::ptrdiff_t k = 0; k < K; ++k)
        for (std::ptrdiff_t i = 0; i < rows; ++i) {
            for (std::ptrdiff_t d = 0; d < D; ++d) row[d] = normal(random) * double(d + 1) + (d ? 0.5 * row[d - 1] : 0);
            for (std::ptrdiff_t j = 0; j < D * D; ++j) W[k * D * D + j] += row[j / D] * row[j % D] * double(k + 1);
        }
    return W;
}

// The scatter in the shape that a constraint asks for.
Numbers shown(const Numbers& W, std::ptrdiff_t K, std::ptrdiff_t D, Scatter scatter) {
    if (scatter == Scatter::full) return W;
    Numbers to(scatter == Scatter::pooled ? D * D : scatter == Scatter::diagonal ? K * D : K, 0.0);
    for (std::ptrdiff_t i = 0; i < K * D * D; ++i) {
        const std::ptrdiff_t k = i / (D * D), a = i / D % D, b = i % D;
        if (scatter == Scatter::pooled) to[i % (D * D)] += W[i];
        else if (a == b) to[scatter == Scatter::diagonal ? k * D + a : k] += W[i];
    }
    return to;
}

void check_eigen(std::ptrdiff_t D, double ratio) {
    Numbers S = scatter_of(1, D, 3 * D, unsigned(D)), values(D), vectors(D * D);
    for (std::ptrdiff_t i = 0; i < D * D; ++i) S[i] *= std::pow(ratio, double(i / D + i % D));
    eigen(S.data(), D, values.data(), vectors.data());
    for (std::ptrdiff_t i = 0; i < D; ++i) {
        CHECK(i == 0 || values[i] <= values[i - 1], "D=%td: eigenvalue %td rises", D, i);
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            double sum = 0, unit = 0;
            for (std::ptrdiff_t r = 0; r < D; ++r) {
                sum += values[r] * vectors[r * D + i] * vectors[r * D + j];
                unit += vectors[i * D + r] * vectors[j * D + r];
            }
            const double scale = std::sqrt(S[i * D + i] * S[j * D + j]);
            CHECK(std::fabs(sum - S[i * D + j]) <= 1e-13 * double(D) * scale, "D=%td ratio=%g: S_%td,%td", D, ratio, i, j);
            CHECK(std::fabs(unit - (i == j)) <= 1e-14 * double(D), "D=%td: axes %td and %td", D, i, j);
        }
    }
}

// log|Sigma_k| and the eigenvalues (K, D) of what was found.
void spectrum(const Constraint& c, std::ptrdiff_t K, std::ptrdiff_t D, const Numbers& numbers, Numbers& log_det,
              Numbers& values) {
    log_det.assign(K, 0.0);
    values.assign(K * D, 0.0);
    const std::ptrdiff_t size = c.form() == Form::full ? D * D : c.form() == Form::diagonal ? D : 1;
    Numbers vectors(D * D);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double* one = numbers.data() + (c.tied() ? 0 : k * size);
        if (c.form() == Form::full) eigen(one, D, &values[k * D], vectors.data());
        else
            for (std::ptrdiff_t d = 0; d < D; ++d) values[k * D + d] = one[d % size];
        for (std::ptrdiff_t d = 0; d < D; ++d) log_det[k] += std::log(values[k * D + d]);
    }
}

// -2 times the objective, and whether it is the least that scaling all matrices can reach: sum_k tr(W_k S_k^-1) = N D.
void check_constraint(const char* code, std::ptrdiff_t D) {
    constexpr std::ptrdiff_t K = 3;
    const Constraint c = constraint_of(code);
    const Numbers W = scatter_of(K, D, 5 * D, 7), counts = {20, 30, 50}, minimum(D, 1e-7);
    const Numbers within = shown(W, K, D, c.scatter());
    Covariances found;
    CHECK(m_step(c, {K, D, within.data(), counts.data()}, {minimum.data(), nullptr, 1e12}, nullptr, found), "%s", code);
    Numbers log_det, values;
    spectrum(c, K, D, found.numbers, log_det, values);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        CHECK(!found.held[k], "%s D=%td holds %td", code, D, k);
        if (c.volume == Letter::equal)
            CHECK(std::fabs(log_det[k] - log_det[0]) < 1e-10, "%s D=%td: volume of %td", code, D, k);
        for (std::ptrdiff_t d = 0; c.shape == Letter::equal && d < D; ++d) {
            const double gap = std::log(values[k * D + d] / values[d]) - (log_det[k] - log_det[0]) / double(D);
            CHECK(std::fabs(gap) < 1e-9, "%s D=%td: shape of %td", code, D, k);
        }
    }
    double trace = 0;
    const std::ptrdiff_t M = c.tied() ? 1 : K;
    if (c.form() == Form::full) {
        Numbers L(M * D * D), inverse(M * D * D);
        CHECK(factor(found.numbers.data(), M, D, L.data(), inverse.data()) < 0, "%s D=%td", code, D);
        for (std::ptrdiff_t i = 0; i < K * D * D * D; ++i) {
            const std::ptrdiff_t k = i / (D * D * D), r = i / (D * D) % D, a = i / D % D, b = i % D;
            const double* row = &inverse[(M == 1 ? 0 : k) * D * D + r * D];
            trace += row[a] * W[(k * D + a) * D + b] * row[b];
        }
    } else {
        for (std::ptrdiff_t i = 0; i < K * D; ++i) trace += W[i / D * D * D + i % D * (D + 1)] / values[i];
    }
    CHECK(std::fabs(trace - 100.0 * double(D)) < 1e-8 * trace, "%s D=%td: trace %g", code, D, trace);
}

// Without spread in component 0 and in the last feature, which is constant.
void check_degenerate(const char* code, double least) {
    constexpr std::ptrdiff_t K = 3, D = 4;
    const Constraint c = constraint_of(code);
    Numbers W = scatter_of(K, D, 20, 3);
    const Numbers counts = {1, 30, 50}, minimum(D, least);
    for (std::ptrdiff_t i = 0; i < K * D * D; ++i)
        if (i < D * D || i % D == D - 1 || i / D % D == D - 1) W[i] = 0;
    const bool constant[D] = {false, false, false, true};
    const Numbers within = shown(W, K, D, c.scatter());
    Covariances found;
    const bool good = m_step(c, {K, D, within.data(), counts.data()}, {minimum.data(), constant, 1e12}, nullptr, found);
    if (least == 0) return;  // no promise but to return
    CHECK(good, "%s", code);
    if (c.form() == Form::full && !c.above_floor())
        CHECK(lift(c.tied() ? 1 : K, D, {minimum.data(), constant, 1e12}, found), "%s", code);
    Numbers log_det, values;
    spectrum(c, K, D, found.numbers, log_det, values);
    for (const double v : values) CHECK(v >= least * (1 - 1e-6), "%s: %g", code, v);
    CHECK(!found.held[1] && !found.held[2], "%s holds others", code);
    const bool alone = c.volume == Letter::variable && c.shape != Letter::equal;
    CHECK(!alone || found.held[0], "%s holds nothing", code);
}

}  // namespace

int main() {
    for (const std::ptrdiff_t D : {1, 2, 3, 8, 32, 33, 64, 150})
        for (const double ratio : {1.0, 1e-3}) check_eigen(D, D >= 32 ? 1.0 : ratio);
    for (const char* code : kCodes) {
        for (const std::ptrdiff_t D : {1, 2, 5, 13, 24, 40}) check_constraint(code, D);
        for (const double least : {1e-8, 0.0}) check_degenerate(code, least);
    }
    return report("M-steps");
}
