#include "moves.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

#include "pool.hpp"

namespace bactrian {
namespace {

using Index = std::ptrdiff_t;
using Labels = std::vector<Index>;

constexpr int kLloydSteps = 3;
constexpr Index kChunk = 4096;  // rows whose doubts are summed by themselves

// The row that holds a position of the cumulated weight: one of weight 2 is two rows.
template <typename Mass>
Index at(double position, Index n, Mass mass) {
    double total = 0.0;
    for (Index i = 0; i < n; ++i) total += mass(i);
    const double target = position * total;
    double here = 0.0;
    for (Index i = 0; i < n; ++i)
        if ((here += mass(i)) > target) return i;
    return n - 1;
}

// The least value that holds half of the weight, together with those below it. The pairs (value, weight) change order.
double median(std::vector<std::pair<double, double>>& values) {
    double total = 0.0, before = 0.0;
    for (const auto& value : values) total += value.second;
    auto low = values.begin(), high = values.end();
    while (high - low > 1) {
        const auto middle = low + (high - low) / 2;
        std::nth_element(low, middle, high);
        double lower = 0.0;
        for (auto value = low; value != middle; ++value) lower += value->second;
        if (before + lower >= 0.5 * total)
            high = middle;
        else
            before += lower, low = middle;
    }
    return low->first;
}

// One component's rows, as they are collected and divided.
class Dividing {
public:
    Dividing(const Seen& seen, const Whose& whose, double nothing) : seen_(seen), whose_(whose), D_(seen.rows.D) {
        found_.log_joint = 0.0;
        seen.rows.single ? collect<float>(nothing) : collect<double>(nothing);
    }
    OwnRows divided() {
        const double total = std::accumulate(found_.weight.begin(), found_.weight.end(), 0.0);
        if (total >= 2.0 * double(D_ + 2)) {
            whiten();
            keep(along_axis());
            keep(by_two_centres());
            keep(in_surroundings());
        }
        return std::move(found_);
    }

private:
    template <typename Stored>
    void collect(double nothing) {
        const Rows& rows = seen_.rows;
        const Stored* data = static_cast<const Stored*>(rows.data);
        for (Index n = 0; n < rows.N; ++n) {
            const Index i = seen_.order ? seen_.order[n] : n;
            const double z = seen_.z[i * seen_.K + whose_.k];
            if (!(z > nothing)) continue;
            const double weight = rows.weight ? z * rows.weight[i] : z;
            for (Index d = 0; d < D_; ++d)
                found_.rows.push_back(double(data[i * rows.row_stride + d * rows.feature_stride]));
            found_.weight.push_back(weight);
            found_.log_joint += weight * (std::log(z) + seen_.log_density[i]);
        }
        n_ = Index(found_.weight.size());
    }
    void whiten() {
        white_.resize(n_ * D_), square_.resize(n_);
        std::vector<double> apart(D_);
        for (Index i = 0; i < n_; ++i) {
            for (Index d = 0; d < D_; ++d) apart[d] = found_.rows[i * D_ + d] - whose_.mean[d];
            double* to = white_.data() + i * D_;
            square_[i] = 0.0;
            for (Index j = 0; j < D_; ++j) {
                const double* row = whose_.whitener + j * D_;
                double sum = 0.0;
                for (Index l = 0; l <= j; ++l) sum += row[l] * apart[l];
                to[j] = sum, square_[i] += sum * sum;
            }
        }
    }
    Labels along_axis() const {
        Labels labels(n_);
        for (Index i = 0; i < n_; ++i) {
            double along = 0.0;
            for (Index d = 0; d < D_; ++d) along += (found_.rows[i * D_ + d] - whose_.mean[d]) * whose_.axis[d];
            labels[i] = along > 0.0;
        }
        return labels;
    }
    // k-means++ and Lloyd's steps for two groups of whitened rows
    Labels by_two_centres() const {
        const std::vector<double>& weight = found_.weight;
        const double* near = white_.data() + D_ * at(whose_.positions[0], n_, [&](Index i) { return weight[i]; });
        std::vector<double> masses(n_);
        for (Index i = 0; i < n_; ++i) {
            double distance = 0.0;
            for (Index d = 0; d < D_; ++d) {
                const double apart = white_[i * D_ + d] - near[d];
                distance += apart * apart;
            }
            masses[i] = weight[i] * distance;
        }
        const double* far = white_.data() + D_ * at(whose_.positions[1], n_, [&](Index i) { return masses[i]; });
        std::vector<double> centres(near, near + D_), between(D_), sums(2 * D_);
        centres.insert(centres.end(), far, far + D_);
        Labels labels(n_);
        for (int step = 0; step < kLloydSteps; ++step) {
            double edge = 0.0, shares[2] = {};
            for (Index d = 0; d < D_; ++d) {
                between[d] = centres[D_ + d] - centres[d];
                edge += 0.5 * (centres[d] + centres[D_ + d]) * between[d];
            }
            std::fill(sums.begin(), sums.end(), 0.0);
            for (Index i = 0; i < n_; ++i) {
                const double* x = white_.data() + i * D_;
                double along = 0.0;
                for (Index d = 0; d < D_; ++d) along += x[d] * between[d];
                labels[i] = along > edge;
                shares[labels[i]] += weight[i];
                double* to = sums.data() + labels[i] * D_;
                for (Index d = 0; d < D_; ++d) to[d] += weight[i] * x[d];
            }
            if (!(shares[0] > 0.0 && shares[1] > 0.0)) break;
            for (Index d = 0; d < 2 * D_; ++d) centres[d] = sums[d] / shares[d / D_];
        }
        return labels;
    }
    Labels in_surroundings() const {
        std::vector<std::pair<double, double>> distances(n_);
        for (Index i = 0; i < n_; ++i) distances[i] = {square_[i], found_.weight[i]};
        const double middle = median(distances);
        Labels labels(n_);
        for (Index i = 0; i < n_; ++i) labels[i] = square_[i] > middle;
        return labels;
    }
    void keep(Labels labels) {
        double shares[2] = {};
        for (Index i = 0; i < n_; ++i) shares[labels[i]] += found_.weight[i];
        if (std::min(shares[0], shares[1]) > double(D_)) found_.ways.push_back(std::move(labels));
    }

