// Families and floors as Python names them.
#pragma once

#include "arrays.hpp"
#include "climb.hpp"
#include "m_step.hpp"

namespace bactrian {

inline Constraint constraint_of(const std::string& letters) {
    const auto letter = [&](std::size_t i) {
        const char c = i < letters.size() ? letters[i] : ' ';
        if (c != 'E' && c != 'V' && c != 'I') throw std::invalid_argument("a constraint is three letters of E, V, I");
        return c == 'E' ? Letter::equal : c == 'V' ? Letter::variable : Letter::identity;
    };
    return {letter(0), letter(1), letter(2)};
}

inline Floor floor_of(const Doubles& minimum, const std::optional<Flags>& constant, double span, std::ptrdiff_t D) {
    if (minimum.ndim() != 1 || std::ptrdiff_t(minimum.shape(0)) != D ||
        (constant && std::ptrdiff_t(constant->shape(0)) != D))
        throw std::invalid_argument("the least variances must be (D,)");
    return {minimum.data(), constant ? constant->data() : nullptr, span};
}

inline nb::list held_of(const Climber::Mixture& mixture) {
    nb::list held;
    for (std::size_t i = 0; i < mixture.covariance.held.size(); ++i)
        if (mixture.covariance.held[i]) held.append(i);
    return held;
}

}  // namespace bactrian
