// Iterations of EM without leaving the core: small data would otherwise spend most of their time between passes.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "m_step.hpp"
#include "pace.hpp"
#include "pass.hpp"
#include "prior.hpp"

namespace bactrian {

enum class Ended { handed_back, converged, max_iter, paused };

// What is climbed: the likelihood of mixtures under a constraint and above a floor, or with a prior their posterior.
struct Target {
    Constraint constraint;
    Floor floor;
    bool equal_weights = false;
    std::optional<double> noise;  // log density of the noise component
    std::optional<Prior> prior{};
};

// One climb. What `pass` and `target` point to must outlive it; the model of a pass under a prior has the target's form.
// It goes on from `history` until less than `tol` nats remain or the history is longer than `last`. Anything out of the ordinary (an empty component, a matrix that is not
// positive definite) is handed back as it was before the pass that showed it.
class Climber {
public:
    // A mixture that owns its numbers.
    struct Mixture {
        std::vector<double> weights, means, whiteners, log_constant;
        Covariances covariance;
        double noise = 0.0;
    };

    Climber(Pass, Target, std::vector<double> history, double tol, std::size_t last, bool strides);
    Climber(const Climber&) = delete;  // the model points into it

    // Makes up to `most` more passes. Where it pauses does not change where it ends.
    Ended go(std::size_t most, int threads);

    const std::vector<double>& history() const { return history_; }
    double log_likelihood() const { return log_likelihood_; }  // at the end of the history
    double map_log_responsibility() const { return map_log_responsibility_; }
    Ended ended() const { return ended_; }
    // Of one pass, in operations of some sort.
    double work() const { return double(pass_.rows.N) * double(layout_.K) * double(layout_.D + 8); }
    // The mixture that it stands on; null where that is still the first.
    const Mixture* mixture() const { return moved_ ? &now_ : nullptr; }
    const Constraint& constraint() const { return target_.constraint; }
    // Of its weight times density; minus infinity without.
    double log_noise() const { return pass_.model.log_noise; }

private:
    Ended pass();
    Ended step();
    void stand_on(Mixture&);

    Pass pass_;
    Target target_;
    std::vector<double> history_;
    double tol_;
    std::size_t last_;
    Pace pace_;
    Layout layout_;
    Summary summary_;
    Mixture now_, next_, stride_, fallback_;
    double log_likelihood_ = -std::numeric_limits<double>::infinity();
    double map_log_responsibility_ = 0.0;
    bool moved_ = false;
    std::size_t held_for_ = 0;  // steps in a row
    Ended ended_ = Ended::paused;
};

// The first M-step, which knows of no mixture before it; false for anything out of the ordinary.
bool first_step(const Target&, const Summary&, Climber::Mixture& to);

// Several climbs side by side, one thread each; the same bits as one after the other.
void go_all(const std::vector<Climber*>&, std::size_t most, int threads);

}  // namespace bactrian