    const Seen& seen_;
    const Whose& whose_;
    Index D_, n_ = 0;
    OwnRows found_;
    std::vector<double> white_, square_;  // (n, D), and the squared distances from the mean
};

}  // namespace

OwnRows own_rows(const Seen& seen, const Whose& whose, double nothing) {
    return Dividing(seen, whose, nothing).divided();
}

std::vector<double> doubts(const double* z, Index N, Index K, const double* weight,
                           const std::vector<std::pair<Index, Index>>& pairs, double sure, int threads) {
    const Index chunks = (N + kChunk - 1) / kChunk, P = Index(pairs.size());
    std::vector<double> sums(chunks * P, 0.0);
    std::atomic<Index> next{0};
    in_parallel(int(std::min<Index>(threads, chunks)), [&](int) {
        for (Index c; (c = next.fetch_add(1)) < chunks;)
            for (Index i = c * kChunk; i < std::min((c + 1) * kChunk, N); ++i)
                for (Index p = 0; p < P; ++p) {
                    const double a = z[i * K + pairs[p].first], b = z[i * K + pairs[p].second];
                    if (!(std::min(a, b) > sure)) continue;
                    const double doubt = (a + b) * std::log(a + b) - a * std::log(a) - b * std::log(b);
                    sums[c * P + p] += weight ? weight[i] * doubt : doubt;
                }
    });
    std::vector<double> all(P, 0.0);
    for (Index c = 0; c < chunks; ++c)
        for (Index p = 0; p < P; ++p) all[p] += sums[c * P + p];
    return all;
}

}  // namespace bactrian
