// Rows under labels, as Python holds them.
#pragma once

#include "m_steps.hpp"
#include "model.hpp"

namespace bactrian {

// What labels (N,) say of the rows: sums about points (K, D).
struct GroupSums {
    std::vector<double> centres, sums;
};

// About `centres` (K, D).
GroupSums group_sums_about(std::vector<double> centres, const Rows& rows, const std::ptrdiff_t* labels, Scatter scatter,
                           const Variant* variant, int threads);

// About the groups' own means, which are found about `middle` (D,).
GroupSums group_sums(const Rows& rows, const double* middle, const std::ptrdiff_t* labels, std::size_t K,
                     Scatter scatter, const Variant* variant, int threads);

// K times the same (D,) point.
std::vector<double> repeated(const double* point, std::size_t K, std::size_t D);

nb::tuple unpack(const GroupSums& groups, const Layout& layout);

// Several labellings of the same rows, and the mixtures that climbs begin from.
struct PyGroups {
    PyGroups(const AnyRows& rows, const std::optional<Doubles>& weight, Doubles middle, const std::vector<Labels>& labels,
             std::size_t n_components, int scatter, int threads, const std::string& variant);
    PyGroups(const Layout& layout, int threads, std::vector<GroupSums> found)
        : layout_(layout), threads_(threads), found_(std::move(found)) {}
    std::size_t size() const { return found_.size(); }
    nb::tuple sums(std::size_t i) const { return unpack(found_.at(i), layout_); }

    // For each labelling the first M-step, (model, held), or None where that is out of the ordinary.
    nb::list first_steps(const std::string& letters, Doubles minimum, const std::optional<Flags>& constant, double span,
                         bool equal_weights) const;

private:
    static constexpr std::ptrdiff_t kWorthWaking = 20;  // K D from which an M-step that iterates takes long enough
    Layout layout_;
    int threads_;
    std::vector<GroupSums> found_;
};

}  // namespace bactrian
