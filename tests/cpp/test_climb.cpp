// Climbs never fall, and are the same bits in one call, pass by pass, with any number of threads and side by side.
#include <cmath>
#include <optional>
#include <vector>

#include "check.hpp"
#include "climb.hpp"
#include "constraints.hpp"
#include "problem_case.hpp"

using namespace bactrian;

namespace {

Pass pass_of(const Case& c, int threads, std::optional<double> noise) {
    Pass pass = c.pass(false, false, available_variants()[0], threads);
    if (noise) pass.model.log_noise = std::log(0.1) + *noise;
    return pass;
}

// What is believed of D features, in the form of a constraint; its numbers are exactly as many as that needs.
struct Belief {
    Belief(const Constraint& constraint, std::ptrdiff_t D) : mean(D, 2.5) {
        const Form form = constraint.form();
        if (form != Form::full) scale.assign(form == Form::diagonal ? D : 1, 1.5);
        else
            for (std::ptrdiff_t i = 0; i < D * D; ++i) scale.push_back(i % (D + 1) == 0 ? 1.5 : 0.25);
    }
    Prior prior() const { return {mean.data(), 5.0, 8.0, scale.data(), 3.0}; }
    std::vector<double> mean, scale;
};

void check_climb(const char* code, bool equal_weights, std::optional<double> noise, bool strides, bool believes) {
    constexpr std::ptrdiff_t N = 300, D = 3, K = 2;
    constexpr std::size_t any = 1000;
    const Constraint constraint = constraint_of(code);
    const Case c(believes ? constraint.form() : Form::full, believes && constraint.tied(), N, D, K, 3.0);
    const std::vector<double> minimum(D, 1e-9);
    const Belief belief(constraint, D);
    Target target{constraint, {minimum.data(), nullptr, 1e12}, equal_weights, noise};
    if (believes) target.prior = belief.prior();
    const auto begun = [&] { return Climber(pass_of(c, 1, noise), target, {}, 0.0, 12, strides); };
    Climber whole = begun(), threaded = begun(), halting = begun(), one = begun(), other = begun();
    CHECK(whole.go(any, 1) == Ended::max_iter, "%s", code);
    CHECK(whole.history().size() == 13, "%s: %zu", code, whole.history().size());
    CHECK((whole.log_likelihood() == whole.history().back()) == !believes, "%s", code);
    for (std::size_t i = 2; i < whole.history().size(); ++i)  // the start is in no family
        CHECK(whole.history()[i] >= whole.history()[i - 1] - 1e-9, "%s falls at %zu", code, i);
    const Climber::Mixture& found = *whole.mixture();
    double sum = found.noise;
    for (const double w : found.weights) sum += w;
    CHECK(sum > 1 - 1e-12 && sum < 1 + 1e-12, "%s: weights sum to %g", code, sum);
    CHECK((found.noise > 0) == noise.has_value(), "%s: noise %g", code, found.noise);
    threaded.go(any, 3);
    go_all({&one, &other}, any, 2);
    while (halting.go(1, 1) == Ended::paused) {}
    for (const Climber* same : {&threaded, &halting, &one, &other})
        CHECK(same->history() == whole.history() &&
                  same->mixture()->covariance.numbers == found.covariance.numbers, "%s", code);
}

}  // namespace

int main() {
    for (const char* code : kCodes)
        for (const bool equal : {false, true}) {
            for (const bool strides : {false, true})
                for (const bool believes : {false, true}) {
                    check_climb(code, equal, std::nullopt, strides, believes);
                    check_climb(code, equal, -8.0, strides, believes);
                }
        }
    return report("climbs");
}
