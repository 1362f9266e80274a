// Iterations of EM without leaving the core: small data would otherwise spend most of their time between passes.
#pragma once

#include <optional>
#include <vector>

#include "m_step.hpp"
#include "pass.hpp"

namespace bactrian {

enum class Ended { handed_back, converged, max_iter };

// What is climbed: the likelihood of mixtures under a constraint and above a floor.
struct Target {
    Constraint constraint;
    Floor floor;
    bool equal_weights = false;
    std::optional<double> noise;  // log density of the noise component
};

struct Climb {
    std::vector<double> history;  // log-likelihood of the start and after each iteration
    double map_log_responsibility = 0.0;
    int steps = 0;
    Ended ended = Ended::handed_back;
    // The mixture reached after at least one step, and the weight of its noise.
    std::vector<double> weights, means;
    Covariances covariance;
    double noise = 0.0;
};

// The least gain still to come, by the geometric series that the last two gains begin: em.remaining in Python.
double remaining(const std::vector<double>& history);

// Goes on from `history` until less than `tol` nats remain or the history is longer than `last`. Anything out of the
// ordinary (an empty component, a matrix that is not positive definite) is handed back as it was before the pass that
// showed it.
// `most` passes are made, or any number for 0.
Climb climb(Pass pass, const Target&, std::vector<double> history, double tol, std::size_t last, std::size_t most);

}  // namespace bactrian
