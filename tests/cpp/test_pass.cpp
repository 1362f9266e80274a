// Every variant, form, scatter and precision computes what the definition says.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "check.hpp"
#include "naive.hpp"

using namespace bactrian;

namespace {

struct Precision {
    bool single_rows, single;
    double tolerance;
};
constexpr Precision kPrecisions[] = {{false, false, 5e-13}, {true, false, 5e-13}, {true, true, 2e-5}};

std::string describe(const Case& c, const Variant* v, const Precision& p) {
    char text[160];
    std::snprintf(text, sizeof text, "%s, %s%s, N=%td D=%td K=%td order=%d weighted=%d, rows of %s, work in %s",
                  v->name, c.tied ? "tied " : "", name_of(c.form), c.N, c.D, c.K, int(c.order), int(!c.weight.empty()),
                  p.single_rows ? "float" : "double", p.single ? "float" : "double");
    return text;
}

// Sums share the rounding of what they hang on: errors are held against the largest number of their kind.
void compare(const std::vector<double>& got, const std::vector<long double>& expected, const Layout& layout,
             double tolerance, const std::string& what) {
    const std::ptrdiff_t borders[] = {0, 1, 2, layout.counts, layout.first(), layout.second(), layout.size()};
    CHECK(got.size() == expected.size(), "%s", what.c_str());
    const long double hung_on = std::fabs(expected[layout.log_likelihood]) / 10;
    for (int part = 0; part < 6; ++part) {
        long double scale = std::fmax(1.0L, hung_on), error = 0;
        for (std::ptrdiff_t i = borders[part]; i < borders[part + 1]; ++i) scale = std::fmax(scale, std::fabs(expected[i]));
        for (std::ptrdiff_t i = borders[part]; i < borders[part + 1]; ++i) {
            const long double off = std::fabs(got[i] - expected[i]);
            error = off <= error ? error : off;  // a NaN is kept
        }
        CHECK(error <= tolerance * scale, "%s, scatter %d, part %d: off by %Lg at scale %Lg", what.c_str(),
              int(layout.scatter), part, error, scale);
    }
}

void check_scores(const Case& c, const Naive& naive, const Variant* v, const Precision& p) {
    const Pass pass = c.pass(p.single_rows, p.single, v, 2);
    const std::string what = describe(c, v, p);
    std::vector<double> log_density(c.N), z(c.N * c.K);
    std::vector<std::ptrdiff_t> labels(c.N, -1);
    score(pass, {nullptr, log_density.data(), nullptr, nullptr});
    score(pass, {nullptr, nullptr, z.data(), nullptr});
    score(pass, {nullptr, nullptr, nullptr, labels.data()});
    for (std::ptrdiff_t i = 0; i < c.N; ++i) {
        const long double size = std::fmax(1.0L, std::fabs(naive.log_density[i]));
        CHECK(std::fabs(log_density[i] - naive.log_density[i]) <= p.tolerance * size, "%s: log p(x_%td) is %g, not %Lg",
              what.c_str(), i, log_density[i], naive.log_density[i]);
        for (std::ptrdiff_t k = 0; k < c.K; ++k)
            CHECK(std::fabs(z[i * c.K + k] - naive.z[i * c.K + k]) <= p.tolerance * size, "%s: z_%td,%td is %g, not %Lg",
                  what.c_str(), i, k, z[i * c.K + k], naive.z[i * c.K + k]);
        CHECK(labels[i] >= 0 && labels[i] < c.K, "%s: label %td", what.c_str(), labels[i]);
        if (labels[i] < 0 || labels[i] >= c.K) continue;
        CHECK(naive.joint[i * c.K + labels[i]] >= naive.top(i) - p.tolerance * size, "%s: label %td of row %td",
              what.c_str(), labels[i], i);
    }
}

void check_computed(const Case& c) {
    const Naive naive(c);
    std::vector<std::vector<long double>> expected;
    for (const Scatter scatter : kScatters) expected.push_back(naive.sums({scatter, c.K, c.D}, {}));
    for_each_variant([&](const Variant* v) {
        for (const Precision& p : kPrecisions) {
            for (const Scatter scatter : kScatters) {
                const Layout layout{scatter, c.K, c.D};
                compare(accumulate(c.pass(p.single_rows, p.single, v, 2), nullptr, layout), expected[int(scatter)], layout,
                        p.tolerance, describe(c, v, p));
            }
            check_scores(c, naive, v, p);
        }
    });
}

void check_given(const Case& c) {
    const Naive naive(c);
    std::vector<long double> hard(c.N * c.K, 0.0L), soft(c.z.begin(), c.z.end());
    for (std::ptrdiff_t i = 0; i < c.N; ++i) hard[i * c.K + c.labels[i]] = 1;
    for (const Scatter scatter : kScatters) {
        const Layout layout{scatter, c.K, c.D};
        const auto from_labels = naive.sums(layout, hard), from_z = naive.sums(layout, soft);
        for_each_variant([&](const Variant* v) {
            for (const Precision& p : kPrecisions) {
                const Pass pass = c.pass(p.single_rows, p.single, v, 2);
                const Given labels{c.labels.data(), nullptr}, z{nullptr, c.z.data()};
                compare(accumulate(pass, &labels, layout), from_labels, layout, p.tolerance, describe(c, v, p) + ", labels");
                compare(accumulate(pass, &z, layout), from_z, layout, p.tolerance, describe(c, v, p) + ", z");
            }
        });
    }
}

struct Exact {  // memory of exactly the size asked for, full of NaN
    explicit Exact(std::size_t bytes) : data(std::aligned_alloc(64, (bytes + 63) / 64 * 64)) {
        std::memset(data, 0xff, (bytes + 63) / 64 * 64);
    }
    Exact(const Exact&) = delete;
    ~Exact() { std::free(data); }
    void* data;
};

// A variant asks for the memory it needs, and reads nothing it has not written.
void check_memory(const Case& c) {
    const Layout layout{Scatter::full, c.K, c.D};
    for_each_variant([&](const Variant* v) {
        for (const Precision& p : kPrecisions) {
            const Pass pass = c.pass(p.single_rows, p.single, v, 1);
            const Exact packed(v->packed_bytes(pass.model, p.single));
            const Exact workspace(v->workspace_bytes(pass.model, p.single));
            v->pack(pass.model, nullptr, p.single, packed.data);
            std::vector<double> sums(layout.size(), 0.0);
            v->chunk(pass.rows, 0, c.N, pass.model, p.single, packed.data, nullptr, layout,
                     {sums.data(), nullptr, nullptr, nullptr}, workspace.data);
            CHECK(c.N > tile_rows(c.D, false) || sums == accumulate(pass, nullptr, layout), "%s", describe(c, v, p).c_str());
        }
    });
}

}  // namespace

