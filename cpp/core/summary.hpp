// What an M-step needs of a pass: amounts, means, and scatter about them.
#pragma once

#include <vector>

#include "problem.hpp"

namespace bactrian {

struct Summary {
    Scatter scatter;
    std::ptrdiff_t K, D;
    double total = 0.0;                  // of the row weights
    std::vector<double> counts, means;   // (K,) and (K, D)
    std::vector<double> within;          // W_k: (K,), (K, D), (D, D) or (K, D, D), as the scatter says

    std::ptrdiff_t matrices() const { return scatter == Scatter::pooled ? 1 : K; }
    bool full() const { return scatter == Scatter::full || scatter == Scatter::pooled; }
    double in_components() const;
};

// The summary of a pass about (K, D) points; false where a component has no rows. If these are the means of the mixture
// `before`, they stay where rounding would take them further off than that: Statistics.settled.
bool summarize(const std::vector<double>& sums, const Layout&, const double* about, Summary& to,
               const Model* before = nullptr);

// The same with less scatter than the full one that it has.
Summary narrowed(const Summary& full, Scatter);

}  // namespace bactrian
