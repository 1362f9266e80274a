#include "newton.hpp"

#include <cmath>

namespace bactrian {
namespace {

// A turn is exp(X), X skew: X_ab = sign(a - b) times the angle of the plane of a and b. To second order the energy
// w_j of an axis changes by 2 sum_a S_aj X_aj + sum_ab (S_ja X_ab X_bj + S_ab X_aj X_bj), S = W_k about the axes. With
// the best variances v_j = w_j / m_k the objective is sum_kj m_k log w_kj, and for equal volumes m_k depends on w too.
struct System {
    std::ptrdiff_t K, D, P;
    const double *within, *variances;
    std::vector<double> gradient, hessian;  // (P,), (P, P)
    std::vector<std::ptrdiff_t> some{};     // components that count

    std::ptrdiff_t pair(std::ptrdiff_t a, std::ptrdiff_t b) const {
        const std::ptrdiff_t i = a < b ? a : b, j = a < b ? b : a;
        return i * (2 * D - i - 1) / 2 + j - i - 1;
    }
    double S(std::ptrdiff_t k, std::ptrdiff_t a, std::ptrdiff_t b) const { return within[(k * D + a) * D + b]; }
    double g(std::ptrdiff_t k, std::ptrdiff_t j) const { return 1.0 / variances[k * D + j]; }

    // Leaves out components without energy, which no turn moves; false where a variance of another is held.
    bool drop_points() {
        double total = 0.0;
        for (std::ptrdiff_t k = 0; k < K; ++k) total += S(k, 0, 0) * g(k, 0);
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            const double m = S(k, 0, 0) * g(k, 0);
            bool free = true, point = true;
            for (std::ptrdiff_t j = 0; j < D; ++j) {
                free = free && std::fabs(S(k, j, j) * g(k, j) - m) <= 1e-8 * m;
                point = point && std::fabs(S(k, j, j) * g(k, j)) <= 1e-14 * total;
            }
            if (!point && !free) return false;
            if (!point) some.push_back(k);
        }
        return true;
    }

    void add(std::ptrdiff_t a, std::ptrdiff_t b, std::ptrdiff_t c, std::ptrdiff_t d, double value) {
        if (a == b || c == d) return;
        const double signed_value = (a > b) == (c > d) ? value : -value;
        hessian[pair(a, b) * P + pair(c, d)] += signed_value;
        hessian[pair(c, d) * P + pair(a, b)] += signed_value;
    }

    void own_terms() {
        for (std::ptrdiff_t j = 0; j < D; ++j)
            for (std::ptrdiff_t a = 0; a < D; ++a) {
                double bent = 0.0;  // sum_k g_kj S_k,ja
                for (const std::ptrdiff_t k : some) bent += g(k, j) * S(k, j, a);
                for (std::ptrdiff_t b = 0; b < D; ++b) {
                    add(a, b, b, j, bent);
                    double turned = 0.0;
                    for (const std::ptrdiff_t k : some)
                        turned += g(k, j) * (S(k, a, b) - 2.0 * S(k, a, j) * S(k, b, j) / S(k, j, j));
                    add(a, j, b, j, turned);
                }
            }
    }

    // What the gradient of each component adds where the volume is common.
    void shared_volume() {
        std::vector<double> slope(P), sum(P, 0.0);
        double total = 0.0;
        for (const std::ptrdiff_t k : some) {
            const double m = S(k, 0, 0) * g(k, 0);
            total += m;
            for (std::ptrdiff_t i = 0; i < D; ++i)
                for (std::ptrdiff_t j = i + 1; j < D; ++j)
                    sum[pair(i, j)] += slope[pair(i, j)] = 2.0 * S(k, i, j) * (g(k, i) - g(k, j));
            for (std::ptrdiff_t p = 0; p < P * P; ++p) hessian[p] += slope[p / P] * slope[p % P] / (m * double(D));
        }
        for (std::ptrdiff_t p = 0; p < P * P; ++p) hessian[p] -= sum[p / P] * sum[p % P] / (total * double(D));
    }

    // Solves hessian x = -gradient in place by Cholesky's factors; false where it is not positive definite.
    bool solve() {
        for (std::ptrdiff_t i = 0; i < P; ++i)
            for (std::ptrdiff_t j = 0; j <= i; ++j) {
                const double whole = hessian[i * P + j];
                double sum = whole;
                for (std::ptrdiff_t l = 0; l < j; ++l) sum -= hessian[i * P + l] * hessian[j * P + l];
                if (i == j && !(sum > 1e-10 * whole)) return false;
                hessian[i * P + j] = i == j ? std::sqrt(sum) : sum / hessian[j * P + j];
            }
        for (std::ptrdiff_t i = 0; i < P; ++i) {
            gradient[i] = -gradient[i];
            for (std::ptrdiff_t l = 0; l < i; ++l) gradient[i] -= hessian[i * P + l] * gradient[l];
            gradient[i] /= hessian[i * P + i];
        }
        for (std::ptrdiff_t i = P; i-- > 0;) {
            for (std::ptrdiff_t l = i + 1; l < P; ++l) gradient[i] -= hessian[l * P + i] * gradient[l];
            gradient[i] /= hessian[i * P + i];
        }
        return true;
    }
};

}  // namespace

std::vector<double> newton_angles(std::ptrdiff_t K, std::ptrdiff_t D, const double* within, const double* variances,
                                  bool equal_volume) {
    const std::ptrdiff_t P = D * (D - 1) / 2;
    System system{K, D, P, within, variances, std::vector<double>(P, 0.0), std::vector<double>(P * P, 0.0)};
    if (!system.drop_points()) return {};
    for (std::ptrdiff_t i = 0; i < D; ++i)
        for (std::ptrdiff_t j = i + 1; j < D; ++j)
            for (const std::ptrdiff_t k : system.some)
                system.gradient[system.pair(i, j)] += 2.0 * system.S(k, i, j) * (system.g(k, i) - system.g(k, j));
    system.own_terms();
    if (equal_volume) system.shared_volume();
    if (!system.solve()) return {};
    return std::move(system.gradient);
}

}  // namespace bactrian
