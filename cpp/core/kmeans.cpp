#include "kmeans.hpp"

#include <limits>

#include "lloyd.hpp"
#include "tiles.hpp"

namespace bactrian {
namespace {

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
