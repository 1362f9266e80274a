// Memory that vectors can be loaded from.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace bactrian {

// Blocks that a thread has done with and will ask for again: small climbs make thousands of passes a second.
class Spare {
public:
    static constexpr std::size_t kLargest = std::size_t(1) << 18, kMost = 8;

    Spare() = default;
    Spare(const Spare&) = delete;
    ~Spare() {
        for (std::size_t i = 0; i < n_; ++i) std::free(kept_[i].first);
    }
    static Spare& here() {
        thread_local Spare spare;
        return spare;
    }
    void* take(std::size_t bytes) {
        for (std::size_t i = 0; i < n_; ++i)
            if (kept_[i].second == bytes) {
                std::swap(kept_[i], kept_[--n_]);
                return kept_[n_].first;
            }
        return nullptr;
    }
    void give(void* data, std::size_t bytes) {
        if (bytes > kLargest) return std::free(data);
        if (n_ == kMost) std::free(kept_[oldest_++ % kMost].first);
        kept_[n_ < kMost ? n_++ : (oldest_ - 1) % kMost] = {data, bytes};
    }

private:
    std::pair<void*, std::size_t> kept_[kMost];
    std::size_t n_ = 0, oldest_ = 0;
};

struct Block {  // aligned memory, given back with its owner
    explicit Block(std::size_t bytes) : bytes_(rounded(bytes)), data(Spare::here().take(bytes_)) {
        if (!data) data = std::aligned_alloc(64, bytes_);
        if (!data) throw std::bad_alloc();
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    Block(Block&& other) noexcept : bytes_(other.bytes_), data(std::exchange(other.data, nullptr)) {}
    ~Block() {
        if (data) Spare::here().give(data, bytes_);
    }

private:
    // few different sizes, so that spare ones fit
    static std::size_t rounded(std::size_t bytes) {
        const std::size_t whole = (bytes + 127) / 64 * 64;
        return whole <= Spare::kLargest ? std::bit_ceil(whole) : whole;
    }
    std::size_t bytes_;

public:
    void* data;
};

}  // namespace bactrian
