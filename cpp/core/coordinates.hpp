// Summaries as vectors without bounds, so that strides stay in the space of mixtures: acceleration.coordinates in Python.
#pragma once

#include <vector>

#include "summary.hpp"

namespace bactrian {

// Log amounts (K, and the noise's if there is `noise`), means, logarithms or factors of the average scatter. Empty where
// there is none: an empty component, a scatter that is not positive definite.
std::vector<double> coordinates(const Summary&, bool noise);

// The summary whose coordinates these are; false where they leave the range of double.
bool summary_at(const std::vector<double>& vector, const Summary& like, bool noise, Summary& to);

// How much each coordinate weighs in the length of a step: components by their rows, features by their spread.
std::vector<double> metric_of(const Summary&, bool noise);

}  // namespace bactrian
