// Twofold arithmetic: an unevaluated sum of two doubles, about 106 bits.
// Sources: Dekker 1971 (Numer. Math. 18:224); Joldes, Muller & Popescu 2017 (ACM TOMS 44:15), whose algorithm
// names are given. Must be compiled without contraction of a * b + c.
#pragma once

#include <cmath>

namespace bactrian {

struct Twofold {
    double high = 0.0;
    double low = 0.0;

    Twofold() = default;
    Twofold(double value) : high(value) {}
    Twofold(double h, double l) : high(h), low(l) {}
    explicit operator double() const { return high + low; }
};

inline Twofold fast_two_sum(double a, double b) {  // |a| >= |b|
    const double s = a + b;
    return {s, b - (s - a)};
}

inline Twofold two_sum(double a, double b) {
    const double s = a + b;
    const double t = s - a;
    return {s, (a - (s - t)) + (b - t)};
}

inline Twofold two_product(double a, double b) {
    const double p = a * b;
    return {p, std::fma(a, b, -p)};
}

inline Twofold operator+(Twofold x, Twofold y) {  // AccurateDWPlusDW
    const Twofold s = two_sum(x.high, y.high);
    const Twofold t = two_sum(x.low, y.low);
    const Twofold v = fast_two_sum(s.high, s.low + t.high);
    return fast_two_sum(v.high, t.low + v.low);
}

inline Twofold operator-(Twofold x) { return {-x.high, -x.low}; }
inline Twofold operator-(Twofold x, Twofold y) { return x + (-y); }

inline Twofold operator*(Twofold x, Twofold y) {  // DWTimesDW2
    const Twofold c = two_product(x.high, y.high);
    const double t = std::fma(x.high, y.low, x.low * y.high);
    return fast_two_sum(c.high, c.low + t);
}

inline Twofold operator/(Twofold x, Twofold y) {  // DWDivDW2
    const double q = x.high / y.high;
    const Twofold r = x - y * Twofold(q);
    return fast_two_sum(q, (r.high + r.low) / y.high);
}

inline Twofold sqrt(Twofold x) {  // one Newton step from the float64 root
    const double s = std::sqrt(x.high);
    const Twofold r = x - two_product(s, s);
    return fast_two_sum(s, (r.high + r.low) / (2.0 * s));
}

}  // namespace bactrian
