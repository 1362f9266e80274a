// Climbs never fall, and are the same bits in one call, pass by pass, and with any number of threads.
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

void check_climb(const char* code, bool equal_weights, std::optional<double> noise) {
    constexpr std::ptrdiff_t N = 300, D = 3, K = 2;
    const Case c(Form::full, false, N, D, K, 3.0);
    const std::vector<double> minimum(D, 1e-9);
    const Target target{constraint_of(code), {minimum.data(), nullptr, 1e12}, equal_weights, noise};
    const Climb whole = climb(pass_of(c, 1, noise), target, {}, 0.0, 12, 0);
    CHECK(whole.history.size() == 13 && whole.ended == Ended::max_iter, "%s: %zu", code, whole.history.size());
    for (std::size_t i = 2; i < whole.history.size(); ++i)  // the start is in no family
        CHECK(whole.history[i] >= whole.history[i - 1] - 1e-9, "%s falls at %zu", code, i);
    double sum = whole.noise;
    for (const double w : whole.weights) sum += w;
    CHECK(sum > 1 - 1e-12 && sum < 1 + 1e-12, "%s: weights sum to %g", code, sum);
    CHECK((whole.noise > 0) == noise.has_value(), "%s: noise %g", code, whole.noise);
    const Climb threaded = climb(pass_of(c, 3, noise), target, {}, 0.0, 12, 0);
    CHECK(threaded.history == whole.history && threaded.covariance.numbers == whole.covariance.numbers, "%s", code);
    const Climb first = climb(pass_of(c, 1, noise), target, {}, 0.0, 12, 5);
    CHECK(std::vector<double>(whole.history.begin(), whole.history.begin() + 5) == first.history, "%s: a part", code);
}

}  // namespace

int main() {
    for (const char* code : kCodes)
        for (const bool equal : {false, true}) {
            check_climb(code, equal, std::nullopt);
            check_climb(code, equal, -8.0);
        }
    return report("climbs");
}
