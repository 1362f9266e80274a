#include "kmeans.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "block.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

using Index = std::ptrdiff_t;

constexpr double kKept = 64 << 20;  // bytes of whitened rows that are kept; more are whitened anew for each read
constexpr Index kMostChunks = 64, kMostSums = Index(1) << 22;
constexpr int kTurns = 4;         // towards the longest axis of a group, and then of its halves
constexpr double kWorth = 1.05;   // times what a union loses that a split must gain

// The rows in the order in which they are drawn, whitened, in tiles.
class Tiles {
public:
    static constexpr Index kMostRows = 192;  // of a tile
    explicit Tiles(const KMeans& k)
        : k_(k), N(k.rows.N), D(k.rows.D), T(D <= 128 ? kMostRows : 48), count((N + T - 1) / T),
          order_(k.order, k.order ? k.order + N : k.order), keeps_(double(count * T * D) * sizeof(double) <= kKept),
          rows_((keeps_ ? count : 0) * T * D * sizeof(double)), weight_(count * T * sizeof(double)) {
        if (!k.order) order_.resize(N), std::iota(order_.begin(), order_.end(), Index(0));
        double* weight = static_cast<double*>(weight_.data);
        for (Index i = 0; i < count * T; ++i)
            weight[i] = i >= N ? 0.0 : k.rows.weight ? k.rows.weight[order_[i]] : 1.0;
        if (keeps_) each(double(D) * (k.metric.full ? double(D) : 2.0), [&](Index t, int) { fill(t, kept(t)); });
    }
    Index rows(Index t) const { return std::min(T, N - t * T); }
    Index padded(Index t) const { return (rows(t) + kPointBlock - 1) / kPointBlock * kPointBlock; }
    const double* weight(Index t) const { return static_cast<const double*>(weight_.data) + t * T; }
    Index row(Index i) const { return order_[i]; }
    std::size_t room() const { return keeps_ ? 0 : D * T * sizeof(double); }
    // a tile, made in `room` where tiles are not kept
    const double* tile(Index t, void* room) const {
        if (keeps_) return kept(t);
        fill(t, static_cast<double*>(room));
        return static_cast<const double*>(room);
    }
    // body(tile, thread) for all tiles; `work` : of one row
    template <typename Body>
    void each(double work, Body body) const {
        std::atomic<Index> next{0};
        in_parallel(threads(work), [&](int thread) {
            for (Index t; (t = next.fetch_add(1)) < count;) body(t, thread);
        });
    }
    int threads(double work) const {  // waking a thread costs more than a small problem
        return double(N) * work < 2e5 ? 1 : int(std::clamp<Index>(k_.threads, 1, count));
    }
    void point(Index i, double* to) const {
        const Rows one{k_.rows};
        whiten_one(one, order_[i], to);
    }
    void anchor(Index k, double* to) const {
        whiten_one({k_.anchors, false, k_.K0, D, D, 1, nullptr}, k, to);
    }

private:
    double* kept(Index t) const { return static_cast<double*>(rows_.data) + t * T * D; }
    void fill(Index t, double* to) const {
        k_.variant->points.whiten(k_.rows, k_.metric, order_.data() + t * T, rows(t), T, to);
    }
    void whiten_one(const Rows& rows, Index row, double* to) const {
        const Block block(D * kPointBlock * sizeof(double));
        double* tile = static_cast<double*>(block.data);
        k_.variant->points.whiten(rows, k_.metric, &row, 1, kPointBlock, tile);
        for (Index d = 0; d < D; ++d) to[d] = tile[d * kPointBlock];
    }
    const KMeans& k_;

public:
    const Index N, D, T, count;

private:
    std::vector<Index> order_;
    bool keeps_;
    Block rows_, weight_;
};

// The squared distance of each row from its nearest centre, and its weighted sums over tiles.
struct Nearest {
    explicit Nearest(const Tiles& tiles)
        : block(tiles.count * tiles.T * sizeof(double)), sums(tiles.count), of(static_cast<double*>(block.data)) {
        std::fill_n(of, tiles.count * tiles.T, std::numeric_limits<double>::infinity());
    }
    double total() const { return std::accumulate(sums.begin(), sums.end(), 0.0); }
    Block block;
    std::vector<double> sums;
    double* of;
};

// The row at a position in [0, 1) of the cumulated `mass(row)`, whose sums over tiles are known; the last one of all
// where there is no mass.
template <typename Mass>
Index at(const Tiles& tiles, const std::vector<double>& sums, double position, Mass mass) {
    const double target = position * std::accumulate(sums.begin(), sums.end(), 0.0);
    double before = 0.0;
    Index found = -1;
    for (Index t = 0; t < tiles.count; ++t) {
        if (!(sums[t] > 0.0)) continue;
        const bool last = before + sums[t] > target;
        double here = before;
        for (Index i = t * tiles.T; (last || t + 1 == tiles.count) && i < t * tiles.T + tiles.rows(t); ++i) {
            const double m = mass(i);
            if (m > 0.0) found = i;
            if ((here += m) > target) return i;
        }
        if (last) return found;  // but for rounding it would have been reached
        before += sums[t];
    }
    if (found >= 0) return found;
    for (Index i = tiles.N; i-- > 0;)
        if (mass(i) > 0.0) return i;
    return tiles.N - 1;
}

