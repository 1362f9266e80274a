// What is believed of a mixture before the rows are seen, as rows that were never there: bactrian/priors.py is the slow
// twin and has the equations.
#pragma once

#include "problem.hpp"
#include "summary.hpp"

namespace bactrian {

struct Prior {
    const double* mean;  // (D,)
    double mean_strength;
    double count;         // what the prior of one covariance adds to n_k
    const double* scale;  // and to W_k: (1,), (D,) or (D, D), as the form of the covariances is
    double weight_concentration;
};

// The summary that the M-step of maximum likelihood makes the posterior's mode of. The prior of a tied covariance is
// spread over its components. Its counts are those of the covariances: weights have a prior of their own.
Summary believed(const Prior&, bool tied, const Summary&);

// Of a mixture in the form that the prior is for, in nats, up to a constant.
double log_density(const Prior&, const Model&);

}  // namespace bactrian
