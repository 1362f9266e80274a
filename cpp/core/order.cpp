#include "order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bactrian {
namespace {

using Index = std::ptrdiff_t;

// The smallest step of a key. Features that come in another order or unit change keys by rounding, 1e-15 or so, and
// rows whose keys differ by no more than that shall be tied, not ordered by chance.
constexpr double kStep = 0x1p-30;

// Where the curve is steepest, in standard deviations; off the mean, so that (a, -a) and (b, -b) are told apart.
constexpr double kSteepest = 1.0 / 3.0;

template <typename Stored>
class Ordering {
public:
    Ordering(const Rows& rows, const double* mean, const double* covariance)
        : rows_(rows), data_(static_cast<const Stored*>(rows.data)), mean_(mean), scale_(rows.D), order_(rows.N),
          sums_(rows.N, 0.0), keys_(rows.N) {
        for (Index d = 0; d < rows.D; ++d) {
            const double variance = covariance[d * (rows.D + 1)];
            scale_[d] = variance > 0 ? std::sqrt(variance) : 1.0;
        }
    }

    std::vector<Index> found() {
        std::iota(order_.begin(), order_.end(), Index(0));
        if (rows_.D == 1) {
            std::stable_sort(order_.begin(), order_.end(), [&](Index a, Index b) { return at(a, 0) < at(b, 0); });
            return std::move(order_);
        }
        for (Index i = 0; i < rows_.N; ++i) {
            for (Index d = 0; d < rows_.D; ++d) sums_[i] += curve(i, d);
            keys_[i] = key(sums_[i]);
        }
        std::stable_sort(order_.begin(), order_.end(), [&](Index a, Index b) { return keys_[a] < keys_[b]; });
        for (auto begin = order_.begin(); begin != order_.end();) {
            const double first = keys_[*begin];
            const auto end = std::find_if(begin, order_.end(), [&](Index i) { return keys_[i] != first; });
            if (std::any_of(begin, end, [&](Index i) { return !same(i, *begin); })) untie(begin, end);
            begin = end;
        }
        return std::move(order_);
    }

private:
    double at(Index i, Index d) const { return double(data_[i * rows_.row_stride + d * rows_.feature_stride]); }
    // From -1 to 1; made of sums and quotients only, it is fast.
    double curve(Index i, Index d) const {
        const double t = (at(i, d) - mean_[d]) / scale_[d] - kSteepest;
        return t / (1 + std::fabs(t));
    }
    // Squares out of the range of numbers are refused elsewhere, and leave ties here.
    static double key(double sum) { return std::isfinite(sum) ? std::nearbyint(sum / kStep) : 0.0; }
    bool same(Index a, Index b) const {
        for (Index d = 0; d < rows_.D; ++d)
            if (at(a, d) != at(b, d)) return false;
        return true;
    }
    template <typename Iterator>
    void untie(Iterator begin, Iterator end) {
        if (shares_.empty()) share();
        std::vector<std::pair<double, Index>> tied;
        for (auto place = begin; place != end; ++place) {
            double second = 0.0;
            for (Index d = 0; d < rows_.D; ++d) second += curve(*place, d) * shares_[d];
            tied.emplace_back(key(second), *place);
        }
        std::stable_sort(tied.begin(), tied.end(), [&](const auto& a, const auto& b) {
            if (a.first != b.first) return a.first < b.first;
            for (Index d = 0; d < rows_.D; ++d)
                if (at(a.second, d) != at(b.second, d)) return at(a.second, d) < at(b.second, d);
            return false;
        });
        for (const auto& one : tied) *begin++ = one.second;
    }
    void share() {
        shares_.assign(rows_.D, 0.0);
        double total = 0.0;
        for (Index i = 0; i < rows_.N; ++i) total += rows_.weight ? rows_.weight[i] : 1.0;
        for (Index i = 0; i < rows_.N; ++i) {
            double bent = sums_[i] / (1 + std::fabs(sums_[i]));
            bent += bent * bent;  // what is only even, or only odd, may be the same for all features
            bent *= (rows_.weight ? rows_.weight[i] : 1.0) / total;
            for (Index d = 0; d < rows_.D; ++d) shares_[d] += curve(i, d) * bent;
        }
    }

    const Rows& rows_;
    const Stored* data_;
    const double* mean_;
    std::vector<double> scale_;
    std::vector<Index> order_;
    std::vector<double> sums_, keys_, shares_;
};

}  // namespace

std::vector<Index> row_order(const Rows& rows, const double* mean, const double* covariance) {
    return rows.single ? Ordering<float>(rows, mean, covariance).found()
                       : Ordering<double>(rows, mean, covariance).found();
}

}  // namespace bactrian