// One labelling's centres, as they are drawn.
class Drawing {
public:
    Drawing(const KMeans& k, const Tiles& tiles, const double* positions)
        : k_(k), tiles_(tiles), position_(positions), trials_(k.candidates), drawn_(k.candidates) {
        for (Index c = 0; c <= k.candidates; ++c) places_.emplace_back(tiles);
        nearest = &places_[0];
        for (Index c = 0; c < k.candidates; ++c) trials_[c] = &places_[c + 1];
        points.resize(k.candidates * tiles.D);
    }
    // the first centre, by weight alone
    void first() {
        if (!k_.rows.weight) {
            drawn_[0] = std::min(Index(*position_ * double(tiles_.N)), tiles_.N - 1);
        } else {
            std::vector<double> sums(tiles_.count);
            for (Index t = 0; t < tiles_.count; ++t)
                sums[t] = std::accumulate(tiles_.weight(t), tiles_.weight(t) + tiles_.rows(t), 0.0);
            drawn_[0] = at(tiles_, sums, *position_, [&](Index i) { return tiles_.weight(0)[i]; });
        }
        ++position_;
        asked = 1;
        tiles_.point(drawn_[0], points.data());
    }
    void draw() {
        for (Index c = 0; c < k_.candidates; ++c) {
            drawn_[c] = at(tiles_, nearest->sums, *position_++,
                           [&](Index i) { return nearest->of[i] * tiles_.weight(0)[i]; });
            tiles_.point(drawn_[c], points.data() + c * tiles_.D);
        }
        asked = k_.candidates;
    }
    void anchor(Index i) {
        tiles_.anchor(i, points.data());
        asked = 1;
    }
    // what one tile says of those that were asked for
    void look(Index t, const double* tile, double* sums, double** to) {
        for (Index c = 0; c < asked; ++c) to[c] = trials_[c]->of + t * tiles_.T;
        k_.variant->points.closer(tile, tiles_.padded(t), tiles_.T, tiles_.D, points.data(), asked,
                                  nearest->of + t * tiles_.T, tiles_.weight(t), to, sums);
        for (Index c = 0; c < asked; ++c) trials_[c]->sums[t] = sums[c];
    }
    // keep the one that brings all rows nearest; its row
    Index keep() {
        Index best = 0;
        for (Index c = 1; c < asked; ++c)
            if (trials_[c]->total() < trials_[best]->total()) best = c;
        centres.insert(centres.end(), points.begin() + best * tiles_.D, points.begin() + (best + 1) * tiles_.D);
        std::swap(nearest, trials_[best]);
        return tiles_.row(drawn_[best]);
    }
    std::vector<double> centres;  // whitened

private:
    const KMeans& k_;
    const Tiles& tiles_;
    const double* position_;
    std::vector<Nearest> places_;
    std::vector<Nearest*> trials_;
    std::vector<Index> drawn_;
    std::vector<double> points;
    Nearest* nearest;
    Index asked = 0;
};

// All labellings draw their next centre, so that one read of the rows serves them all.
std::vector<std::vector<double>> seed(const KMeans& k, const Tiles& tiles, Index* rows) {
    std::vector<Drawing> drawings;
    for (Index l = 0; l < k.labellings; ++l) drawings.emplace_back(k, tiles, k.positions + l * k.drawn());
    const double work = 2.0 * double(k.labellings * k.candidates * tiles.D);
    const int threads = tiles.threads(work);
    std::vector<Block> rooms;
    for (int t = 0; t < threads; ++t) rooms.emplace_back(tiles.room());
    std::vector<double> sums(threads * k.candidates);
    std::vector<double*> to(threads * k.candidates);
    for (Index n = 0; n < k.K; ++n) {
        for (Drawing& d : drawings) n < k.K0 ? d.anchor(n) : n == 0 ? d.first() : d.draw();
        // after the last centre only its rivals need a look
        if (k.K0 < k.K && (n + 1 < k.K || (n >= k.K0 && n > 0 && k.candidates > 1)))
            tiles.each(work, [&](Index t, int thread) {
                const double* tile = tiles.tile(t, rooms[thread].data);
                for (Drawing& d : drawings)
                    d.look(t, tile, sums.data() + thread * k.candidates, to.data() + thread * k.candidates);
            });
        for (Index l = 0; l < k.labellings; ++l) {
            const Index row = drawings[l].keep();
            if (n >= k.K0) rows[l * (k.K - k.K0) + n - k.K0] = row;
        }
    }
    std::vector<std::vector<double>> centres;
    for (Drawing& d : drawings) centres.push_back(std::move(d.centres));
    return centres;
}

