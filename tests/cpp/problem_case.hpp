// One problem with its memory: rows at stated strides, a mixture, weights, given responsibilities.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "pass.hpp"

enum class Order { rows, features, backward };

// Rows are representable in float, so that every precision works on the same problem. All arrays are exactly as
// long as the interface asks for: a read beyond the end is the sanitizer's to see.
struct Case {
    Case(bactrian::Form form, bool tied, std::ptrdiff_t N, std::ptrdiff_t D, std::ptrdiff_t K, double spread,
         Order order = Order::rows, bool weighted = true)
        : form(form), tied(tied), order(order), N(N), D(D), K(K) {
        std::mt19937_64 random(1 + N + 1000 * D + 100000 * K);
        std::normal_distribution<double> normal;
        std::uniform_real_distribution<double> uniform(0.4, 1.6);
        for (std::ptrdiff_t k = 0; k < K; ++k) log_constant.push_back(-uniform(random) - double(k % 3));
        for (std::ptrdiff_t i = 0; i < K * D; ++i) means.push_back(3 + spread * normal(random));
        make_whiteners(random);
        doubles.resize(N * D);
        for (std::ptrdiff_t i = 0; i < N; ++i) {
            labels.push_back(std::ptrdiff_t(random() % K));
            for (std::ptrdiff_t d = 0; d < D; ++d)
                doubles[place(i, d)] = float(means[labels[i] * D + d] + normal(random));
            if (weighted) weight.push_back(i % 7 == 3 ? 0.0 : uniform(random));
            double total = 0;
            for (std::ptrdiff_t k = 0; k < K; ++k) total += z.emplace_back(uniform(random));
            for (std::ptrdiff_t k = 0; k < K; ++k) z[i * K + k] /= total;
        }
        floats.assign(doubles.begin(), doubles.end());
    }

    std::ptrdiff_t place(std::ptrdiff_t i, std::ptrdiff_t d) const {
        if (order == Order::features) return d * N + i;
        if (order == Order::backward) return (N - 1 - i) * D + (D - 1 - d);
        return i * D + d;
    }
    double x(std::ptrdiff_t i, std::ptrdiff_t d) const { return doubles[place(i, d)]; }

    bactrian::Rows rows(bool single) const {
        const std::ptrdiff_t start = place(0, 0);
        return {single ? static_cast<const void*>(floats.data() + start) : doubles.data() + start,
                single,
                N,
                D,
                order == Order::features ? 1 : order == Order::backward ? -D : D,
                order == Order::features ? N : order == Order::backward ? -1 : 1,
                weight.empty() ? nullptr : weight.data()};
    }
    bactrian::Model model() const {
        return {form, tied, K, D, log_constant.data(), means.data(), whiteners.data()};
    }
    bactrian::Pass pass(bool single_rows, bool single, const bactrian::Variant* variant, int threads) const {
        return {rows(single_rows), model(), single, variant, threads};
    }

    bactrian::Form form;
    bool tied;
    Order order;
    std::ptrdiff_t N, D, K;
    std::vector<double> log_constant, means, whiteners, doubles, weight, z;
    std::vector<float> floats;
    std::vector<std::ptrdiff_t> labels;

private:
    void make_whiteners(std::mt19937_64& random) {
        std::normal_distribution<double> normal;
        std::uniform_real_distribution<double> uniform(0.6, 1.4);
        for (std::ptrdiff_t m = 0; m < (tied ? 1 : K); ++m) {
            if (form == bactrian::Form::spherical) whiteners.push_back(uniform(random));
            if (form == bactrian::Form::diagonal)
                for (std::ptrdiff_t d = 0; d < D; ++d) whiteners.push_back(uniform(random));
            if (form == bactrian::Form::full)
                for (std::ptrdiff_t j = 0; j < D; ++j)
                    for (std::ptrdiff_t l = 0; l < D; ++l)
                        whiteners.push_back(l < j    ? 0.3 * normal(random) / double(j)
                                            : l == j ? uniform(random)
                                                     : 0.0);
        }
    }
};

template <typename Body>
void for_each_variant(Body body) {
    for (const bactrian::Variant* const* v = bactrian::available_variants(); *v; ++v) body(*v);
}

inline const char* name_of(bactrian::Form form) {
    return form == bactrian::Form::full ? "full" : form == bactrian::Form::diagonal ? "diagonal" : "spherical";
}

constexpr bactrian::Form kForms[] = {bactrian::Form::spherical, bactrian::Form::diagonal, bactrian::Form::full};
constexpr bactrian::Scatter kScatters[] = {bactrian::Scatter::trace, bactrian::Scatter::diagonal,
                                           bactrian::Scatter::full, bactrian::Scatter::pooled};
