// exp and log on vectors, for the arguments that log-sum-exp has.
//
// Polynomials: Chebyshev interpolants computed in 60 digits; the largest relative errors of the polynomials
// are 2e-17 (exp) and 3e-20 (log) in float64, 1e-8 and 3e-9 in float32, so rounding decides.
#pragma once

#include "simd.hpp"

namespace bactrian::BACTRIAN_VARIANT {

template <typename Real>
struct Constants;

template <>
struct Constants<double> {
    using Integer = std::int64_t;
    typedef Integer Integers __attribute__((vector_size(BACTRIAN_VECTOR_BYTES), may_alias));
    static constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    static constexpr Integer magic_bits = 0x4338000000000000;
    static constexpr int mantissa_bits = 52;
    static constexpr Integer one_bits = 0x3ff0000000000000;
    static constexpr Integer sqrt_half_bits = 0x3fe6a09e667f3bcd;
    static constexpr double log2_e = 1.4426950408889634074;
    static constexpr double ln2_high = 6.93147180369123816490e-01;  // 32 bits, so that n * ln2_high is exact
    static constexpr double ln2_low = 1.90821492927058770002e-10;
    static constexpr double smallest = -708.0;  // below, exp is subnormal
    static constexpr int exp_degree = 9;
    static constexpr double exp_terms[] = {
        0.5000000000000001022,     0.1666666666666666745,     0.04166666666662412787, 0.008333333333330061833,
        0.00138888889172137169,    0.0001984126986305361688,  0.00002480152129595437513,
        2.755726845999706477e-6,   2.762008844540974816e-7,   2.510038549551031908e-8};
    static constexpr int log_degree = 7;
    static constexpr double log_terms[] = {0.6666666666666666646, 0.4000000000000087761, 0.2857142857080323001,
                                           0.2222222239180046933, 0.181817956308847532,  0.1538624020581347788,
                                           0.1326875966856061269, 0.1308676700994817371};
};

template <>
struct Constants<float> {
    using Integer = std::int32_t;
    typedef Integer Integers __attribute__((vector_size(BACTRIAN_VECTOR_BYTES), may_alias));
    static constexpr float magic = 12582912.0f;  // 1.5 * 2^23
    static constexpr Integer magic_bits = 0x4b400000;
    static constexpr int mantissa_bits = 23;
    static constexpr Integer one_bits = 0x3f800000;
    static constexpr Integer sqrt_half_bits = 0x3f3504f3;
    static constexpr float log2_e = 1.44269504f;
    static constexpr float ln2_high = 0.693359375f;
    static constexpr float ln2_low = -2.12194440e-4f;
    static constexpr float smallest = -87.0f;
    static constexpr int exp_degree = 4;
    static constexpr float exp_terms[] = {0.5f, 0.1666657669698977568f, 0.0416665546172045742f,
                                          0.00836317905272257737f, 0.001392618358771349454f};
    static constexpr int log_degree = 2;
    static constexpr float log_terms[] = {0.6666668504515602907f, 0.3998877828216280773f,
                                          0.2958005304318844214f};
};

// exp(x) for x <= 0, 0 where the result would be subnormal: tiny responsibilities must not slow down what follows.
template <typename Real>
BACTRIAN_INLINE Vector<Real> exp_nonpositive(Vector<Real> x) {
    using C = Constants<Real>;
    using Integers = typename C::Integers;
    const auto vanishing = x < C::smallest;
    x = vanishing ? broadcast<Real>(0) : x;
    const Vector<Real> shifted = x * C::log2_e + C::magic;
    const Vector<Real> n = shifted - C::magic;
    const Vector<Real> r = (x - n * C::ln2_high) - n * C::ln2_low;
    Vector<Real> q = broadcast(C::exp_terms[C::exp_degree]);
    for (int i = C::exp_degree - 1; i >= 0; --i) q = q * r + C::exp_terms[i];
    const Vector<Real> power = (r * r) * q + r + Real(1);
    const Integers exponent = (reinterpret_cast<const Integers&>(shifted) - C::magic_bits) << C::mantissa_bits;
    const Integers bits = reinterpret_cast<const Integers&>(power) + exponent;
    return vanishing ? broadcast<Real>(0) : reinterpret_cast<const Vector<Real>&>(bits);
}

// log(x) for normal x > 0: x = 2^e m with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)).
template <typename Real>
BACTRIAN_INLINE Vector<Real> log_positive(Vector<Real> x) {
    using C = Constants<Real>;
    using Integers = typename C::Integers;
    const Integers bits = reinterpret_cast<const Integers&>(x);
    const Integers e = (bits - C::sqrt_half_bits) >> C::mantissa_bits;
    const Integers mantissa = bits - (e << C::mantissa_bits);
    const Vector<Real> m = reinterpret_cast<const Vector<Real>&>(mantissa);
    const Integers number = e + C::magic_bits;
    const Vector<Real> exponent = reinterpret_cast<const Vector<Real>&>(number) - C::magic;
    const Vector<Real> f = (m - Real(1)) / (m + Real(1));
    const Vector<Real> u = f * f;
    Vector<Real> q = broadcast(C::log_terms[C::log_degree]);
    for (int i = C::log_degree - 1; i >= 0; --i) q = q * u + C::log_terms[i];
    return exponent * C::ln2_high + (f * Real(2) + (f * u * q + exponent * C::ln2_low));
}

}  // namespace bactrian::BACTRIAN_VARIANT
