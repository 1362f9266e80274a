// k-means: the same for any number of threads and rows at any strides, whatever weights and ties there are.
#include <cmath>

#include "check.hpp"
#include "kmeans.hpp"
#include "problem_case.hpp"

using namespace bactrian;

namespace {

struct Found {
    std::vector<std::ptrdiff_t> centres, labels;
    bool operator==(const Found&) const = default;
};

Found find(const Case& c, bool single, const Variant* v, int threads, bool full, std::ptrdiff_t candidates,
           std::ptrdiff_t K0, int moves = 0) {
    const std::ptrdiff_t n = 3;
    std::vector<double> middle(c.D, 3.0), whitener(full ? c.D * c.D : c.D, 0.0), positions;
    for (std::ptrdiff_t d = 0; d < c.D; ++d) {
        whitener[full ? d * (c.D + 1) : d] = 1.0 + 0.1 * double(d);
        if (full && d > 0) whitener[d * c.D] = 0.3;
    }
    KMeans k{c.rows(single), {middle.data(), whitener.data(), full}, nullptr, c.means.data(), K0, c.K, n, candidates,
             nullptr, 4, moves, v, threads};
    for (std::ptrdiff_t i = 0; i < n * k.drawn(); ++i) positions.push_back(std::fmod(0.37 + 0.618 * double(i), 1.0));
    k.positions = positions.data();
    Found found{std::vector<std::ptrdiff_t>(n * (c.K - K0), -1), std::vector<std::ptrdiff_t>(n * c.N, -1)};
    kmeans(k, found.centres.data(), found.labels.data());
    return found;
}

}  // namespace

int main() {
    for (const std::ptrdiff_t D : {1, 3, 9})
        for (const std::ptrdiff_t N : {1, 23, 192, 3001})
            for (const bool full : {false, true})
                for (const std::ptrdiff_t K0 : {0, 2, 5}) {
                    const Case c(Form::spherical, true, N, D, 5, 4.0);
                    const Case backward(Form::spherical, true, N, D, 5, 4.0, Order::backward);
                    for_each_variant([&](const Variant* v) {
                        for (const std::ptrdiff_t candidates : {1, 3}) {
                            const Found alone = find(c, false, v, 1, full, candidates, K0);
                            for (const std::ptrdiff_t row : alone.centres)
                                CHECK(row >= 0 && row < N, "row %td of %td", row, N);
                            for (const std::ptrdiff_t label : alone.labels) CHECK(label >= 0 && label < 5, "label %td", label);
                            for (const int threads : {2, 8})
                                CHECK(find(c, false, v, threads, full, candidates, K0) == alone,
                                      "%s, N=%td D=%td, %d threads", v->name, N, D, threads);
                            CHECK(find(backward, false, v, 2, full, candidates, K0) == alone, "%s, backward", v->name);
                            const Found moved = find(c, false, v, 1, full, candidates, K0, 10);
                            CHECK(moved.centres == alone.centres, "%s: moves draw no centres", v->name);
                            for (const std::ptrdiff_t label : moved.labels) CHECK(label >= 0 && label < 5, "label %td", label);
                            for (const int threads : {2, 8})
                                CHECK(find(c, false, v, threads, full, candidates, K0, 10) == moved,
                                      "%s, N=%td D=%td, %d threads, moves", v->name, N, D, threads);
                            CHECK(find(c, true, v, 2, full, candidates, K0) == alone, "%s, float", v->name);
                        }
                    });
                }
    return report("kmeans");
}
