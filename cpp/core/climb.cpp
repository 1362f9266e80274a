#include "climb.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "factor.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

using Mixture = Climber::Mixture;

// A short climb ends before strides pay, and is the same to the last digits in other units.
constexpr std::size_t kPatience = 16;

// Steps with a collapsed component after which a climb ends if its M-steps are iterations, which take very long about
// covariances that are next to singular: it will not win.
constexpr std::size_t kMostHeld = 12;

bool iterates(const Constraint& c) {
    const bool turning = c.orientation == Letter::equal && c.shape == Letter::variable;
    const bool scaling = c.orientation == Letter::equal && c.shape == Letter::equal && c.volume == Letter::variable;
    return turning || scaling;
}

// Whether diag(minimum) is below the M full covariances, by a bound on its largest eigenvalue in their units.
bool above_floor(const Mixture& mixture, std::ptrdiff_t M, std::ptrdiff_t D, const double* minimum) {
    for (std::ptrdiff_t m = 0; m < M; ++m) {
        double bound = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t l = 0; l <= j; ++l) {
                const double w = mixture.whiteners[(m * D + j) * D + l];
                bound += w * w * minimum[l];
            }
        if (!(bound < 1.0)) return false;
    }
    return true;
}

// Whiteners of the covariances, which are lifted to the floor where the M-step has not done that; false if there are none.
bool whiten(const Target& target, std::ptrdiff_t M, std::ptrdiff_t D, Mixture& to) {
    std::vector<double>& numbers = to.covariance.numbers;
    to.whiteners.resize(numbers.size());
    if (target.constraint.form() != Form::full) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (!(numbers[i] > 0.0)) return false;
            to.whiteners[i] = 1.0 / std::sqrt(numbers[i]);
        }
        return true;
    }
    const auto factored = [&] { return factor(numbers.data(), M, D, nullptr, to.whiteners.data()) < 0; };
    const bool definite = factored();
    if (target.constraint.above_floor()) return definite;
    if (definite && above_floor(to, M, D, target.floor.minimum)) return true;
    return lift(M, D, target.floor, to.covariance) && factored();
}

// Mixing weights, and the noise with what is left of the rows: Objective._weights.
void weigh(const Target& target, const Summary& summary, Mixture& to) {
    const double n = summary.in_components(), more = target.prior ? target.prior->weight_concentration - 1.0 : 0.0;
    const double components = n + double(summary.K) * more;
    const double left = target.noise ? std::fmax(0.0, summary.total - n) : 0.0;
    to.weights.resize(summary.K);
    for (std::ptrdiff_t k = 0; k < summary.K; ++k)
        to.weights[k] =
            (target.equal_weights ? components / double(summary.K) : summary.counts[k] + more) / (components + left);
    to.noise = left / (components + left);
}

// The M-step; false for anything out of the ordinary.
bool maximize(const Target& target, const Summary& seen, const Model* before, Mixture& to) {
    weigh(target, seen, to);
    Summary posterior;
    if (target.prior) posterior = believed(*target.prior, target.constraint.tied(), seen);
    const Summary& summary = target.prior ? posterior : seen;
    to.means = summary.means;
    const Scatters scatters{summary.K, summary.D, summary.within.data(), summary.counts.data()};
    return m_step(target.constraint, scatters, target.floor, before, to.covariance) &&
           whiten(target, target.constraint.tied() ? 1 : summary.K, summary.D, to);
}

bool any_held(const Mixture& mixture) {
    const std::vector<char>& held = mixture.covariance.held;
    return std::any_of(held.begin(), held.end(), [](char h) { return h != 0; });
}

}  // namespace

bool first_step(const Target& target, const Summary& summary, Mixture& to) {
    return maximize(target, summary, nullptr, to);
}

Climber::Climber(Pass pass, Target target, std::vector<double> history, double tol, std::size_t last, bool strides)
    : pass_(pass), target_(target), history_(std::move(history)), tol_(tol), last_(last),
      pace_(strides, target.noise.has_value(), kPatience), layout_{target.constraint.scatter(), pass.model.K, pass.model.D} {}

Ended Climber::go(std::size_t most, int threads) {
    pass_.threads = threads;
    for (std::size_t i = 0; i < most && ended_ == Ended::paused; ++i) ended_ = pass();
    return ended_;
}

Ended Climber::pass() {
    const std::vector<double> sums = accumulate(pass_, nullptr, layout_);
    const double log_likelihood = sums[layout_.log_likelihood];
    const double value = log_likelihood + (target_.prior ? log_density(*target_.prior, pass_.model) : 0.0);
    if (pace_.on_trial() && !(value >= history_.back())) {
        pace_.retreat();
        stand_on(fallback_);
        return Ended::paused;
    }
    if (!summarize(sums, layout_, pass_.model.means, summary_, &pass_.model)) return Ended::handed_back;
    history_.push_back(value);
    log_likelihood_ = log_likelihood;
    map_log_responsibility_ = sums[layout_.map_log_responsibility];
    pace_.look(summary_);
    if (tol_ > 0.0 && pace_.left(history_, summary_) < tol_) return Ended::converged;
    if (history_.size() > last_) return Ended::max_iter;
    return step();
}

Ended Climber::step() {
    if (!maximize(target_, summary_, &pass_.model, next_)) {
        history_.pop_back();
        return Ended::handed_back;
    }
    const bool held = any_held(next_);
    held_for_ = held ? held_for_ + 1 : 0;
    if (held_for_ > kMostHeld && iterates(target_.constraint)) return Ended::max_iter;
    Summary there;
    if (pace_.stride(summary_, held, there) && maximize(target_, there, &pass_.model, stride_) &&
        !any_held(stride_)) {
        pace_.taken();
        std::swap(fallback_, next_);
        stand_on(stride_);
    } else {
        stand_on(next_);
    }
    return Ended::paused;
}

void Climber::stand_on(Mixture& mixture) {
    std::swap(now_, mixture);
    moved_ = true;
    now_.log_constant.resize(layout_.K);
    pass_.model = {target_.constraint.form(), target_.constraint.tied(), layout_.K, layout_.D,
                   now_.log_constant.data(), now_.means.data(), now_.whiteners.data()};
    if (target_.noise && now_.noise > 0.0) pass_.model.log_noise = std::log(now_.noise) + *target_.noise;
    log_constants(pass_.model, now_.weights.data(), now_.log_constant.data());
}

namespace {

// Of one pass of all of them: for less, other threads are not woken, which takes long where they have no core to wake on.
constexpr double kWorthWaking = 1e5;

double work_of(const std::vector<Climber*>& climbers) {
    double work = 0.0;
    for (const Climber* climber : climbers) work += climber->work();
    return work;
}

}  // namespace

void go_all(const std::vector<Climber*>& climbers, std::size_t most, int threads) {
    if (threads == 1 || climbers.size() == 1 || work_of(climbers) < kWorthWaking) {
        for (Climber* climber : climbers) climber->go(most, threads);
        return;
    }
    std::atomic<std::size_t> taken{0};
    in_parallel(std::min<int>(threads, int(climbers.size())), [&](int) {
        // from the last: free families and many components, which take longest, begin first
        for (std::size_t i = ++taken; i <= climbers.size(); i = ++taken) climbers[climbers.size() - i]->go(most, 1);
    });
}

}  // namespace bactrian
