#include "lloyd.hpp"

#include <algorithm>

namespace bactrian {

void lloyd(Pass pass, const double* middle, int steps, std::ptrdiff_t* labels) {
    const std::ptrdiff_t N = pass.rows.N, K = pass.model.K, D = pass.model.D;
    const double one = 1.0;
    const std::vector<double> zeros(K, 0.0);
    std::vector<double> shift, centres(pass.model.means, pass.model.means + K * D);
    for (std::ptrdiff_t k = 0; k < K; ++k) shift.insert(shift.end(), middle, middle + D);
    pass.model.means = centres.data();

    // sums under labels are taken about the middle, in float64
    Pass sums = pass;
    sums.model = {Form::spherical, true, K, D, zeros.data(), shift.data(), &one};
    sums.single = false;
    const Layout layout{Scatter::trace, K, D};
    const Given given{labels, nullptr};

    std::vector<std::ptrdiff_t> before(N);
    score(pass, {nullptr, nullptr, nullptr, labels});
    for (int step = 0; step < steps; ++step) {
        const std::vector<double> found = accumulate(sums, &given, layout);
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            const double count = found[layout.counts + k];
            for (std::ptrdiff_t d = 0; d < D; ++d)
                centres[k * D + d] = middle[d] + (count > 0.0 ? found[layout.first() + k * D + d] / count : 0.0);
        }
        std::copy_n(labels, N, before.data());
        score(pass, {nullptr, nullptr, nullptr, labels});
        if (std::equal(before.begin(), before.end(), labels)) return;
    }
}

}  // namespace bactrian