// Sums over the rows of a labelling: a chunk of tiles has its own, which are added in their order.
class Sums {
public:
    explicit Sums(const Tiles& tiles) : tiles_(tiles) {}
    // body(tile, x, sums) for all tiles; `work` : of one row
    template <typename Body>
    const std::vector<double>& over(Index size, double work, Body body) {
        const Index most = std::clamp<Index>(kMostSums / size, 1, kMostChunks), each = (tiles_.count + most - 1) / most;
        const Index chunks = (tiles_.count + each - 1) / each;
        const int threads = tiles_.threads(work);
        parts_.assign(chunks * size, 0.0);
        std::vector<Block> rooms;
        for (int t = 0; t < threads; ++t) rooms.emplace_back(tiles_.room());
        std::atomic<Index> next{0};
        in_parallel(threads, [&](int thread) {
            for (Index c; (c = next.fetch_add(1)) < chunks;)
                for (Index t = c * each; t < std::min((c + 1) * each, tiles_.count); ++t)
                    body(t, tiles_.tile(t, rooms[thread].data), parts_.data() + c * size);
        });
        all_.assign(size, 0.0);
        for (std::size_t i = 0; i < parts_.size(); ++i) all_[i % size] += parts_[i];
        return all_;
    }

private:
    const Tiles& tiles_;
    std::vector<double> parts_, all_;
};

double squared_distance(const double* a, const double* b, Index D) {
    double sum = 0.0;
    for (Index d = 0; d < D; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}
// What the sum of squares loses where two groups become one (Ward 1963).
double ward(double n, double m, double squared) { return n + m > 0.0 ? n * m / (n + m) * squared : 0.0; }

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
            const auto free = [&](const Pair& p) { return p.i != one.of && p.j != one.of && !taken[p.i] && !taken[p.j]; };
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
            const std::vector<double>& turned = sums_.over(k_.K * D, 4.0 * double(D), [&](Index t, const double* x, double* sums) {
                const double* weight = tiles_.weight(t);
                for_rows(t, x, [&](Index i, Index k, double along) {
                    for (Index d = 0; d < D; ++d)
                        sums[k * D + d] += weight[i] * along * (x[d * tiles_.T + i] - centre(k)[d]);
                });
            });
            for (Index k = 0; k < k_.K; ++k) {
                double largest = 0.0;
                for (Index d = 0; d < D; ++d) largest = std::max(largest, std::abs(turned[k * D + d]));
                for (Index d = 0; largest > 0.0 && d < D; ++d) axis_[k * D + d] = turned[k * D + d] / largest;
            }
        }
        halves_.resize(2 * k_.K * D), weights_.resize(2 * k_.K);
        for (int step = 0; step < kTurns; ++step) {
            const std::vector<double>& sums = sums_.over(2 * k_.K * (D + 1), 4.0 * double(D), [&](Index t, const double* x, double* to) {
                std::array<Index, Tiles::kMostRows> half;
                for_rows(t, x, [&](Index i, Index k, double along) { half[i] = 2 * k + (along > 0.0); });
                add(t, x, to, [&](Index i) { return half[i]; });
            });
            for (Index h = 0; h < 2 * k_.K; ++h) weights_[h] = mean_of(sums.data() + h * (D + 1), halves_.data() + h * D);
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
    double apart(Index k) const { return squared_distance(halves_.data() + 2 * k * D, halves_.data() + (2 * k + 1) * D, D); }
    const double* centre(Index k) const { return centres_.data() + k * D; }

    const KMeans& k_;
    const Tiles& tiles_;
    const Index D;
    std::vector<double> centres_, counts_;
    Sums sums_;
    std::vector<double> all_;                               // (K, D + 1) of the labels
    std::vector<double> axis_, middle_, halves_, weights_;  // where groups would be split: (K, D) twice, (K, 2, D), (K, 2)
    std::vector<Index> labels;
};

}  // namespace

void kmeans(const KMeans& k, std::ptrdiff_t* centres, std::ptrdiff_t* labels) {
    const Tiles tiles(k);
    std::vector<std::vector<double>> found = seed(k, tiles, centres);
    for (Index l = 0; labels && l < k.labellings; ++l) {
        Lloyd lloyd(k, tiles, std::move(found[l]));
        lloyd.run();
        const std::vector<Index> of = lloyd.labels_of_rows();
        std::copy(of.begin(), of.end(), labels + l * tiles.N);
    }
}

}  // namespace bactrian
