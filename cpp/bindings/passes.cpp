#include "bind.hpp"
#include "model.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

std::vector<std::string> variant_names() {
    std::vector<std::string> names;
    for (const Variant* const* v = available_variants(); *v; ++v) names.emplace_back((*v)->name);
    return names;
}

// Weights | means | covariances of a model that holds its own.
nb::object numbers_of(const PyModel& model) {
    const Climber::Mixture& own = model.own();
    return numbers(own.weights, own.means, own.covariance.numbers);
}

// (log-likelihood, map log-responsibility, total, counts | first | second); full and pooled scatter as packed triangles.
nb::tuple unpack(const std::vector<double>& sums, const Layout& layout) {
    return nb::make_tuple(sums[layout.log_likelihood], sums[layout.map_log_responsibility], sums[layout.total],
                          numbers({{sums.data() + layout.counts, sums.size() - layout.counts}}));
}

// `whole`: what is known of all the rows, (centre, scatter about it, total weight).
nb::tuple py_accumulate(const AnyRows& rows, const std::optional<Doubles>& weight, const PyModel& model, int scatter,
                        const std::optional<std::tuple<Doubles, Doubles, double>>& known, bool single, int threads,
                        const std::string& variant) {
    Pass pass = pass_of(rows, weight, model, single, threads, variant);
    Whole whole{};
    if (known) {
        const auto& [centre, second, total] = *known;
        const std::size_t D = pass.model.D;
        if (centre.ndim() != 1 || centre.size() != D || second.ndim() != 2 || second.size() != D * D)
            throw std::invalid_argument("the centre must be (D,) and the scatter of all rows (D, D)");
        whole = {centre.data(), second.data(), total};
        pass.whole = &whole;
    }
    const Layout layout{Scatter(scatter), pass.model.K, pass.model.D};
    std::vector<double> sums;
    {
        nb::gil_scoped_release release;
        sums = accumulate(pass, nullptr, layout);
    }
    return unpack(sums, layout);
}

// `shift`: (K, D), the points that the moments are taken about, in float64 whatever the rows are.
nb::tuple py_accumulate_given(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles shift,
                              const std::optional<Labels>& labels, const std::optional<Doubles>& z, int scatter,
                              int threads, const std::string& variant) {
    if (shift.ndim() != 2 || shift.shape(1) != rows.shape(1))
        throw std::invalid_argument("rows and points differ in the number of features");
    const double one = 1.0;
    const std::vector<double> zeros(shift.shape(0), 0.0);
    const Model model{Form::spherical, true, std::ptrdiff_t(shift.shape(0)), std::ptrdiff_t(shift.shape(1)),
                      zeros.data(), shift.data(), &one};
    const Pass pass{rows_of(rows, weight), model, false, variant_named(variant), threads};
    const Layout layout{Scatter(scatter), pass.model.K, pass.model.D};
    const std::size_t N = rows.shape(0);
    if ((labels && z) || (!labels && !z && layout.K != 1) || (labels && labels->shape(0) != N) ||
        (z && (z->ndim() != 2 || z->shape(0) != N || std::ptrdiff_t(z->shape(1)) != layout.K)))
        throw std::invalid_argument("either labels (n,) or responsibilities (n, K) are needed, unless there is one component");
    const Given given{labels ? labels->data() : nullptr, z ? z->data() : nullptr};
    std::vector<double> sums;
    {
        nb::gil_scoped_release release;
        sums = accumulate(pass, &given, layout);
    }
    return unpack(sums, layout);
}

// what: 0 log-densities (n,), 1 responsibilities (n, K), 2 labels (n,)
nb::object py_score(const AnyRows& rows, const PyModel& model, int what, bool single, int threads,
                    const std::string& variant) {
    const Pass pass = pass_of(rows, std::nullopt, model, single, threads, variant);
    const std::size_t N = rows.shape(0), K = pass.model.K;
    const auto run = [&](const Output& out) {
        nb::gil_scoped_release release;
        score(pass, out);
    };
    if (what == 2) {
        auto [data, array] = make_array<std::ptrdiff_t>(N, N);
        run({nullptr, nullptr, nullptr, data});
        return nb::cast(array);
    }
    if (what == 1) {
        auto [data, array] = make_array<double>(N * K, N, K);
        run({nullptr, nullptr, data, nullptr});
        return nb::cast(array);
    }
    auto [data, array] = make_array<double>(N, N);
    run({nullptr, data, nullptr, nullptr});
    return nb::cast(array);
}

}  // namespace

void bind_passes(nb::module_& m) {
    nb::class_<PyModel>(m, "Model")
        .def(nb::init<int, bool, Doubles, Doubles, Doubles, double>())
        .def("numbers", numbers_of);
    m.def("accumulate", py_accumulate, "rows"_a, "weight"_a.none(), "model"_a, "scatter"_a, "whole"_a.none(), "single"_a,
          "threads"_a, "variant"_a);
    m.def("accumulate_given", py_accumulate_given, "rows"_a, "weight"_a.none(), "shift"_a, "labels"_a.none(),
          "z"_a.none(), "scatter"_a, "threads"_a, "variant"_a);
    m.def("score", py_score, "rows"_a, "model"_a, "what"_a, "single"_a, "threads"_a, "variant"_a);
    m.def("variants", variant_names, "The instruction sets this machine can run, best first.");
    m.def("hardware_threads", hardware_threads);
}

}  // namespace bactrian
