// The only file that knows Python: arrays in, arrays out, the GIL released in between.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "climb.hpp"
#include "eigen.hpp"
#include "factor.hpp"
#include "kmeans.hpp"
#include "m_step.hpp"
#include "moves.hpp"
#include "order.hpp"
#include "pass.hpp"
#include "pool.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace bactrian;

namespace {

using AnyRows = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Flags = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const std::ptrdiff_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <typename T, typename... Sizes>
auto make_array(std::size_t size, Sizes... shape) {
    std::unique_ptr<T[]> memory(new T[size]);
    nb::capsule owner(memory.get(), [](void* p) noexcept { delete[] static_cast<T*>(p); });
    T* data = memory.release();
    return std::pair(data, nb::ndarray<nb::numpy, T>(data, {std::size_t(shape)...}, owner));
}

// Numbers that were found, without a copy.
template <typename T, typename... Sizes>
auto handed_over(std::vector<T>&& numbers, Sizes... shape) {
    auto* kept = new std::vector<T>(std::move(numbers));
    nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::ndarray<nb::numpy, T>(kept->data(), {std::size_t(shape)...}, owner);
}

Rows rows_of(const AnyRows& rows, const std::optional<Doubles>& weight) {
    const bool single = rows.dtype() == nb::dtype<float>();
    if (!single && rows.dtype() != nb::dtype<double>()) throw std::invalid_argument("rows must be float32 or float64");
    if (weight && (weight->ndim() != 1 || weight->shape(0) != rows.shape(0)))
        throw std::invalid_argument("one weight for each row is needed");
    return {rows.data(),
            single,
            std::ptrdiff_t(rows.shape(0)),
            std::ptrdiff_t(rows.shape(1)),
            std::ptrdiff_t(rows.stride(0)),
            std::ptrdiff_t(rows.stride(1)),
            weight ? weight->data() : nullptr};
}

// Holds the numbers of a mixture, its own or in arrays that it keeps alive, and shows them as a Model.
struct PyModel {
    PyModel(Climber::Mixture mixture, const Constraint& constraint, double log_noise) : own_(std::move(mixture)) {
        const std::ptrdiff_t K = own_.weights.size();
        log_constant_.resize(K);
        model = {constraint.form(), constraint.tied(), K, std::ptrdiff_t(own_.means.size()) / K,
                 log_constant_.data(), own_.means.data(), own_.whiteners.data(), log_noise};
        log_constants(model, own_.weights.data(), log_constant_.data());
    }
    PyModel(int form, bool tied, Doubles weights, Doubles means, Doubles whiteners, double log_noise)
        : means_(means), whiteners_(whiteners) {
        if (means.ndim() != 2 || weights.ndim() != 1 || weights.shape(0) != means.shape(0))
            throw std::invalid_argument("means must be (K, D) and weights (K,)");
        log_constant_.resize(weights.shape(0));
        model = {Form(form), tied, std::ptrdiff_t(means.shape(0)), std::ptrdiff_t(means.shape(1)),
                 log_constant_.data(), means.data(), whiteners.data(), log_noise};
        const std::ptrdiff_t M = tied ? 1 : model.K;
        if (std::ptrdiff_t(whiteners.size()) != M * model.whitener_size())
            throw std::invalid_argument("the whiteners do not fit the form");
        log_constants(model, weights.data(), log_constant_.data());
    }
    PyModel(const PyModel&) = delete;  // the model points into it
    Model model;
    const Climber::Mixture& own() const { return own_; }  // empty where arrays hold the numbers

private:
    Climber::Mixture own_;
    std::vector<double> log_constant_;
    Doubles means_, whiteners_;
};

const Variant* variant_named(const std::string& name) {
    for (const Variant* const* v = available_variants(); *v; ++v)
        if (name.empty() || name == (*v)->name) return *v;
    throw std::invalid_argument("this machine has no instruction set '" + name + "'");
}

std::vector<std::string> variant_names() {
    std::vector<std::string> names;
    for (const Variant* const* v = available_variants(); *v; ++v) names.emplace_back((*v)->name);
    return names;
}

Pass pass_of(const AnyRows& rows, const std::optional<Doubles>& weight, const PyModel& model, bool single, int threads,
             const std::string& variant) {
    Pass pass{rows_of(rows, weight), model.model, single, variant_named(variant), threads};
    if (pass.rows.D != pass.model.D) throw std::invalid_argument("rows and means differ in the number of features");
    if (single && !pass.rows.single) throw std::invalid_argument("only float32 rows can be worked on in float32");
    return pass;
}

// Numbers one after the other for np.frombuffer: of small fits, handing over an array each would be a good part.
nb::object numbers(std::initializer_list<std::pair<const double*, std::size_t>> parts) {
    std::size_t size = 0;
    for (const auto& part : parts) size += part.second;
    nb::object all = nb::steal(PyByteArray_FromStringAndSize(nullptr, Py_ssize_t(size * sizeof(double))));
    if (!all) nb::raise_python_error();
    char* to = PyByteArray_AS_STRING(all.ptr());
    for (const auto& part : parts) {
        if (part.second) std::memcpy(to, part.first, part.second * sizeof(double));
        to += part.second * sizeof(double);
    }
    return all;
}
nb::object numbers(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& c) {
    return numbers({{a.data(), a.size()}, {b.data(), b.size()}, {c.data(), c.size()}});
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

// What labels (N,) say of the rows: sums about points (K, D).
struct GroupSums {
    std::vector<double> centres, sums;
};

// About `centres` (K, D).
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

// About the groups' own means, which are found about `middle` (D,).
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

// The same under labels, about the groups' own means: (..., means | counts | first | second). `middle`: (D,).
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

// (rows that became centres (n, K - K0), labels (n, N) or None)
nb::tuple py_kmeans(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles middle, Doubles whitener,
                    const std::optional<Labels>& order, Doubles anchors, std::size_t n_components, std::size_t candidates,
                    Doubles positions, int steps, int moves, bool labelled, int threads, const std::string& variant) {
    const std::size_t N = rows.shape(0), D = rows.shape(1), K0 = anchors.shape(0), n = positions.shape(0);
    if (middle.ndim() != 1 || middle.shape(0) != D || anchors.ndim() != 2 || anchors.shape(1) != D ||
        (whitener.size() != D && whitener.size() != D * D) || (order && order->shape(0) != N) || positions.ndim() != 2)
        throw std::invalid_argument("the metric, the order or the anchors do not fit the rows");
    const bool full = whitener.ndim() == 2;
    const KMeans asked{rows_of(rows, weight), {middle.data(), whitener.data(), full}, order ? order->data() : nullptr,
                       anchors.data(), std::ptrdiff_t(K0), std::ptrdiff_t(n_components), std::ptrdiff_t(n),
                       std::ptrdiff_t(candidates), positions.data(), steps, moves, variant_named(variant), threads};
    if (whitener.size() != (full ? D * D : D) || std::ptrdiff_t(positions.shape(1)) != asked.drawn() || N == 0 ||
        candidates == 0 || n_components == 0 || n_components < K0)
        throw std::invalid_argument("rows, centres, candidates and positions do not fit together");
    auto [centres, centre_array] = make_array<std::ptrdiff_t>(n * (n_components - K0), n, n_components - K0);
    std::ptrdiff_t* labels = nullptr;
    nb::object label_array = nb::none();
    if (labelled) {
        auto [data, array] = make_array<std::ptrdiff_t>(n * N, n, N);
        labels = data, label_array = nb::cast(array);
    }
    {
        std::ptrdiff_t* to = centres;
        nb::gil_scoped_release release;
        kmeans(asked, to, labels);
    }
    return nb::make_tuple(centre_array, label_array);
}

auto py_row_order(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles mean, Doubles covariance) {
    const Rows all = rows_of(rows, weight);
    if (std::ptrdiff_t(mean.size()) != all.D || std::ptrdiff_t(covariance.size()) != all.D * all.D)
        throw std::invalid_argument("the mean must be (D,) and the covariance (D, D)");
    std::vector<std::ptrdiff_t> order;
    {
        nb::gil_scoped_release release;
        order = row_order(all, mean.data(), covariance.data());
    }
    return handed_over(std::move(order), all.N);
}

// The labels again, numbered in the order in which they first occur.
nb::bytes py_numbered_by_appearance(Labels labels) {
    std::vector<std::ptrdiff_t> numbers, found(labels.shape(0));
    std::ptrdiff_t known = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const std::ptrdiff_t label = labels.data()[i];
        if (label < 0) throw std::invalid_argument("labels must not be negative");
        if (std::size_t(label) >= numbers.size()) numbers.resize(label + 1, -1);
        if (numbers[label] < 0) numbers[label] = known++;
        found[i] = numbers[label];
    }
    return nb::bytes(found.data(), found.size() * sizeof(std::ptrdiff_t));
}

Constraint constraint_of(const std::string& letters) {
    const auto letter = [&](std::size_t i) {
        const char c = i < letters.size() ? letters[i] : ' ';
        if (c != 'E' && c != 'V' && c != 'I') throw std::invalid_argument("a constraint is three letters of E, V, I");
        return c == 'E' ? Letter::equal : c == 'V' ? Letter::variable : Letter::identity;
    };
    return {letter(0), letter(1), letter(2)};
}

Floor floor_of(const Doubles& minimum, const std::optional<Flags>& constant, double span, std::ptrdiff_t D) {
    if (minimum.ndim() != 1 || std::ptrdiff_t(minimum.shape(0)) != D ||
        (constant && std::ptrdiff_t(constant->shape(0)) != D))
        throw std::invalid_argument("the least variances must be (D,)");
    return {minimum.data(), constant ? constant->data() : nullptr, span};
}

template <typename T>
auto copied(const std::vector<T>& from) {
    auto [data, array] = make_array<T>(from.size(), from.size());
    std::copy(from.begin(), from.end(), data);
    return array;
}

nb::list held_of(const Climber::Mixture& mixture) {
    nb::list held;
    for (std::size_t i = 0; i < mixture.covariance.held.size(); ++i)
        if (mixture.covariance.held[i]) held.append(i);
    return held;
}

// Several labellings of the same rows, and the mixtures that climbs begin from.
struct PyGroups {
    PyGroups(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles middle, const std::vector<Labels>& labels,
             std::size_t n_components, int scatter, int threads, const std::string& variant)
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
    PyGroups(const Layout& layout, int threads, std::vector<GroupSums> found)
        : layout_(layout), threads_(threads), found_(std::move(found)) {}
    std::size_t size() const { return found_.size(); }
    nb::tuple sums(std::size_t i) const { return unpack(found_.at(i), layout_); }

