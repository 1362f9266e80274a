// What a pass should give, in long double, by the definition and nothing else.
#pragma once

#include <cmath>
#include <vector>

#include "problem_case.hpp"

struct Naive {
    explicit Naive(const Case& c) : c(c), joint(c.N * c.K), z(c.N * c.K), log_density(c.N) {
        for (std::ptrdiff_t i = 0; i < c.N; ++i) score_row(i);
    }

    // The sums of a pass in the layout's order; `given` are responsibilities (N, K) or empty.
    std::vector<long double> sums(const bactrian::Layout& layout, const std::vector<long double>& given) const {
        using bactrian::Scatter;
        std::vector<long double> out(layout.size(), 0.0L);
        for (std::ptrdiff_t i = 0; i < c.N; ++i) {
            const long double weight = c.weight.empty() ? 1.0L : c.weight[i];
            out[layout.total] += weight;
            if (given.empty()) {
                out[layout.log_likelihood] += weight * log_density[i];
                out[layout.map_log_responsibility] += weight * (top(i) - log_density[i]);
            }
            for (std::ptrdiff_t k = 0; k < c.K; ++k) {
                const long double r = weight * (given.empty() ? z : given)[i * c.K + k];
                out[layout.counts + k] += r;
                if (r == 0) continue;
                for (std::ptrdiff_t j = 0; j < c.D; ++j) {
                    const long double left = r * centred(i, k, j);
                    out[layout.first() + k * c.D + j] += left;
                    if (layout.scatter == Scatter::trace) out[layout.second() + k] += left * centred(i, k, j);
                    if (layout.scatter == Scatter::diagonal)
                        out[layout.second() + k * c.D + j] += left * centred(i, k, j);
                    if (layout.scatter == Scatter::trace || layout.scatter == Scatter::diagonal) continue;
                    const std::ptrdiff_t at = layout.scatter == Scatter::full ? k * layout.triangle() : 0;
                    for (std::ptrdiff_t l = 0; l <= j; ++l)
                        out[layout.second() + at + j * (j + 1) / 2 + l] += left * centred(i, k, l);
                }
            }
        }
        return out;
    }

    long double top(std::ptrdiff_t i) const {
        long double value = joint[i * c.K];
        for (std::ptrdiff_t k = 1; k < c.K; ++k) value = std::fmax(value, joint[i * c.K + k]);
        return value;
    }

    const Case& c;
    std::vector<long double> joint, z, log_density;

private:
    long double centred(std::ptrdiff_t i, std::ptrdiff_t k, std::ptrdiff_t d) const {
        return static_cast<long double>(c.x(i, d)) - c.means[k * c.D + d];
    }
    void score_row(std::ptrdiff_t i) {
        for (std::ptrdiff_t k = 0; k < c.K; ++k) joint[i * c.K + k] = c.log_constant[k] - distance(i, k) / 2;
        long double total = 0;
        for (std::ptrdiff_t k = 0; k < c.K; ++k) total += std::exp(joint[i * c.K + k] - top(i));
        log_density[i] = top(i) + std::log(total);
        for (std::ptrdiff_t k = 0; k < c.K; ++k) z[i * c.K + k] = std::exp(joint[i * c.K + k] - log_density[i]);
    }
    long double distance(std::ptrdiff_t i, std::ptrdiff_t k) const {
        const double* W = c.model().whitener(k);
        long double square = 0;
        for (std::ptrdiff_t j = 0; j < c.D; ++j) {
            long double y = 0;
            if (c.form == bactrian::Form::spherical) y = W[0] * centred(i, k, j);
            if (c.form == bactrian::Form::diagonal) y = W[j] * centred(i, k, j);
            if (c.form == bactrian::Form::full)
                for (std::ptrdiff_t l = 0; l <= j; ++l) y += W[j * c.D + l] * centred(i, k, l);
            square += y * y;
        }
        return square;
    }
};
