// Rows as k-means sees them: whitened, in the order in which they are drawn, in tiles that threads share.
#pragma once

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "block.hpp"
#include "kmeans.hpp"
#include "pool.hpp"

namespace bactrian {

using Index = std::ptrdiff_t;

constexpr double kKept = 64 << 20;  // bytes of whitened rows that are kept; more are whitened anew for each read
constexpr Index kMostChunks = 64, kMostSums = Index(1) << 22;

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

}  // namespace bactrian
