// Vectors by the compiler's own vector types: one width per variant, no intrinsics.
//
// This header is compiled once for each instruction set, with BACTRIAN_VARIANT naming the namespace and
// BACTRIAN_VECTOR_BYTES the width. Everything in that namespace must stay free of the standard library's inline
// functions: the linker would keep one copy of them, compiled for who knows which instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace bactrian::BACTRIAN_VARIANT {

#define BACTRIAN_INLINE inline __attribute__((always_inline))
// A stage of the work: everything it calls is compiled into it, else arrays of accumulators go through memory.
#define BACTRIAN_STAGE __attribute__((flatten, noinline))

template <typename Real>
struct VectorOf {
    typedef Real type __attribute__((vector_size(BACTRIAN_VECTOR_BYTES), may_alias));
};
template <typename Real>
using Vector = typename VectorOf<Real>::type;

template <typename Real>
constexpr std::ptrdiff_t kLanes = BACTRIAN_VECTOR_BYTES / sizeof(Real);

// Rows are worked on in blocks of three vectors: enough independent chains to hide the latency of an FMA.
constexpr int kBlock = 3;
template <typename Real>
constexpr std::ptrdiff_t kBlockRows = kBlock * kLanes<Real>;

template <typename Real>
BACTRIAN_INLINE Vector<Real> load(const Real* p) {
    return *reinterpret_cast<const Vector<Real>*>(p);
}
template <typename Real>
BACTRIAN_INLINE void store(Real* p, Vector<Real> v) {
    *reinterpret_cast<Vector<Real>*>(p) = v;
}
template <typename Real>
BACTRIAN_INLINE Vector<Real> broadcast(Real x) {
    return x - Vector<Real>{};
}
template <typename Real>
BACTRIAN_INLINE Vector<Real> maximum(Vector<Real> a, Vector<Real> b) {
    return a > b ? a : b;
}

// body(0), ..., body(N - 1) with indices known at compile time, so that arrays of accumulators become registers.
// Loops are left to the compiler only where nothing is indexed by them: it does not always unroll.
template <int N, typename Body>
BACTRIAN_INLINE void unrolled(Body body) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
        (body(std::integral_constant<int, I>{}), ...);
    }(std::make_integer_sequence<int, N>{});
}

template <typename Real>
BACTRIAN_INLINE Real sum(Vector<Real> v) {
    Real total = 0;
    unrolled<int(kLanes<Real>)>([&](auto i) { total += v[int(i)]; });
    return total;
}

// One step of a transposition: in groups of 2 * width lanes, the front halves of a and b side by side, and the back ones.
template <typename Real>
struct Halves {
    Vector<Real> front, back;
};
template <typename Real, int width>
BACTRIAN_INLINE Halves<Real> halves(Vector<Real> a, Vector<Real> b) {
    constexpr int W = int(kLanes<Real>);
    return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
        return Halves<Real>{
            __builtin_shufflevector(a, b, (I / (2 * width) * 2 * width + I % width + (I % (2 * width) < width ? 0 : W))...),
            __builtin_shufflevector(
                a, b, (I / (2 * width) * 2 * width + width + I % width + (I % (2 * width) < width ? 0 : W))...)};
    }(std::make_integer_sequence<int, W>{});
}

// One step of a transposed sum.
template <typename Real, int width>
BACTRIAN_INLINE Vector<Real> add_halves(Vector<Real> a, Vector<Real> b) {
    const Halves<Real> split = halves<Real, width>(a, b);
    return split.front + split.back;
}

// As many vectors as a vector has lanes, rows for columns.
template <typename Real, int width = 1>
BACTRIAN_INLINE void transpose(Vector<Real> (&v)[kLanes<Real>]) {
    constexpr int W = int(kLanes<Real>);
    unrolled<W>([&](auto i) {
        if constexpr ((i & width) == 0) {
            const Halves<Real> split = halves<Real, width>(v[i], v[i + width]);
            v[i] = split.front;
            v[i + width] = split.back;
        }
    });
    if constexpr (2 * width < W) transpose<Real, 2 * width>(v);
}

// The upper half of a vector's lanes added to the lower, until four are left.
template <int lanes, typename Wide>
BACTRIAN_INLINE auto fold_to_four(Wide v) {
    if constexpr (lanes == 4) {
        return v;
    } else {
        return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            return fold_to_four<lanes / 2>(__builtin_shufflevector(v, v, I...) +
                                           __builtin_shufflevector(v, v, (I + lanes / 2)...));
        }(std::make_integer_sequence<int, lanes / 2>{});
    }
}

// Adds the sums over lanes of four vectors to four neighbouring numbers.
template <typename Real>
BACTRIAN_INLINE void add_sums(const Vector<Real> (&v)[4], double* to) {
    if constexpr (kLanes<Real> == 2) {
        unrolled<2>([&](auto i) {
            const Vector<Real> pair = add_halves<Real, 1>(v[2 * i], v[2 * i + 1]);
            to[2 * i] += double(pair[0]);
            to[2 * i + 1] += double(pair[1]);
        });
    } else {
        typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));
        const auto sums = fold_to_four<int(kLanes<Real>)>(
            add_halves<Real, 2>(add_halves<Real, 1>(v[0], v[1]), add_halves<Real, 1>(v[2], v[3])));
        *reinterpret_cast<Four*>(to) += __builtin_convertvector(sums, Four);
    }
}

// Adds the lanes of a vector to as many neighbouring numbers, which are aligned.
template <typename Real>
BACTRIAN_INLINE void add_lanes(Vector<Real> v, double* to) {
    if constexpr (sizeof(Real) == 8) {
        store<double>(to, load<double>(to) + v);
    } else {
        constexpr int half = int(kLanes<double>);
        [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            const auto low = __builtin_shufflevector(v, v, I...), high = __builtin_shufflevector(v, v, (I + half)...);
            store<double>(to, load<double>(to) + __builtin_convertvector(low, Vector<double>));
            store<double>(to + half, load<double>(to + half) + __builtin_convertvector(high, Vector<double>));
        }(std::make_integer_sequence<int, half>{});
    }
}

}  // namespace bactrian::BACTRIAN_VARIANT
