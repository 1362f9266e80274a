// What a pass is asked to do, in plain structures shared by all variants.
#pragma once

#include <cstddef>
#include <limits>

namespace bactrian {

enum class Form { spherical, diagonal, full };
enum class Scatter { trace, diagonal, full, pooled };

// N rows of D features, float or double, at any strides (in elements); optional weights.
struct Rows {
    const void* data;
    bool single;
    std::ptrdiff_t N, D;
    std::ptrdiff_t row_stride, feature_stride;
    const double* weight;  // (N,) or null
};

// A mixture's parameters. `whiteners` is L^-1: (M, D, D) lower row-major, (M, D) or (M,); M = 1 if tied, else K.
struct Model {
    Form form;
    bool tied;
    std::ptrdiff_t K, D;
    const double* log_constant;  // (K,) log w_k - (D log 2 pi + log|Sigma_k|) / 2
    const double* means;         // (K, D)
    const double* whiteners;
    double log_noise = -std::numeric_limits<double>::infinity();  // log of weight times density of uniform noise

    std::ptrdiff_t whitener_size() const { return form == Form::full ? D * D : form == Form::diagonal ? D : 1; }
    const double* whitener(std::ptrdiff_t k) const { return whiteners + (tied ? 0 : k * whitener_size()); }
};

// A Model's log_constant from the weights (K,) and whiteners; its other numbers must be there. -infinity for weight 0.
void log_constants(const Model&, const double* weights, double* to);

// Terms about a common centre are this many times the rounding that a log-density about the component's own mean has:
// offsets of some 30 standard deviations in one feature, or 5 in each of many.
inline double most_magnified(std::ptrdiff_t D) { return 1000.0 + 30.0 * double(D); }

// A tied full Model about a centre, without the terms that are the same for all components (whole.hpp).
struct Common {
    const double* centre;  // (D,)
    const double* theta;   // (K, D)
    const double* base;    // (K,)
};

// Responsibilities that are given instead of computed: labels (N,) or z (N, K); one of the two. Neither: all are 1.
struct Given {
    const std::ptrdiff_t* labels;
    const double* z;
};

// Where the sums of a pass stand in one flat array, so that merging is one loop.
struct Layout {
    Scatter scatter;
    std::ptrdiff_t K, D;

    static constexpr std::ptrdiff_t log_likelihood = 0, map_log_responsibility = 1, total = 2, counts = 3;
    std::ptrdiff_t first() const { return counts + K; }
    std::ptrdiff_t second() const { return first() + K * D; }
    std::ptrdiff_t triangle() const { return D * (D + 1) / 2; }
    std::ptrdiff_t second_size() const {
        switch (scatter) {
            case Scatter::trace: return K;
            case Scatter::diagonal: return K * D;
            case Scatter::full: return K * triangle();
            default: return triangle();
        }
    }
    std::ptrdiff_t size() const { return second() + second_size(); }
};

// Features from which rows with a responsibility are worth being picked out for each component's scatter.
constexpr std::ptrdiff_t kWorthListing = 13;

inline bool leaves_out(const Layout& layout) {
    return layout.D >= kWorthListing && (layout.scatter == Scatter::full || layout.scatter == Scatter::pooled);
}

// Exactly one of these is asked for.
struct Output {
    double* sums;             // a Layout, added to; unless `exact`, responsibilities below 2^-90 may be left out
    double* log_density;      // (N,)
    double* responsibilities; // (N, K)
    std::ptrdiff_t* labels;   // (N,)
    bool exact = false;
};

// Rows that are worked on together: a multiple of every variant's block, small enough for the second-level cache. In
// float32 (`single`) twice as many fit.
inline std::ptrdiff_t tile_rows(std::ptrdiff_t D, bool single) {
    return (single ? 2 : 1) * (D <= 12 ? 192 : D <= 64 ? 384 : D <= 1024 ? 192 : 96);
}

// Lengths in which k-means measures: (x - middle) times a whitener, (D, D) lower row-major or (D,).
struct Metric {
    const double* middle;  // (D,)
    const double* whitener;
    bool full;
};

// Tiles of k-means hold whole blocks of so many rows, which is a multiple of every variant's.
constexpr std::ptrdiff_t kPointBlock = 24;

// What one instruction set offers k-means: points.hpp.
struct Points {
    // rows `which` (n,) into a (D, T) tile
    void (*whiten)(const Rows&, const Metric&, const std::ptrdiff_t* which, std::ptrdiff_t n, std::ptrdiff_t T, double* to);
    void (*closer)(const double* tile, std::ptrdiff_t n, std::ptrdiff_t T, std::ptrdiff_t D, const double* points,
                   std::ptrdiff_t P, const double* before, const double* weight, double* const* to, double* sums);
    void (*nearest)(const double* tile, std::ptrdiff_t n, std::ptrdiff_t T, std::ptrdiff_t D, const double* centres,
                    std::ptrdiff_t K, std::ptrdiff_t* labels);
};

// What one instruction set offers: a chunk of rows, from pack() to the sums.
struct Variant {
    const char* name;
    // bytes of a packed model, and of one thread's workspace
    std::size_t (*packed_bytes)(const Model&, bool single);
    std::size_t (*workspace_bytes)(const Model&, bool single);
    void (*pack)(const Model&, const Common*, bool single, void* packed);  // Common may be null
    // rows [begin, end); `given` may be null; the model's constants and whiteners are then not used
    void (*chunk)(const Rows&, std::ptrdiff_t begin, std::ptrdiff_t end, const Model&, bool single, const void* packed,
                  const Given* given, const Layout&, const Output&, void* workspace);
    Points points;
};

// The variants this machine can run, best first; null-terminated.
const Variant* const* available_variants();

}  // namespace bactrian
