// Lloyd's steps on whitened rows, and moves between them that merge two groups and split another.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <vector>

#include "tiles.hpp"

namespace bactrian {

constexpr int kTurns = 4;        // towards the longest axis of a group, and then of its halves
constexpr double kWorth = 1.05;  // times what a union loses that a split must gain

inline double squared_distance(const double* a, const double* b, Index D) {
    double sum = 0.0;
    for (Index d = 0; d < D; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}
// What the sum of squares loses where two groups become one (Ward 1963).
inline double ward(double n, double m, double squared) { return n + m > 0.0 ? n * m / (n + m) * squared : 0.0; }

// Lloyd's steps of one labelling, and moves that merge two groups and split another.
class Lloyd {
public:
    Lloyd(const KMeans& k, const Tiles& tiles, std::vector<double> centres)
        : k_(k), tiles_(tiles), D(tiles.D), centres_(std::move(centres)), counts_(k.K), sums_(tiles),
          labels(tiles.count * tiles.T, -1) {}
    void run() {
        settle();
        for (Index n = 0; n < k_.moves && improved(); ++n) settle();
    }
    std::vector<Index> labels_of_rows() const {
        std::vector<Index> of(tiles_.N);
        for (Index i = 0; i < tiles_.N; ++i) of[tiles_.row(i)] = labels[i];
        return of;
    }

private:
    struct Halves {
        double gain;
        Index of;
    };
    struct Pair {
        double loss;
        Index i, j;
    };
    void settle() {
        assign();
        for (int step = 0; step < k_.steps; ++step) {
            move();
            if (!assign()) return;
        }
        if (k_.moves) move();
    }
    // whether any label changed
    bool assign() {
        std::atomic<bool> changed{false};
        all_ = sums_.over(k_.K * (D + 1), 2.0 * double(k_.K * D), [&](Index t, const double* x, double* sums) {
            std::array<Index, Tiles::kMostRows> found;
            k_.variant->points.nearest(x, tiles_.padded(t), tiles_.T, D, centres_.data(), k_.K, found.data());
            Index* before = labels.data() + t * tiles_.T;
            const Index n = tiles_.rows(t);
            if (!std::equal(before, before + n, found.data())) changed = true;
            std::copy_n(found.data(), n, before);
            add(t, x, sums, [&](Index i) { return before[i]; });
        });
        return changed;
    }
    // the weights of rows and their sums, by groups; features inside: neighbouring rows may be of one group, whose sum
    // would be waited for
    template <typename Group>
    void add(Index t, const double* x, double* sums, Group group) const {
        const double* weight = tiles_.weight(t);
        for (Index i = 0; i < tiles_.rows(t); ++i) {
            double* to = sums + group(i) * (D + 1);
            to[D] += weight[i];
            for (Index d = 0; d < D; ++d) to[d] += weight[i] * x[d * tiles_.T + i];
        }
    }
    void move() {
        for (Index k = 0; k < k_.K; ++k) counts_[k] = mean_of(all_.data() + k * (D + 1), centres_.data() + k * D);
    }
    double mean_of(const double* sums, double* mean) const {
        for (Index d = 0; d < D; ++d) mean[d] = sums[D] > 0.0 ? sums[d] / sums[D] : 0.0;
        return sums[D];
    }
    // Some moves that gain, as far as is known at once and where they do not meet; whether there was one.
    bool improved() {
        split();
        std::vector<Halves> halves;
        for (Index k = 0; k < k_.K; ++k) halves.push_back({ward(weights_[2 * k], weights_[2 * k + 1], apart(k)), k});
        std::vector<Pair> pairs;
        for (Index i = k_.K0; i < k_.K; ++i)
            for (Index j = i + 1; j < k_.K; ++j)
                pairs.push_back({ward(counts_[i], counts_[j], squared_distance(centre(i), centre(j), D)), i, j});
        std::ranges::stable_sort(halves, std::greater{}, &Halves::gain);
        std::ranges::stable_sort(pairs, std::less{}, &Pair::loss);
        std::vector<bool> taken(k_.K, false);
        bool any = false;
        for (const Halves& one : halves) {
            if (one.of < k_.K0 || taken[one.of]) continue;
            const auto free = [&](const Pair& p) {
                return p.i != one.of && p.j != one.of && !taken[p.i] && !taken[p.j];
            };
            const auto pair = std::ranges::find_if(pairs, free);
            if (pair == pairs.end() || !(one.gain > kWorth * pair->loss)) continue;
            any = taken[one.of] = taken[pair->i] = taken[pair->j] = true;
            const double share = counts_[pair->i] / std::max(counts_[pair->i] + counts_[pair->j], 1e-300);
            for (Index d = 0; d < D; ++d) {
                double &a = centres_[pair->i * D + d], &b = centres_[pair->j * D + d];
                a = share * a + (1.0 - share) * b;
                b = halves_[(2 * one.of + 1) * D + d];
                centres_[one.of * D + d] = halves_[2 * one.of * D + d];
            }
        }
        return any;
    }
    // Each group in two, along its longest axis and then by a few of Lloyd's steps of its own.
    void split() {
        first_rows();
        for (int turn = 0; turn < kTurns; ++turn) {
            const auto turn_rows = [&](Index t, const double* x, double* sums) {
                const double* weight = tiles_.weight(t);
                for_rows(t, x, [&](Index i, Index k, double along) {
                    for (Index d = 0; d < D; ++d)
                        sums[k * D + d] += weight[i] * along * (x[d * tiles_.T + i] - centre(k)[d]);
                });
            };
            const std::vector<double>& turned = sums_.over(k_.K * D, 4.0 * double(D), turn_rows);
            for (Index k = 0; k < k_.K; ++k) {
                double largest = 0.0;
                for (Index d = 0; d < D; ++d) largest = std::max(largest, std::abs(turned[k * D + d]));
                for (Index d = 0; largest > 0.0 && d < D; ++d) axis_[k * D + d] = turned[k * D + d] / largest;
            }
        }
        halves_.resize(2 * k_.K * D), weights_.resize(2 * k_.K);
        for (int step = 0; step < kTurns; ++step) {
            const auto halve = [&](Index t, const double* x, double* to) {
                std::array<Index, Tiles::kMostRows> half;
                for_rows(t, x, [&](Index i, Index k, double along) { half[i] = 2 * k + (along > 0.0); });
                add(t, x, to, [&](Index i) { return half[i]; });
            };
            const std::vector<double>& sums = sums_.over(2 * k_.K * (D + 1), 4.0 * double(D), halve);
            for (Index h = 0; h < 2 * k_.K; ++h)
                weights_[h] = mean_of(sums.data() + h * (D + 1), halves_.data() + h * D);
            for (Index k = 0; k < k_.K; ++k)
                for (Index d = 0; d < D; ++d) {
                    const double a = halves_[2 * k * D + d], b = halves_[(2 * k + 1) * D + d];
                    axis_[k * D + d] = b - a, middle_[k * D + d] = 0.5 * (a + b);
                }
        }
    }
    // Axes to begin with: from each group's middle to the first of its rows, so that turning the rows turns them too.
    void first_rows() {
        axis_.assign(k_.K * D, 0.0), middle_ = centres_;
        std::vector<bool> seen(k_.K, false);
        for (Index i = 0, left = k_.K; i < tiles_.N && left > 0; ++i) {
            const Index k = labels[i];
            if (seen[k] || !(tiles_.weight(0)[i] > 0.0)) continue;
            seen[k] = true, --left;
            tiles_.point(i, axis_.data() + k * D);
            for (Index d = 0; d < D; ++d) axis_[k * D + d] -= middle_[k * D + d];
        }
    }
    // body(row, group, how far from the group's middle along its axis)
    template <typename Body>
    void for_rows(Index t, const double* x, Body body) const {
        for (Index i = 0; i < tiles_.rows(t); ++i) {
            const Index k = labels[t * tiles_.T + i];
            double along = 0.0;
            for (Index d = 0; d < D; ++d) along += (x[d * tiles_.T + i] - middle_[k * D + d]) * axis_[k * D + d];
            body(i, k, along);
        }
    }
    double apart(Index k) const {
        return squared_distance(halves_.data() + 2 * k * D, halves_.data() + (2 * k + 1) * D, D);
    }
    const double* centre(Index k) const { return centres_.data() + k * D; }

    const KMeans& k_;
    const Tiles& tiles_;
    const Index D;
    std::vector<double> centres_, counts_;
    Sums sums_;
    std::vector<double> all_;  // (K, D + 1) of the labels
    // where groups would be split: (K, D) twice, (K, 2, D), (K, 2)
    std::vector<double> axis_, middle_, halves_, weights_;
    std::vector<Index> labels;
};

}  // namespace bactrian