    // For each labelling the first M-step, (model, held), or None where that is out of the ordinary.
    nb::list first_steps(const std::string& letters, Doubles minimum, const std::optional<Flags>& constant, double span,
                         bool equal_weights) const {
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

private:
    static constexpr std::ptrdiff_t kWorthWaking = 20;  // K D from which an M-step that iterates takes long enough
    Layout layout_;
    int threads_;
    std::vector<GroupSums> found_;
};

// Weights | means | covariances of a model that holds its own.
nb::object numbers_of(const PyModel& model) {
    const Climber::Mixture& own = model.own();
    return numbers(own.weights, own.means, own.covariance.numbers);
}

// A prior for covariances of one form, and the arrays that it points to.
struct PyPrior {
    PyPrior(Doubles mean, double mean_strength, double count, Doubles scale, double weight_concentration)
        : prior{mean.data(), mean_strength, count, scale.data(), weight_concentration}, mean_(mean), scale_(scale) {}
    // What it says of D features under a constraint.
    Prior about(const Constraint& constraint, std::ptrdiff_t D) const {
        const std::ptrdiff_t size = constraint.form() == Form::full ? D * D : constraint.form() == Form::diagonal ? D : 1;
        if (std::ptrdiff_t(mean_.size()) != D || std::ptrdiff_t(scale_.size()) != size)
            throw std::invalid_argument("the prior does not fit the constraint");
        return prior;
    }
    Prior prior;

private:
    Doubles mean_, scale_;
};

Target target_of(const std::string& letters, const Floor& floor, bool equal_weights, std::optional<double> noise,
                 const PyPrior* prior, const Model& first) {
    Target target{constraint_of(letters), floor, equal_weights, noise};
    if (!prior) return target;
    if (first.form != target.constraint.form() || first.tied != target.constraint.tied())
        throw std::invalid_argument("under a prior a climb begins in the form of its constraint");
    target.prior = prior->about(target.constraint, first.D);
    return target;
}

// A climb, and the arrays that it points to.
struct PyClimber {
    PyClimber(AnyRows rows, std::optional<Doubles> weight, nb::object model, const std::string& letters,
              Doubles minimum, std::optional<Flags> constant, double span, bool equal_weights,
              std::optional<double> noise, nb::object prior, std::vector<double> history, double tol, std::size_t last,
              bool strides, const std::string& variant)
        : rows_(rows), weight_(weight), model_(model), prior_(prior), minimum_(minimum), constant_(constant),
          climber(pass_of(rows_, weight_, nb::cast<const PyModel&>(model_), false, 1, variant),
                  target_of(letters, floor_of(minimum_, constant_, span, std::ptrdiff_t(rows_.shape(1))), equal_weights,
                            noise, prior_.is_none() ? nullptr : nb::cast<const PyPrior*>(prior_),
                            nb::cast<const PyModel&>(model_).model),
                  std::move(history), tol, last, strides) {}

private:
    AnyRows rows_;
    std::optional<Doubles> weight_;
    nb::object model_, prior_;
    Doubles minimum_;
    std::optional<Flags> constant_;

public:
    Climber climber;
};

void py_go_all(const std::vector<PyClimber*>& climbers, std::size_t most, int threads) {
    std::vector<Climber*> all;
    for (PyClimber* c : climbers) all.push_back(&c->climber);
    nb::gil_scoped_release release;
    go_all(all, most, threads);
}

// (history, log-likelihood, map log-responsibility, how it ended, None or (model, which are held, weight of the noise)).
nb::tuple py_standing(const PyClimber& c) {
    const Climber::Mixture* m = c.climber.mixture();
    nb::object mixture = nb::none();
    if (m) {
        const double noise = m->noise;
        auto model = std::make_unique<PyModel>(*m, c.climber.constraint(), c.climber.log_noise());
        mixture = nb::make_tuple(nb::cast(std::move(model)), nb::tuple(held_of(*m)), noise);
    }
    return nb::make_tuple(c.climber.history(), c.climber.log_likelihood(), c.climber.map_log_responsibility(),
                          int(c.climber.ended()), mixture);
}

// For each of some components (rows (n, D), weight (n,), log-likelihood of these rows and this component together, Groups
// of the ways of dividing them in two). `positions`: (components, 2).
nb::list py_own_rows(const AnyRows& rows, const std::optional<Doubles>& weight, const std::optional<Labels>& order,
                     Doubles z, Doubles log_density, Labels components, Doubles means, Doubles whiteners, Doubles axes,
                     Doubles positions, double nothing, int scatter, int threads, const std::string& variant) {
    const std::size_t N = rows.shape(0), D = rows.shape(1), n = components.shape(0);
    if (z.ndim() != 2 || z.shape(0) != N || log_density.size() != N || (order && order->shape(0) != N) ||
        means.size() != n * D || whiteners.size() != n * D * D || axes.size() != n * D || positions.size() != 2 * n)
        throw std::invalid_argument("rows, responsibilities and components do not fit together");
    const Seen seen{rows_of(rows, weight), order ? order->data() : nullptr, std::ptrdiff_t(z.shape(1)), z.data(),
                    log_density.data()};
    std::vector<Whose> whose;
    for (std::size_t i = 0; i < n; ++i) {
        const std::ptrdiff_t k = components.data()[i];
        if (k < 0 || k >= seen.K) throw std::invalid_argument("there is no such component");
        whose.push_back({k, means.data() + i * D, whiteners.data() + i * D * D, axes.data() + i * D,
                         {positions.data()[2 * i], positions.data()[2 * i + 1]}});
    }
    const Layout layout{Scatter(scatter), 2, std::ptrdiff_t(D)};
    const Variant* named = variant_named(variant);
    std::vector<OwnRows> found(n);
    std::vector<std::vector<GroupSums>> sums(n);
    {
        nb::gil_scoped_release release;
        std::atomic<std::size_t> next{0};
        in_parallel(std::min(threads, int(n)), [&](int) {
            for (std::size_t i = next++; i < n; i = next++) {
                found[i] = own_rows(seen, whose[i], nothing);
                const Rows own{found[i].rows.data(), false, std::ptrdiff_t(found[i].weight.size()), layout.D, layout.D, 1,
                               found[i].weight.data()};
                for (const std::vector<std::ptrdiff_t>& labels : found[i].ways)
                    sums[i].push_back(group_sums_about(repeated(whose[i].mean, 2, D), own, labels.data(), layout.scatter,
                                                       named, 1));
            }
        });
    }
    nb::list all;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t own = found[i].weight.size();
        auto ways = std::make_unique<PyGroups>(layout, 1, std::move(sums[i]));
        all.append(nb::make_tuple(handed_over(std::move(found[i].rows), own, D),
                                  handed_over(std::move(found[i].weight), own), found[i].log_joint,
                                  nb::cast(std::move(ways))));
    }
    return all;
}

std::vector<double> py_doubts(Doubles z, const std::optional<Doubles>& weight,
                              const std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>>& pairs, double sure,
                              int threads) {
    if (z.ndim() != 2 || (weight && weight->size() != z.shape(0)))
        throw std::invalid_argument("responsibilities (N, K) and weights (N,) are needed");
    const std::ptrdiff_t N = z.shape(0), K = z.shape(1);
    for (const auto& [i, j] : pairs)
        if (std::min(i, j) < 0 || std::max(i, j) >= K) throw std::invalid_argument("there is no such component");
    nb::gil_scoped_release release;
    return doubts(z.data(), N, K, weight ? weight->data() : nullptr, pairs, sure, threads);
}

// (covariances, held), flat, or None where the core has no answer. `before` is a mixture of any weights and means.
nb::object py_m_step(const std::string& letters, Doubles within, Doubles counts, Doubles minimum,
                     const std::optional<Flags>& constant, double span, const PyModel* before) {
    const std::ptrdiff_t K = counts.shape(0), D = minimum.shape(0);
    const Constraint constraint = constraint_of(letters);
    const Layout layout{constraint.scatter(), K, D};
    const std::ptrdiff_t size = layout.second_size() / (constraint.form() == Form::full ? layout.triangle() : 1) *
                                (constraint.form() == Form::full ? D * D : 1);
    if (std::ptrdiff_t(within.size()) != size || (before && (before->model.K != K || before->model.D != D)))
        throw std::invalid_argument("the scatter does not fit the constraint");
    Covariances found;
    bool good;
    {
        nb::gil_scoped_release release;
        good = m_step(constraint, {K, D, within.data(), counts.data()}, floor_of(minimum, constant, span, D),
                      before ? &before->model : nullptr, found);
    }
    return good ? nb::object(nb::make_tuple(copied(found.numbers), copied(found.held))) : nb::none();
}

// (matrices whose upper triangles mirror the lower, cholesky if `both`, inverse of that, which failed or -1): each by
// itself, since some are kept and others are not.
nb::tuple py_factor(nb::ndarray<const double, nb::ndim<3>, nb::c_contig, nb::device::cpu> matrices, bool both) {
    const std::size_t M = matrices.shape(0), D = matrices.shape(1), size = M * D * D;
    if (matrices.shape(2) != D) throw std::invalid_argument("matrices must be square");
    nb::object found[3];
    double* at[3];
    for (int i = 0; i < 3; ++i) {
        const std::size_t n = i == 1 && !both ? 0 : size;
        found[i] = nb::steal(PyBytes_FromStringAndSize(nullptr, Py_ssize_t(n * sizeof(double))));
        if (!found[i]) nb::raise_python_error();
        at[i] = reinterpret_cast<double*>(PyBytes_AS_STRING(found[i].ptr()));
    }
    const auto [mirrored, cholesky, inverse] = at;
    std::ptrdiff_t failed;
    {
        nb::gil_scoped_release release;
        for (std::size_t m = 0; m < M; ++m)
            for (std::size_t i = 0; i < D; ++i)
                for (std::size_t j = 0; j < D; ++j)
                    mirrored[(m * D + i) * D + j] = matrices.data()[(m * D + std::max(i, j)) * D + std::min(i, j)];
        failed = factor(mirrored, M, D, both ? cholesky : nullptr, inverse);
    }
    return nb::make_tuple(found[0], found[1], found[2], failed);
}

// (M, D) from (M, D, D) symmetric matrices. LAPACK's threads would wait for each other where a machine has others to run.
auto py_longest_axes(nb::ndarray<const double, nb::ndim<3>, nb::c_contig, nb::device::cpu> matrices) {
    const std::size_t M = matrices.shape(0), D = matrices.shape(1);
    if (matrices.shape(2) != D) throw std::invalid_argument("matrices must be square");
    auto [axes, array] = make_array<double>(M * D, M, D);
    {
        nb::gil_scoped_release release;
        for (std::size_t m = 0; m < M; ++m) longest_axis(matrices.data() + m * D * D, D, axes + m * D);
    }
    return array;
}

}  // namespace

