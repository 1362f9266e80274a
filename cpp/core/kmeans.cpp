#include "kmeans.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>

#include "block.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

using Index = std::ptrdiff_t;

constexpr double kKept = 64 << 20;  // bytes of whitened rows that are kept; more are whitened anew for each read
constexpr Index kMostChunks = 64, kMostSums = Index(1) << 22;

// The rows in the order in which they are drawn, whitened, in tiles.
class Tiles {
public:
    explicit Tiles(const KMeans& k)
        : k_(k), N(k.rows.N), D(k.rows.D), T(D <= 128 ? 192 : 48), count((N + T - 1) / T),
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

// Lloyd's steps of one labelling; a chunk of tiles has sums of its own, which are added in their order.
class Lloyd {
public:
    Lloyd(const KMeans& k, const Tiles& tiles, std::vector<double> centres)
        : k_(k), tiles_(tiles), centres_(std::move(centres)), size_(k.K * (tiles.D + 1)),
          each_(tiles_each(tiles, size_)), sums_((tiles.count + each_ - 1) / each_ * size_),
          labels(tiles.count * tiles.T, -1) {}
    void run() {
        assign();
        for (int step = 0; step < k_.steps; ++step) {
            move();
            if (!assign()) return;
        }
    }
    std::vector<Index> labels_of_rows() const {
        std::vector<Index> of(tiles_.N);
        for (Index i = 0; i < tiles_.N; ++i) of[tiles_.row(i)] = labels[i];
        return of;
    }

private:
    static Index tiles_each(const Tiles& tiles, Index size) {
        const Index chunks = std::clamp<Index>(kMostSums / size, 1, kMostChunks);
        return (tiles.count + chunks - 1) / chunks;
    }
    // whether any label changed
    bool assign() {
        const double work = 2.0 * double(k_.K * tiles_.D);
        const int threads = tiles_.threads(work);
        std::vector<Block> rooms;
        for (int t = 0; t < threads; ++t) rooms.emplace_back(tiles_.room() + tiles_.T * sizeof(Index));
        const Index chunks = Index(sums_.size()) / size_;
        std::atomic<Index> next{0};
        std::atomic<bool> changed{false};
        in_parallel(threads, [&](int thread) {
            char* room = static_cast<char*>(rooms[thread].data);
            for (Index c; (c = next.fetch_add(1)) < chunks;) {
                double* sums = sums_.data() + c * size_;
                std::fill_n(sums, size_, 0.0);
                for (Index t = c * each_; t < std::min((c + 1) * each_, tiles_.count); ++t)
                    if (tile(t, tiles_.tile(t, room), reinterpret_cast<Index*>(room + tiles_.room()), sums)) changed = true;
            }
        });
        return changed;
    }
    bool tile(Index t, const double* x, Index* found, double* sums) {
        const Index n = tiles_.rows(t), D = tiles_.D, T = tiles_.T;
        k_.variant->points.nearest(x, tiles_.padded(t), T, D, centres_.data(), k_.K, found);
        Index* before = labels.data() + t * T;
        const bool same = std::equal(before, before + n, found);
        std::copy_n(found, n, before);
        const double* weight = tiles_.weight(t);
        for (Index i = 0; i < n; ++i) {  // features inside: neighbouring rows may have one label, whose sum would be waited for
            double* to = sums + found[i] * (D + 1);
            to[D] += weight[i];
            for (Index d = 0; d < D; ++d) to[d] += weight[i] * x[d * T + i];
        }
        return !same;
    }
    void move() {
        std::vector<double> all(size_, 0.0);
        for (std::size_t i = 0; i < sums_.size(); ++i) all[i % size_] += sums_[i];
        for (Index k = 0; k < k_.K; ++k)
            for (Index d = 0; d < tiles_.D; ++d) {
                const double* of = all.data() + k * (tiles_.D + 1);
                centres_[k * tiles_.D + d] = of[tiles_.D] > 0.0 ? of[d] / of[tiles_.D] : 0.0;
            }
    }
    const KMeans& k_;
    const Tiles& tiles_;
    std::vector<double> centres_;
    Index size_, each_;
    std::vector<double> sums_;
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
