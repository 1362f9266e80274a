// Memory that vectors can be loaded from.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace bactrian {

struct Block {  // aligned memory, freed with its owner
    explicit Block(std::size_t bytes) : data(std::aligned_alloc(64, (bytes + 127) / 64 * 64)) {
        if (!data) throw std::bad_alloc();
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    Block(Block&& other) noexcept : data(other.data) { other.data = nullptr; }
    ~Block() { std::free(data); }
    void* data;
};

}  // namespace bactrian