NB_MODULE(_core, m) {
    m.doc() = "The compiled core; use bactrian.kernels, which checks what goes in.";
    nb::set_leak_warnings(false);  // what a cycle still holds when the interpreter ends is no news to a user
    nb::class_<PyModel>(m, "Model")
        .def(nb::init<int, bool, Doubles, Doubles, Doubles, double>())
        .def("numbers", numbers_of);
    m.def("accumulate", py_accumulate, "rows"_a, "weight"_a.none(), "model"_a, "scatter"_a, "whole"_a.none(), "single"_a,
          "threads"_a, "variant"_a);
    m.def("accumulate_given", py_accumulate_given, "rows"_a, "weight"_a.none(), "shift"_a, "labels"_a.none(),
          "z"_a.none(), "scatter"_a, "threads"_a, "variant"_a);
    m.def("accumulate_groups", py_accumulate_groups, "rows"_a, "weight"_a.none(), "middle"_a, "labels"_a,
          "n_components"_a, "scatter"_a, "threads"_a, "variant"_a);
    m.def("score", py_score, "rows"_a, "model"_a, "what"_a, "single"_a, "threads"_a, "variant"_a);
    m.def("kmeans", py_kmeans, "rows"_a, "weight"_a.none(), "middle"_a, "whitener"_a, "order"_a.none(), "anchors"_a,
          "n_components"_a, "candidates"_a, "positions"_a, "steps"_a, "moves"_a, "labelled"_a, "threads"_a, "variant"_a);
    nb::class_<PyGroups>(m, "Groups")
        .def(nb::init<const AnyRows&, const std::optional<Doubles>&, Doubles, const std::vector<Labels>&, std::size_t, int,
                      int, const std::string&>(),
             "rows"_a, "weight"_a.none(), "middle"_a, "labels"_a, "n_components"_a, "scatter"_a, "threads"_a, "variant"_a)
        .def("__len__", &PyGroups::size)
        .def("sums", &PyGroups::sums, "labelling"_a)
        .def("first_steps", &PyGroups::first_steps, "letters"_a, "minimum"_a, "constant"_a.none(), "span"_a,
             "equal_weights"_a);
    nb::class_<PyPrior>(m, "Prior")
        .def(nb::init<Doubles, double, double, Doubles, double>(), "mean"_a, "mean_strength"_a, "count"_a, "scale"_a,
             "weight_concentration"_a);
    nb::class_<PyClimber>(m, "Climber")
        .def(nb::init<AnyRows, std::optional<Doubles>, nb::object, const std::string&, Doubles, std::optional<Flags>,
                      double, bool, std::optional<double>, nb::object, std::vector<double>, double, std::size_t, bool,
                      const std::string&>(),
             "rows"_a, "weight"_a.none(), "model"_a, "letters"_a, "minimum"_a, "constant"_a.none(), "span"_a,
             "equal_weights"_a, "noise"_a.none(), "prior"_a.none(), "history"_a, "tol"_a, "last"_a, "strides"_a, "variant"_a)
        .def("standing", py_standing);
    m.def("go_all", py_go_all, "climbers"_a, "most"_a, "threads"_a);
    m.def("row_order", py_row_order, "rows"_a, "weight"_a.none(), "mean"_a, "covariance"_a);
    m.def("own_rows", py_own_rows, "rows"_a, "weight"_a.none(), "order"_a.none(), "z"_a, "log_density"_a, "components"_a,
          "means"_a, "whiteners"_a, "axes"_a, "positions"_a, "nothing"_a, "scatter"_a, "threads"_a, "variant"_a);
    m.def("doubts", py_doubts, "z"_a, "weight"_a.none(), "pairs"_a, "sure"_a, "threads"_a);
    m.def("m_step", py_m_step, "letters"_a, "within"_a, "counts"_a, "minimum"_a, "constant"_a.none(), "span"_a,
          "before"_a.none());
    m.def("numbered_by_appearance", py_numbered_by_appearance, "labels"_a);
    m.def("longest_axes", py_longest_axes, "matrices"_a);
    m.def("factor", py_factor, "matrices"_a, "both"_a);
    m.def("variants", variant_names, "The instruction sets this machine can run, best first.");
    m.def("hardware_threads", hardware_threads);
}
