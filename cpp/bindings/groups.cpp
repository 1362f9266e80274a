#include "groups.hpp"

#include <atomic>
#include <limits>

#include "bind.hpp"
#include "pool.hpp"

namespace bactrian {

GroupSums group_sums_about(std::vector<double> centres, const Rows& rows, const std::ptrdiff_t* labels, Scatter scatter,
                           const Variant* variant, int threads) {
    GroupSums to{std::move(centres), {}};
    const std::vector<double> zeros(to.centres.size() / rows.D, 0.0);
    const double one = 1.0;
    const Model model{Form::spherical, true, std::ptrdiff_t(zeros.size()), rows.D, zeros.data(), to.centres.data(), &one};
    const Given given{labels, nullptr};
    to.sums = accumulate({rows, model, false, variant, threads}, &given, {scatter, model.K, model.D});
    return to;
}

std::vector<double> repeated(const double* point, std::size_t K, std::size_t D) {
    std::vector<double> all(K * D);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = point[i % D];
    return all;
}

GroupSums group_sums(const Rows& rows, const double* middle, const std::ptrdiff_t* labels, std::size_t K,
                     Scatter scatter, const Variant* variant, int threads) {
    auto [centres, found] = group_sums_about(repeated(middle, K, rows.D), rows, labels, Scatter::trace, variant, threads);
    const Layout first{Scatter::trace, std::ptrdiff_t(K), rows.D};
    for (std::size_t i = 0; i < centres.size(); ++i) {
        const double count = found[first.counts + std::ptrdiff_t(i / rows.D)];
        if (count > 0.0) centres[i] += found[first.first() + std::ptrdiff_t(i)] / count;
    }
    return group_sums_about(std::move(centres), rows, labels, scatter, variant, threads);
}

nb::tuple unpack(const GroupSums& groups, const Layout& layout) {
    const std::vector<double>&centres = groups.centres, &sums = groups.sums;
    return nb::make_tuple(sums[layout.log_likelihood], sums[layout.map_log_responsibility], sums[layout.total],
                          numbers({{centres.data(), centres.size()},
                                   {sums.data() + layout.counts, sums.size() - layout.counts}}));
}

PyGroups::PyGroups(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles middle,
                   const std::vector<Labels>& labels, std::size_t n_components, int scatter, int threads,
                   const std::string& variant)
    : layout_{Scatter(scatter), std::ptrdiff_t(n_components), std::ptrdiff_t(rows.shape(1))}, threads_(threads),
      found_(labels.size()) {
    const Rows all = rows_of(rows, weight);
    const Variant* named = variant_named(variant);
    bool fit = middle.ndim() == 1 && std::ptrdiff_t(middle.shape(0)) == layout_.D && layout_.K > 0;
    for (const Labels& one : labels) fit = fit && one.shape(0) == rows.shape(0);
    if (!fit) throw std::invalid_argument("a label for each row and a middle (D,) are needed");
    nb::gil_scoped_release release;
    for (std::size_t i = 0; i < found_.size(); ++i)
        found_[i] = group_sums(all, middle.data(), labels[i].data(), n_components, layout_.scatter, named, threads);
}

nb::list PyGroups::first_steps(const std::string& letters, Doubles minimum, const std::optional<Flags>& constant,
                               double span, bool equal_weights) const {
    const Target target{constraint_of(letters), floor_of(minimum, constant, span, layout_.D), equal_weights, {}};
    const Scatter scatter = target.constraint.scatter();
    if (layout_.scatter != Scatter::full && layout_.scatter != scatter)
        throw std::invalid_argument("the scatter is not enough for the constraint");
    std::vector<Climber::Mixture> mixtures(found_.size());
    std::vector<char> good(found_.size());
    const auto step = [&](std::size_t i) {
        Summary summary;
        good[i] = summarize(found_[i].sums, layout_, found_[i].centres.data(), summary) &&
                  first_step(target, narrowed(summary, scatter), mixtures[i]);
    };
    {
        nb::gil_scoped_release release;
        std::atomic<std::size_t> next{0};
        in_parallel(layout_.K * layout_.D < kWorthWaking ? 1 : threads_, [&](int) {
            for (std::size_t i = next++; i < found_.size(); i = next++) step(i);
        });
    }
    nb::list all;
    for (std::size_t i = 0; i < found_.size(); ++i) {
        if (!good[i]) {
            all.append(nb::none());
            continue;
        }
        const nb::tuple held(held_of(mixtures[i]));
        auto model = std::make_unique<PyModel>(std::move(mixtures[i]), target.constraint,
                                               -std::numeric_limits<double>::infinity());
        all.append(nb::make_tuple(nb::cast(std::move(model)), held));
    }
    return all;
}

namespace {

// What labels say of rows, about the groups' own means, which are found about `middle` (D,): (log-likelihood, map
// log-responsibility, total, means | counts | first | second).
nb::tuple py_accumulate_groups(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles middle, Labels labels,
                               std::size_t n_components, int scatter, int threads, const std::string& variant) {
    const std::size_t K = n_components, D = rows.shape(1);
    if (middle.ndim() != 1 || middle.shape(0) != D || labels.shape(0) != rows.shape(0) || K == 0)
        throw std::invalid_argument("a label for each row and a middle (D,) are needed");
    const Rows all = rows_of(rows, weight);
    const Variant* named = variant_named(variant);
    GroupSums found;
    {
        nb::gil_scoped_release release;
        found = group_sums(all, middle.data(), labels.data(), K, Scatter(scatter), named, threads);
    }
    return unpack(found, {Scatter(scatter), std::ptrdiff_t(K), std::ptrdiff_t(D)});
}

}  // namespace

void bind_groups(nb::module_& m) {
    m.def("accumulate_groups", py_accumulate_groups, "rows"_a, "weight"_a.none(), "middle"_a, "labels"_a,
          "n_components"_a, "scatter"_a, "threads"_a, "variant"_a);
    nb::class_<PyGroups>(m, "Groups")
        .def(nb::init<const AnyRows&, const std::optional<Doubles>&, Doubles, const std::vector<Labels>&, std::size_t, int,
                      int, const std::string&>(),
             "rows"_a, "weight"_a.none(), "middle"_a, "labels"_a, "n_components"_a, "scatter"_a, "threads"_a, "variant"_a)
        .def("__len__", &PyGroups::size)
        .def("sums", &PyGroups::sums, "labelling"_a)
        .def("first_steps", &PyGroups::first_steps, "letters"_a, "minimum"_a, "constant"_a.none(), "span"_a,
             "equal_weights"_a);
}

}  // namespace bactrian
