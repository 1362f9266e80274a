// What moves that split and merge components ask of the rows (bactrian/starts/halves.py, unions.py).
#pragma once

#include <utility>
#include <vector>

#include "problem.hpp"

namespace bactrian {

// Rows, and what a mixture of K components says of them.
struct Seen {
    Rows rows;
    const std::ptrdiff_t* order;  // (N,) the order in which they are gone through, or null for their own
    std::ptrdiff_t K;
    const double* z;              // (N, K) responsibilities
    const double* log_density;    // (N,)
};

// A component whose rows are asked for.
struct Whose {
    std::ptrdiff_t k;
    const double *mean, *whitener;  // (D,) and (D, D), lower row-major
    const double* axis;             // (D,) its longest
    double positions[2];            // in [0, 1), of the cumulated weight: where two centres are drawn
};

// Its rows with more than next to no responsibility.
struct OwnRows {
    std::vector<double> rows, weight;  // (n, D) and (n,): responsibility times row weight
    double log_joint;                  // weighted sum of log z + log density
    // Labels (n,), 0 or 1: either side along the longest axis, by two centres, and a core in its surroundings; without
    // those of which a part has no more weight than features.
    std::vector<std::vector<std::ptrdiff_t>> ways;
};

// Where they have less weight than 2 (D + 2) there are no ways.
OwnRows own_rows(const Seen&, const Whose&, double nothing);

// For pairs of components the entropy of which of the two each row came from, in nats, where neither of the
// responsibilities z (N, K) is below `sure`. `weight` may be null. The same bits for any number of threads.
std::vector<double> doubts(const double* z, std::ptrdiff_t N, std::ptrdiff_t K, const double* weight,
                           const std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>>& pairs, double sure, int threads);

}  // namespace bactrian