int main() {
    struct Size {
        std::ptrdiff_t N, K;
    };
    constexpr Size sizes[] = {{1, 1}, {5, 3}, {193, 2}, {97, 5}, {407, 4}};
    int turn = 0;
    for (const std::ptrdiff_t D : {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33, 64})
        for (const Size size : sizes) {
            if (D > 5 && size.N > 200) continue;
            if (D > 9 && size.N > 100) continue;
            const Order order = Order(turn % 3);
            const bool weighted = turn++ % 2 == 0;
            for (const Form form : kForms)
                for (const bool tied : {false, true}) {
                    const Case near(form, tied, size.N, D, size.K, 1.0 / std::sqrt(double(D)), order, weighted);
                    check_computed(near);
                    if (size.N < 200) check_memory(near);
                    // means so far apart that a tied model cannot be worked on about a common centre
                    if (form == Form::full && tied)
                        check_computed(Case(form, tied, size.N, D, size.K, 60.0, order, weighted));
                }
            check_given(Case(Form::spherical, true, size.N, D, size.K, 1.0, order, weighted));
        }
    // components abreast, a last vector partly empty, rows beyond a whole tile, components next to each other and apart
    constexpr std::ptrdiff_t abreast[][3] = {{97, 13, 16}, {401, 14, 9}, {205, 20, 37}, {97, 33, 24}};
    for (const auto& [N, D, K] : abreast)
        for (const double spread : {0.1, 1.0, 3.0}) {
            const Case c(Form::full, false, N, D, K, spread, Order(turn % 3), turn % 2 == 0);
            ++turn;
            check_computed(c);
            check_memory(c);
        }
    return report("pass");
}
