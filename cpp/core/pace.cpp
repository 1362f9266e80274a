#include "pace.hpp"

namespace bactrian {
namespace {

constexpr double kRounding = 1e-14;  // gains below this part of the log-likelihood are rounding: acceleration.ROUNDING
constexpr double kGrowth = 4.0;      // the longest stride grows by this factor when it was taken in full
constexpr std::size_t kBarred = 2;   // gains of EM as it is that tell how many more there are: acceleration.BARRED
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double norm(const std::vector<double>& metric, const std::vector<double>& vector) {
    double sum = 0.0;
    for (std::size_t i = 0; i < vector.size(); ++i) sum += (metric[i] * vector[i]) * (metric[i] * vector[i]);
    return std::sqrt(sum);
}

}  // namespace

double remaining(const std::vector<double>& history) {
    const std::size_t n = history.size();
    if (n < 2) return kInfinity;
    const double gain = history[n - 1] - history[n - 2];
    if (gain <= kRounding * std::fabs(history[n - 1])) return 0.0;
    if (n < 3) return kInfinity;
    const double before = history[n - 2] - history[n - 3];
    if (gain >= before) return kInfinity;
    return std::fmax(gain, gain * gain / (before - gain));
}

Pace::Shape Pace::shape(const Summary& summary) const {
    Shape found{first_, here_, metric_of(summary, noise_), 0.0};
    for (std::size_t i = 0; i < here_.size(); ++i) {
        found.step[i] -= origin_[i];
        found.bend[i] -= first_[i] + found.step[i];
    }
    found.length = norm(found.metric, found.step) / std::fmax(norm(found.metric, found.bend), 1e-300);
    return found;
}

double Pace::left(const std::vector<double>& history, const Summary& summary) {
    if (!strides_ || patience_ > 0 || barred_ >= kBarred) return remaining(history);
    const std::size_t n = history.size();
    if (n < 2) return kInfinity;
    const double gain = history[n - 1] - history[n - 2];
    if (first_.empty() || origin_.empty())
        return gain >= 0.0 && gain <= kRounding * std::fabs(history[n - 1]) && !on_trial_ ? 0.0 : kInfinity;
    const double before = estimate_;
    estimate_ = estimate(history, gain, summary);
    return std::fmax(before, estimate_);
}

double Pace::estimate(const std::vector<double>& history, double gain, const Summary& summary) {
    const std::size_t n = history.size();
    if (gain <= kRounding * std::fabs(history[n - 1])) return 0.0;
    if (here_.empty() || n < 3) return kInfinity;
    const Shape s = shape(summary);
    const double before = before_;
    before_ = gain;
    double along = 0.0;
    for (std::size_t i = 0; i < here_.size(); ++i) along += s.step[i] * s.metric[i] * s.metric[i] * s.bend[i];
    if (along >= 0.0 || gain >= before) return kInfinity;  // steps or gains that grow say nothing about their end
    // a stride stirs up what dies out at once, and hides what does not: the longer of two ways counts
    lengths_[0] = lengths_[1], lengths_[1] = s.length;
    const double shrinks = std::fmax(0.0, 1.0 - 1.0 / std::fmax(std::fmax(lengths_[0], lengths_[1]), 1.0));
    const double rate = shrinks * shrinks;
    return std::fmax(std::fmax(gain, gain * rate / std::fmax(1.0 - rate, 1e-12)), history[n - 2] - history[n - 3]);
}

bool Pace::stride(const Summary& summary, bool held, Summary& there) {
    if (!strides_) return false;
    if (patience_ > 0) {
        --patience_;
        return false;
    }
    barred_ = here_.empty() || held ? barred_ + 1 : 0;
    if (barred_ > 0 || origin_.empty()) {
        begin(here_);
        return false;
    }
    if (first_.empty()) {
        on_trial_ = false;
        first_ = here_;
        return false;
    }
    const Shape s = shape(summary);
    const bool capped = s.length >= longest_;
    length_ = std::fmin(s.length, longest_);
    there_.resize(here_.size());
    for (std::size_t i = 0; i < here_.size(); ++i)
        there_[i] = origin_[i] + 2.0 * length_ * s.step[i] + length_ * length_ * s.bend[i];
    retreat_ = here_;
    begin(here_);
    if (capped) longest_ *= kGrowth;
    return length_ > 1.0 && summary_at(there_, summary, noise_, there);
}

}  // namespace bactrian
