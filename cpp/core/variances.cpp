#include "variances.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace bactrian {
namespace {

// as in values.py
constexpr double kTight = 1e-13, kNothing = -200.0, kWidest = 1e100;
constexpr int kMost = 2000;

double total(const Energies& e) { return std::accumulate(e.counts, e.counts + e.K, 0.0); }

bool floored(const Energies& e) {
    return std::all_of(e.least, e.least + e.K * e.D, [](double f) { return f > 0.0; });
}

void equal_equal(const Energies& e, double* to) {
    const double N = total(e);
    for (std::ptrdiff_t j = 0; j < e.D; ++j) {
        double sum = 0.0, least = 0.0;
        for (std::ptrdiff_t k = 0; k < e.K; ++k) {
            sum += e.along[k * e.D + j];
            least = std::fmax(least, e.least[k * e.D + j]);
        }
        for (std::ptrdiff_t k = 0; k < e.K; ++k) to[k * e.D + j] = std::fmax(sum / N, least);
    }
}

void variable_variable(const Energies& e, double* to) {
    for (std::ptrdiff_t k = 0; k < e.K; ++k)
        for (std::ptrdiff_t j = 0; j < e.D; ++j)
            to[k * e.D + j] = std::fmax(e.along[k * e.D + j] / e.counts[k], e.least[k * e.D + j]);
}

// Whether a whole row or column has no energy.
bool lacking(const Energies& e) {
    std::vector<char> column(e.D, 1);
    for (std::ptrdiff_t k = 0; k < e.K; ++k) {
        bool row = true;
        for (std::ptrdiff_t j = 0; j < e.D; ++j)
            if (e.along[k * e.D + j] > 0.0) {
                row = false;
                column[j] = 0;
            }
        if (row) return true;
    }
    return std::any_of(column.begin(), column.end(), [](char c) { return c; });
}

void variable_equal(const Energies& e, const double* volumes, double* to) {
    const std::ptrdiff_t K = e.K, D = e.D;
    if (!floored(e) && lacking(e)) {
        for (std::ptrdiff_t i = 0; i < K * D; ++i) to[i] = e.along[i] / e.counts[i / D];
        return;
    }
    const double N = total(e);
    std::vector<double> volume(K), shape(D);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        const double *w = e.along + k * D, *f = e.least + k * D;
        volume[k] = volumes ? volumes[k] : std::accumulate(w, w + D, 0.0) / e.counts[k] / double(D);
        volume[k] = std::fmax(volume[k], *std::min_element(f, f + D));
    }
    bool moved = true;
    for (int i = 0; moved && i < kMost; ++i) {
        moved = false;
        std::fill(shape.begin(), shape.end(), 0.0);
        for (std::ptrdiff_t k = 0; k < K; ++k)
            for (std::ptrdiff_t j = 0; j < D; ++j) shape[j] += e.along[k * D + j] / volume[k];
        for (std::ptrdiff_t j = 0; j < D; ++j) {
            shape[j] /= N;
            for (std::ptrdiff_t k = 0; k < K; ++k) shape[j] = std::fmax(shape[j], e.least[k * D + j] / volume[k]);
        }
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            double sum = 0.0, least = 0.0;
            for (std::ptrdiff_t j = 0; j < D; ++j) {
                sum += e.along[k * D + j] / shape[j];
                least = std::fmax(least, e.least[k * D + j] / shape[j]);
            }
            const double next = std::fmax(sum / (double(D) * e.counts[k]), least);
            moved |= std::fabs(next - volume[k]) > kTight * next;
            volume[k] = next;
        }
    }
    for (std::ptrdiff_t i = 0; i < K * D; ++i) to[i] = volume[i / D] * shape[i % D];
}

