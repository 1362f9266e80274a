// How far to go after each pass: EM as it is, or with strides between its steps. acceleration.Plain and
// acceleration.Squarem are the slow twins; Varadhan & Roland 2008 is the source.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "coordinates.hpp"

namespace bactrian {

// The least gain still to come, by the geometric series that the last two gains begin: acceleration.remaining.
double remaining(const std::vector<double>& history);

class Pace {
public:
    // `patience`: steps of EM before the first stride.
    Pace(bool strides, bool noise, std::size_t patience) : strides_(strides), noise_(noise), patience_(patience) {}

    // Whether the mixture being looked at is a stride, to be taken back if it is lower.
    bool on_trial() const { return on_trial_; }

    // A pass has shown this summary.
    void look(const Summary& summary) {
        if (patience_ == 0 && strides_) here_ = coordinates(summary, noise_);
    }
    // Nats that can still be gained. Asked once a pass.
    double left(const std::vector<double>& history, const Summary&);

    // The plain step that follows is taken; `held` where the floor holds one of its components. True with the summary
    // to take instead where a stride is due; `taken()` says that there was a mixture for it.
    bool stride(const Summary&, bool held, Summary& there);
    void taken() { on_trial_ = true, origin_ = there_; }
    // Back to the plain step.
    void retreat() {
        longest_ = std::fmax(1.0, length_ / 2.0);
        begin(retreat_);
    }

private:
    struct Shape {
        std::vector<double> step, bend, metric;
        double length;
    };
    Shape shape(const Summary&) const;
    double estimate(const std::vector<double>& history, double gain, const Summary&);
    void begin(std::vector<double> origin) {
        on_trial_ = false;
        origin_ = std::move(origin);
        first_.clear();
    }

    bool strides_, noise_, on_trial_ = false;
    std::size_t patience_, barred_ = 0;  // steps in a row after which no stride could begin
    std::vector<double> here_, origin_, first_, retreat_, there_;  // coordinates; empty where there are none
    double longest_ = 1.0, length_ = 0.0;
    double estimate_ = std::numeric_limits<double>::infinity();  // of what remained, by the last cycle
    double before_ = 0.0;  // what the second step of the last cycle gained
    double lengths_[2] = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
};

}  // namespace bactrian
