// The fourteen constraints, by their letters.
#pragma once

#include "m_step.hpp"

inline constexpr const char* kCodes[] = {"EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE",
                                         "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"};

inline bactrian::Constraint constraint_of(const char* code) {
    const auto letter = [](char c) {
        using bactrian::Letter;
        return c == 'E' ? Letter::equal : c == 'V' ? Letter::variable : Letter::identity;
    };
    return {letter(code[0]), letter(code[1]), letter(code[2])};
}