// log mu with sum_j clip(logs_j - log mu, low_j, high_j) = size, and how many axes are at no bound there.
struct Multiplier {
    double log_mu, free;
};
Multiplier multiplier(const double* logs, const double* low, const double* high, std::ptrdiff_t D, double size,
                      std::vector<double>& points) {
    for (std::ptrdiff_t j = 0; j < D; ++j) {
        points[j] = logs[j] - high[j];
        points[D + j] = logs[j] - low[j];
    }
    std::sort(points.begin(), points.end());
    const auto sum = [&](double t) {
        double s = 0.0;
        for (std::ptrdiff_t j = 0; j < D; ++j) s += std::fmin(std::fmax(logs[j] - t, low[j]), high[j]);
        return s;
    };
    std::ptrdiff_t before = 0, after = 2 * D - 1;  // the sum falls from one point to the next
    while (after - before > 1) {
        const std::ptrdiff_t middle = (before + after) / 2;
        (sum(points[middle]) > size ? before : after) = middle;
    }
    const double first = sum(points[before]), fall = first - sum(points[after]);
    const double length = points[after] - points[before];
    const double part = std::fmin(std::fmax((first - size) / (fall > 0.0 ? fall : 1.0), 0.0), 1.0);
    return {points[before] + part * length, length > 0.0 ? fall / length : 1.0};
}

// Newton's steps for the common log-volume in a bracket, until sum_k mu_k = N.
void within_bounds(const Energies& e, const std::vector<double>& logs, double guess, double* to) {
    const std::ptrdiff_t K = e.K, D = e.D;
    const double width = std::log(std::fmin(e.span, kWidest)), log_total = std::log(total(e));
    std::vector<double> low(K * D), high(K * D), floored_logs(K * D), points(2 * D);
    std::vector<Multiplier> at(K);
    double left = -std::numeric_limits<double>::infinity();
    double right = -left;
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        double sum = 0.0;
        for (std::ptrdiff_t i = k * D; i < (k + 1) * D; ++i) {
            low[i] = std::log(e.least[i]);
            high[i] = low[i] + width;
            floored_logs[i] = std::fmax(logs[i], low[i] + kNothing);
            sum += low[i];
        }
        left = std::fmax(left, sum / double(D));
        right = std::fmin(right, sum / double(D) + width);
    }
    double theta = left < guess && guess < right ? guess : left;
    for (int i = 0; i < 200; ++i) {
        double shift = -std::numeric_limits<double>::infinity();
        for (std::ptrdiff_t k = 0; k < K; ++k) {
            at[k] = multiplier(&floored_logs[k * D], &low[k * D], &high[k * D], D, double(D) * theta, points);
            shift = std::fmax(shift, at[k].log_mu);
        }
        double sum = 0.0, slope = 0.0;
        for (const Multiplier& m : at) {
            const double mu = std::exp(m.log_mu - shift);
            sum += mu;
            slope += m.free > 0.0 ? mu / m.free : std::numeric_limits<double>::infinity();
        }
        const double above = shift + std::log(sum) - log_total;
        (above > 0.0 ? left : right) = theta;
        const double ahead = theta + above / (double(D) * slope / sum), last = theta;
        theta = left < ahead && ahead < right ? ahead : (left + right) / 2;
        if (std::fabs(theta - last) <= kTight) break;
    }
    for (std::ptrdiff_t i = 0; i < K * D; ++i)
        to[i] = std::exp(std::fmin(std::fmax(floored_logs[i] - at[i / D].log_mu, low[i]), high[i]));
}

void equal_variable(const Energies& e, double* to) {
    const std::ptrdiff_t K = e.K, D = e.D;
    std::vector<double> logs(K * D), geometric(K);
    for (std::ptrdiff_t k = 0; k < K; ++k) {
        double sum = 0.0;
        for (std::ptrdiff_t i = k * D; i < (k + 1) * D; ++i) sum += logs[i] = std::log(e.along[i]);
        geometric[k] = std::exp(sum / double(D));
    }
    const double volume = std::accumulate(geometric.begin(), geometric.end(), 0.0) / total(e);
    bool inside = true;
    for (std::ptrdiff_t i = 0; i < K * D; ++i) {
        to[i] = e.along[i] > 0.0 ? e.along[i] * (volume / geometric[i / D]) : 0.0;
        inside = inside && to[i] >= e.least[i] && to[i] <= e.span * e.least[i];
    }
    // components without energy are free of cost: without others at a bound theirs is the volume
    if (!inside && floored(e)) within_bounds(e, logs, std::log(volume), to);
}

}  // namespace

void variances(bool equal_volume, bool equal_shape, const Energies& e, const double* volumes, double* to) {
    if (equal_shape) return equal_volume ? equal_equal(e, to) : variable_equal(e, volumes, to);
    return equal_volume ? equal_variable(e, to) : variable_variable(e, to);
}

}  // namespace bactrian
