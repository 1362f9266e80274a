// Rows of a component and the ways of dividing them, and doubts between components: by the definition, at any strides
// and in any order, the same for any number of threads.
#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "moves.hpp"
#include "problem_case.hpp"

using namespace bactrian;

namespace {

using Index = std::ptrdiff_t;
constexpr double kNothing = 0.1;

struct Question {
    explicit Question(const Case& c) : axis(c.D, 0.5) {
        for (Index i = 0; i < c.N; ++i) log_density.push_back(-0.1 * double(i % 11)), order.push_back(c.N - 1 - i);
    }
    OwnRows ask(const Case& c, bool single, bool turned, Index k) const {
        const Seen seen{c.rows(single), turned ? order.data() : nullptr, c.K, c.z.data(), log_density.data()};
        const Model m = c.model();
        return own_rows(seen, {k, m.means + k * c.D, m.whitener(k), axis.data(), {0.3, 0.7}}, kNothing);
    }
    std::vector<double> axis, log_density;
    std::vector<Index> order;
};

std::vector<double> shares_of(const OwnRows& own, const std::vector<Index>& labels) {
    std::vector<double> shares(2, 0.0);
    for (std::size_t i = 0; i < labels.size(); ++i) shares[labels[i]] += own.weight[i];
    return shares;
}

void rows_are_those_with_a_part(const Case& c, const Question& q, bool turned, Index k) {
    const OwnRows own = q.ask(c, false, turned, k);
    std::size_t n = 0;
    long double joint = 0;
    for (Index at = 0; at < c.N; ++at) {
        const Index i = turned ? q.order[at] : at;
        const double z = c.z[i * c.K + k], weight = z * (c.weight.empty() ? 1.0 : c.weight[i]);
        if (z <= kNothing) continue;
        CHECK(n < own.weight.size(), "%zu rows are too few", own.weight.size());
        if (n == own.weight.size()) return;
        CHECK(own.weight[n] == weight, "row %td weighs %g", i, own.weight[n]);
        for (Index d = 0; d < c.D; ++d) CHECK(own.rows[n * c.D + d] == c.x(i, d), "row %td, feature %td", i, d);
        joint += weight * (std::log(static_cast<long double>(z)) + q.log_density[i]);
        ++n;
    }
    CHECK(n == own.weight.size() && n * c.D == own.rows.size(), "%zu rows, not %zu", own.weight.size(), n);
    CHECK(std::fabs(own.log_joint - double(joint)) <= 1e-11 * (1 + std::fabs(double(joint))), "%g", own.log_joint);
    double total = 0;
    for (const double weight : own.weight) total += weight;
    const bool enough = total >= 2.0 * double(c.D + 2);
    CHECK(own.ways.size() <= (enough ? 3u : 0u), "%zu ways of N=%td D=%td", own.ways.size(), c.N, c.D);
    if (c.N > 1000) CHECK(own.ways.size() == 3, "%zu ways of many rows", own.ways.size());
    for (const auto& labels : own.ways) {
        CHECK(labels.size() == n, "%zu labels of %zu rows", labels.size(), n);
        for (const Index label : labels) CHECK(label == 0 || label == 1, "label %td", label);
        const auto shares = shares_of(own, labels);
        CHECK(std::min(shares[0], shares[1]) > double(c.D), "a part of weight %g", std::min(shares[0], shares[1]));
    }
    if (own.ways.size() < 3) return;
    for (std::size_t i = 0; i < n; ++i) {  // the first way: either side of the mean along the axis
        double along = 0;
        for (Index d = 0; d < c.D; ++d) along += (own.rows[i * c.D + d] - c.means[k * c.D + d]) * q.axis[d];
        CHECK(own.ways[0][i] == (along > 0), "row %zu lies at %g", i, along);
    }
    const auto core = shares_of(own, own.ways[2]);  // the third: half of the weight is nearer than the rest
    CHECK(core[0] >= 0.5 * total && core[0] - 2 <= 0.5 * total, "a core of %g in %g", core[0], total);
}

void strides_do_not_matter(const Case& c, const Case& other, const Question& q) {
    for (const bool single : {false, true}) {
        const OwnRows a = q.ask(c, false, true, 1), b = q.ask(other, single, true, 1);
        CHECK(a.rows == b.rows && a.weight == b.weight && a.log_joint == b.log_joint && a.ways == b.ways, "N=%td D=%td", c.N, c.D);
    }
}

void doubts_are_entropies(const Case& c) {
    const std::vector<std::pair<Index, Index>> pairs{{0, 1}, {2, 0}, {1, 2}};
    const double* weight = c.weight.empty() ? nullptr : c.weight.data();
    const auto told = doubts(c.z.data(), c.N, c.K, weight, pairs, kNothing, 1);
    for (const int threads : {2, 3, 8})
        CHECK(doubts(c.z.data(), c.N, c.K, weight, pairs, kNothing, threads) == told, "%d threads", threads);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        long double sum = 0;
        for (Index i = 0; i < c.N; ++i) {
            const long double a = c.z[i * c.K + pairs[p].first], b = c.z[i * c.K + pairs[p].second];
            if (std::min(a, b) > kNothing)
                sum += (weight ? weight[i] : 1.0) * ((a + b) * std::log(a + b) - a * std::log(a) - b * std::log(b));
        }
        CHECK(std::fabs(told[p] - double(sum)) <= 1e-11 * (1 + double(sum)), "pair %zu: %g", p, told[p]);
    }
}

}  // namespace

int main() {
    for (const Index D : {1, 3, 9})
        for (const Index N : {1, 23, 192, 9001})
            for (const bool weighted : {false, true}) {
                const Case c(Form::full, false, N, D, 3, 2.0, Order::rows, weighted);
                const Case backward(Form::full, false, N, D, 3, 2.0, Order::backward, weighted);
                const Question q(c);
                for (const bool turned : {false, true})
                    for (Index k = 0; k < 3; ++k) rows_are_those_with_a_part(c, q, turned, k);
                strides_do_not_matter(c, backward, q);
                doubts_are_entropies(c);
            }
    return report("moves");
}
