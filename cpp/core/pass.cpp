#include "pass.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "block.hpp"
#include "pool.hpp"

namespace bactrian {
namespace {

// Chunks depend on the problem only. Enough of them to keep threads busy, large enough that merging is little: where the
// sums leave the caches a chunk is several tiles, if that leaves chunks to share out.
std::ptrdiff_t chunk_rows(const Rows& rows, bool single, std::ptrdiff_t sums) {
    const std::ptrdiff_t tile = tile_rows(rows.D, single);
    const std::ptrdiff_t tiles = (rows.N + tile - 1) / tile;
    const std::ptrdiff_t least = sums > 32768 ? std::clamp<std::ptrdiff_t>((tiles + 15) / 16, 1, 8) : 1;
    return tile * std::clamp<std::ptrdiff_t>(tiles / 128, least, 64);
}

// Waking a thread costs more than a small problem.
int threads_worth_waking(const Pass& pass, std::ptrdiff_t chunks) {
    const double work = double(pass.rows.N) * double(pass.model.K) * double(pass.model.D + 8);
    if (work < 2e5) return 1;
    return int(std::clamp<std::ptrdiff_t>(pass.threads, 1, chunks));
}

struct Plan {
    Plan(const Pass& pass, std::ptrdiff_t sums, const Common* common)
        : rows_each(chunk_rows(pass.rows, pass.single, sums)),
          chunks((pass.rows.N + rows_each - 1) / rows_each),
          threads(threads_worth_waking(pass, chunks)),
          packed(pass.variant->packed_bytes(pass.model, pass.single)) {
        pass.variant->pack(pass.model, common, pass.single, packed.data);
        // all memory is taken here, where an exception can still be thrown
        for (int t = 0; t < threads; ++t)
            workspaces.emplace_back(pass.variant->workspace_bytes(pass.model, pass.single));
    }
    void run(const Pass& pass, std::ptrdiff_t c, const Given* given, const Layout& layout, const Output& out,
             int thread) const {
        const std::ptrdiff_t begin = c * rows_each, end = std::min(begin + rows_each, pass.rows.N);
        pass.variant->chunk(pass.rows, begin, end, pass.model, pass.single, packed.data, given, layout, out,
                            workspaces[thread].data);
    }
    std::ptrdiff_t rows_each, chunks;
    int threads;
    Block packed;
    std::vector<Block> workspaces;
};

// Sums of chunks, added up in the order of the chunks whoever finishes first. A few buffers are enough: a thread that
// would run too far ahead waits.
class OrderedSum {
public:
    OrderedSum(std::ptrdiff_t size, int threads)
        : total_(size, 0.0), slots_(2 * threads), done_(slots_.size(), false) {
        for (auto& slot : slots_) slot.resize(size);
    }
    double* begin(std::ptrdiff_t c) {
        std::unique_lock<std::mutex> lock(mutex_);
        room_.wait(lock, [&] { return c < merged_ + std::ptrdiff_t(slots_.size()); });
        auto& slot = slots_[c % slots_.size()];
        lock.unlock();
        std::fill(slot.begin(), slot.end(), 0.0);
        return slot.data();
    }
    void end(std::ptrdiff_t c) {
        std::lock_guard<std::mutex> lock(mutex_);
        done_[c % slots_.size()] = true;
        while (done_[merged_ % slots_.size()]) {
            const auto& slot = slots_[merged_ % slots_.size()];
            for (std::size_t i = 0; i < total_.size(); ++i) total_[i] += slot[i];
            done_[merged_ % slots_.size()] = false;
            ++merged_;
        }
        room_.notify_all();
    }
    std::vector<double> take() { return std::move(total_); }

private:
    std::vector<double> total_;
    std::vector<std::vector<double>> slots_;
    std::vector<char> done_;
    std::ptrdiff_t merged_ = 0;
    std::mutex mutex_;
    std::condition_variable room_;
};

// The same on one thread, which needs nobody's order.
std::vector<double> fold_alone(const Pass& pass, const Plan& plan, bool exact, const Given* given, const Layout& layout) {
    std::vector<double> total(layout.size(), 0.0), one(plan.chunks > 1 ? layout.size() : 0);
    for (std::ptrdiff_t c = 0; c < plan.chunks; ++c) {
        std::vector<double>& to = c ? one : total;
        if (c) std::fill(one.begin(), one.end(), 0.0);
        plan.run(pass, c, given, layout, Output{to.data(), nullptr, nullptr, nullptr, exact}, 0);
        for (std::size_t i = 0; c && i < total.size(); ++i) total[i] += one[i];
    }
    return total;
}

std::vector<double> fold(const Pass& pass, const Plan& plan, bool exact, const Given* given, const Layout& layout) {
    if (plan.threads == 1) return fold_alone(pass, plan, exact, given, layout);
    OrderedSum sums(layout.size(), plan.threads);
    std::atomic<std::ptrdiff_t> next{0};
    in_parallel(plan.threads, [&](int thread) {
        for (std::ptrdiff_t c; (c = next.fetch_add(1)) < plan.chunks;) {
            plan.run(pass, c, given, layout, Output{sums.begin(c), nullptr, nullptr, nullptr, exact}, thread);
            sums.end(c);
        }
    });
    return sums.take();
}

// What was left out adds up to less than 2^-90 of the total weight: nothing beside a component that holds this part.
constexpr double kSure = 1e-12;

bool left_out_counts(const Model& model, const Layout& layout, const std::vector<double>& sums) {
    for (std::ptrdiff_t k = 0; k < layout.K; ++k)
        if (model.log_constant[k] > -1e300 && !(sums[layout.counts + k] > kSure * sums[layout.total])) return true;
    return false;
}

// Noise is compared with densities as they are.
std::optional<Shared> shared_by(const Pass& pass, const Given* given, const Layout& layout) {
    const Model& m = pass.model;
    const bool fits = m.form == Form::full && m.tied && layout.scatter == Scatter::pooled && std::isinf(m.log_noise);
    return pass.whole && !given && fits ? share(m, *pass.whole) : std::nullopt;
}

}  // namespace

std::vector<double> accumulate(const Pass& pass, const Given* given, const Layout& layout) {
    const std::optional<Shared> shared = shared_by(pass, given, layout);
    const Common common = shared ? shared->common() : Common{};
    const Plan plan(pass, layout.size(), shared ? &common : nullptr);
    std::vector<double> sums = fold(pass, plan, false, given, layout);
    if (!given && leaves_out(layout) && left_out_counts(pass.model, layout, sums)) sums = fold(pass, plan, true, given, layout);
    if (shared) complete(*shared, *pass.whole, layout, sums);
    return sums;
}

void score(const Pass& pass, const Output& out) {
    const Plan plan(pass, 0, nullptr);
    const Layout unused{Scatter::trace, pass.model.K, pass.model.D};
    std::atomic<std::ptrdiff_t> next{0};
    in_parallel(plan.threads, [&](int thread) {
        for (std::ptrdiff_t c; (c = next.fetch_add(1)) < plan.chunks;)
            plan.run(pass, c, nullptr, unused, out, thread);
    });
}

}  // namespace bactrian
