// Iterations of EM without leaving the core, for models whose M-step is an average: small data would otherwise spend
// most of their time between passes.
#pragma once

#include <vector>

#include "pass.hpp"

namespace bactrian {

enum class Ended { handed_back, converged, max_iter };

// Where to: the form the M-step makes, and the least variance of each feature.
struct Target {
    Form form;
    bool tied;
    Scatter scatter;
    const double* minimum;  // (D,)
};

struct Climb {
    std::vector<double> history;  // log-likelihood of the start and after each iteration
    double map_log_responsibility = 0.0;
    int steps = 0;
    Ended ended = Ended::handed_back;
    // The mixture reached after at least one step; covariances (M, D, D), (M, D) or (M,).
    std::vector<double> weights, means, covariances;
};

// The least gain still to come, by the geometric series that the last two gains begin: em.remaining in Python.
double remaining(const std::vector<double>& history);

// Goes on from `history` until less than `tol` nats remain or the history is longer than `last`. Anything out of the
// ordinary (an empty component, a variance at its floor, a matrix that is not positive definite) is handed back as it
// was before the pass that showed it.
// `most` passes are made, or any number for 0.
Climb climb(Pass pass, const Target&, std::vector<double> history, double tol, std::size_t last, std::size_t most);

}  // namespace bactrian
