// A tile: some rows, feature-major, padded to whole blocks; and the buffers one thread works in.
#pragma once

#include "problem.hpp"
#include "simd.hpp"

namespace bactrian::BACTRIAN_VARIANT {

constexpr std::size_t kAlignment = 64;
// Arrays that are read and written side by side must not lie a multiple of 4096 bytes apart: the processor would
// take a load for the store of another array.
constexpr std::size_t kStagger = 5 * kAlignment;

// Hands out aligned arrays from one block of memory; with a null block it only counts.
class Arena {
public:
    explicit Arena(void* block) : next_(static_cast<char*>(block)) {}
    template <typename T>
    T* take(std::ptrdiff_t count) {
        T* here = reinterpret_cast<T*>(next_);
        const std::size_t bytes = (std::size_t(count) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment + kStagger;
        next_ += bytes;
        used_ += bytes;
        return here;
    }
    std::size_t used() const { return used_; }

private:
    char* next_;
    std::size_t used_ = 0;
};

// Sums are added four at a time.
inline std::ptrdiff_t padded_moments(std::ptrdiff_t n) { return (n + 3) / 4 * 4; }

// Sizes of what products.hpp works in; 0 where it has nothing to do.
struct Abreast {
    std::ptrdiff_t shares, products, sums;
};

template <typename Real>
struct Workspace {
    std::ptrdiff_t T;   // rows of a tile, the stride of the arrays below
    Real* x;            // (D, T)
    Real* weight;       // (T,)
    Real* z;            // (K, T) joint log-densities, then exp(joint - largest)
    Real* scale;        // (T,) weight / sum: z * scale are the weighted responsibilities
    Real* top;          // (T,) largest joint log-density
    Real* centred;      // (D + 1, T) x - mean, and room for one more row
    Real* weighted;     // (D, T) z (x - mean)
    Real* features;     // (F + 1, T) x - centre and its products, and 1, of a linear pass
    std::int32_t* list; // (T,) rows of the tile
    double* moments;    // (K, F + 1) sums of z times those, each row padded to whole panels
    Real* shares;       // weighted responsibilities of some rows, components side by side (products.hpp)
    Real* products;     // products of features of those rows
    double* abreast;    // sums over rows of one times the other

    Workspace(Arena& arena, std::ptrdiff_t K, std::ptrdiff_t D, std::ptrdiff_t n_moments, Abreast sizes)
        : T(tile_rows(D, sizeof(Real) == 4)) {
        x = arena.take<Real>(D * T);
        weight = arena.take<Real>(T);
        z = arena.take<Real>(K * T);
        scale = arena.take<Real>(T);
        top = arena.take<Real>(T);
        centred = arena.take<Real>((D + 1) * T);
        weighted = arena.take<Real>(D * T);
        features = arena.take<Real>(n_moments * T);
        list = arena.take<std::int32_t>(T);
        moments = arena.take<double>(K * padded_moments(n_moments));
        shares = arena.take<Real>(sizes.shares);
        products = arena.take<Real>(sizes.products);
        abreast = arena.take<double>(sizes.sums);
    }
};

// A tile's rows in their order, then copies of its first row with weight 0 up to whole blocks. Returns the padded
// count.
template <typename Real, typename Stored>
BACTRIAN_STAGE std::ptrdiff_t load_tile(const Rows& rows, std::ptrdiff_t begin, std::ptrdiff_t n, Workspace<Real> w) {
    const Stored* first = static_cast<const Stored*>(rows.data) + begin * rows.row_stride;
    const std::ptrdiff_t padded = (n + kBlockRows<Real> - 1) / kBlockRows<Real> * kBlockRows<Real>;
    // eight rows at a time keep both the reads and the writes within few cache lines
    std::ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::ptrdiff_t d = 0; d < rows.D; ++d) {
            const Stored* from = first + i * rows.row_stride + d * rows.feature_stride;
            Real* to = w.x + d * w.T + i;
            for (int r = 0; r < 8; ++r) to[r] = Real(from[r * rows.row_stride]);
        }
    for (; i < padded; ++i) {
        const Stored* from = first + (i < n ? i * rows.row_stride : 0);
        for (std::ptrdiff_t d = 0; d < rows.D; ++d) w.x[d * w.T + i] = Real(from[d * rows.feature_stride]);
    }
    for (i = 0; i < n; ++i) w.weight[i] = rows.weight ? Real(rows.weight[begin + i]) : Real(1);
    for (; i < padded; ++i) w.weight[i] = 0;
    return padded;
}

}  // namespace bactrian::BACTRIAN_VARIANT
