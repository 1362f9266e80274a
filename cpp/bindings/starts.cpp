#include <atomic>

#include "bind.hpp"
#include "eigen.hpp"
#include "groups.hpp"
#include "kmeans.hpp"
#include "moves.hpp"
#include "order.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

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

void bind_starts(nb::module_& m) {
    m.def("kmeans", py_kmeans, "rows"_a, "weight"_a.none(), "middle"_a, "whitener"_a, "order"_a.none(), "anchors"_a,
          "n_components"_a, "candidates"_a, "positions"_a, "steps"_a, "moves"_a, "labelled"_a, "threads"_a, "variant"_a);
    m.def("row_order", py_row_order, "rows"_a, "weight"_a.none(), "mean"_a, "covariance"_a);
    m.def("own_rows", py_own_rows, "rows"_a, "weight"_a.none(), "order"_a.none(), "z"_a, "log_density"_a, "components"_a,
          "means"_a, "whiteners"_a, "axes"_a, "positions"_a, "nothing"_a, "scatter"_a, "threads"_a, "variant"_a);
    m.def("doubts", py_doubts, "z"_a, "weight"_a.none(), "pairs"_a, "sure"_a, "threads"_a);
    m.def("numbered_by_appearance", py_numbered_by_appearance, "labels"_a);
    m.def("longest_axes", py_longest_axes, "matrices"_a);
}

}  // namespace bactrian
