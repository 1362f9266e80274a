// Vectors by the compiler's own vector types: one width per variant, no intrinsics.
//
// This header is compiled once for each instruction set, with BACTRIAN_VARIANT naming the namespace and
// BACTRIAN_VECTOR_BYTES the width. Everything in that namespace must stay free of the standard library's inline
// functions: the linker would keep one copy of them, compiled for who knows which instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bactrian::BACTRIAN_VARIANT {

#define BACTRIAN_INLINE inline __attribute__((always_inline))

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
template <typename Real>
BACTRIAN_INLINE Real sum(Vector<Real> v) {
    Real total = 0;
    for (std::ptrdiff_t i = 0; i < kLanes<Real>; ++i) total += v[i];
    return total;
}

}  // namespace bactrian::BACTRIAN_VARIANT
