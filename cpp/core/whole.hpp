// What all rows of a data set have in common, so that passes under one full covariance need not add it up again.
//
// There x' P x is the same for all components: it cancels in the responsibilities, and its sum over the rows is
// tr(P S), with S the scatter of all rows, a constant of the data. What is left is linear in x.
#pragma once

#include <optional>
#include <vector>

#include "problem.hpp"

namespace bactrian {

struct Whole {
    const double* centre;   // (D,) near the mean
    const double* scatter;  // (D, D) sum of w (x - centre)(x - centre)^T
    double total;           // sum of w
};

// A tied model about that centre: log-densities are base + theta' (x - centre) - (x - centre)' P (x - centre) / 2.
struct Shared {
    Common common() const { return {centre, theta.data(), base.data()}; }
    const double* centre;
    std::vector<double> theta;  // (K, D) P (mean - centre)
    std::vector<double> base;   // (K,)
    double quadratic;           // the sum over rows of the last term
};

// None where such sums would lose digits: means far from the centre, or a covariance of much smaller axes.
std::optional<Shared> share(const Model&, const Whole&);

// Adds what a pass with `shared` has left out.
void complete(const Shared& shared, const Whole&, const Layout&, std::vector<double>& sums);

}  // namespace bactrian
