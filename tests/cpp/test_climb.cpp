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

void check_climb(const char* code, bool equal_weights, std::optional<double> noise, bool strides) {
    constexpr std::ptrdiff_t N = 300, D = 3, K = 2;
    constexpr std::size_t any = 1000;
    const Case c(Form::full, false, N, D, K, 3.0);
    const std::vector<double> minimum(D, 1e-9);
    const Target target{constraint_of(code), {minimum.data(), nullptr, 1e12}, equal_weights, noise};
    const auto begun = [&] { return Climber(pass_of(c, 1, noise), target, {}, 0.0, 12, strides); };
    Climber whole = begun(), threaded = begun(), halting = begun(), one = begun(), other = begun();
    CHECK(whole.go(any, 1) == Ended::max_iter, "%s", code);
    CHECK(whole.history().size() == 13, "%s: %zu", code, whole.history().size());
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
            for (const bool strides : {false, true}) {
                check_climb(code, equal, std::nullopt, strides);
                check_climb(code, equal, -8.0, strides);
            }
        }
    return report("climbs");
}
