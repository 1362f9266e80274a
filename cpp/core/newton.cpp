#include "newton.hpp"

#include <cmath>

#include "eliminate.hpp"

namespace bactrian {
namespace {

// A turn is exp(X), X skew: X_ab = sign(a - b) times the angle of the plane of a and b. To second order the energy
// w_j of an axis changes by 2 sum_a S_aj X_aj + sum_ab (S_ja X_ab X_bj + S_ab X_aj X_bj), S = W_k about the axes. With
// the best variances v_j = w_j / m_k the objective is sum_kj m_k log w_kj, and for equal volumes m_k depends on w too.
// Angles of two planes come together only where these share an axis, else only by the volume.
struct System {
    std::ptrdiff_t K, D, P;
    const double *within, *variances;
    std::vector<double> gradient, hessian;  // (P,), (P, P), of which the upper triangle is used
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

    // For the planes of c with a and with b: sum_k 2 g_kc (S_ab - 2 S_ac S_bc / S_cc) - (g_ka + g_kb) S_ab.
    void own_terms() {
        std::vector<double> bent(D * D, 0.0), turned(D * D);
        for (const std::ptrdiff_t k : some)
            for (std::ptrdiff_t a = 0; a < D; ++a)
                for (std::ptrdiff_t b = a; b < D; ++b) bent[a * D + b] += (g(k, a) + g(k, b)) * S(k, a, b);
        for (std::ptrdiff_t c = 0; c < D; ++c) {
            for (std::ptrdiff_t i = 0; i < D * D; ++i) turned[i] = -bent[i];
            for (const std::ptrdiff_t k : some) {
                const double *W = within + k * D * D, *from = W + c * D, precision = 2.0 * g(k, c);
                for (std::ptrdiff_t a = 0; a < D; ++a) {
                    const double along = 2.0 * from[a] / from[c];
                    for (std::ptrdiff_t b = a; b < D; ++b)
                        turned[a * D + b] += precision * (W[a * D + b] - along * from[b]);
                }
            }
            for (std::ptrdiff_t a = 0; a < D; ++a)
                for (std::ptrdiff_t b = a; b < D; ++b) {
                    if (a == c || b == c) continue;
                    const std::ptrdiff_t p = pair(a, c), q = pair(b, c);
                    const double value = turned[a * D + b];
                    hessian[p < q ? p * P + q : q * P + p] += (a < c) == (b < c) ? value : -value;
                }
        }
    }

    // What the gradient of each component adds where the volume is common.
    void shared_volume() {
        std::vector<double> slope(P), sum(P, 0.0);
        double total = 0.0;
        const auto add = [&](const std::vector<double>& along, double factor) {
            for (std::ptrdiff_t p = 0; p < P; ++p) subtract(&hessian[p * P], -factor * along[p], along.data(), p, P);
        };
        for (const std::ptrdiff_t k : some) {
            const double m = S(k, 0, 0) * g(k, 0);
            total += m;
            for (std::ptrdiff_t i = 0; i < D; ++i)
                for (std::ptrdiff_t j = i + 1; j < D; ++j)
                    sum[pair(i, j)] += slope[pair(i, j)] = 2.0 * S(k, i, j) * (g(k, i) - g(k, j));
            add(slope, 1.0 / (m * double(D)));
        }
        add(sum, -1.0 / (total * double(D)));
    }

    // Solves hessian x = -gradient in place; false where it is not positive definite.
    bool solve() {
        std::vector<double> whole(P);
        for (std::ptrdiff_t i = 0; i < P; ++i) whole[i] = hessian[i * P + i];
        const auto clear = [&](std::ptrdiff_t i, double square) { return square > 1e-10 * whole[i]; };
        if (!cholesky(hessian.data(), P, clear)) return false;
        for (std::ptrdiff_t i = 0; i < P; ++i) gradient[i] = -gradient[i];
        for (std::ptrdiff_t i = 0; i < P; ++i) {
            gradient[i] /= hessian[i * P + i];
            subtract(gradient.data(), gradient[i], &hessian[i * P], i + 1, P);
        }
        for (std::ptrdiff_t i = P; i-- > 0;) {
            for (std::ptrdiff_t l = i + 1; l < P; ++l) gradient[i] -= hessian[i * P + l] * gradient[l];
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
