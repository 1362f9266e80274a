// A pass over all rows: chunks go to threads, their sums come together in the order of the rows.
#pragma once

#include <vector>

#include "problem.hpp"
#include "whole.hpp"

namespace bactrian {

struct Pass {
    Rows rows;
    Model model;
    bool single;  // work in float32 (only for rows of float32)
    const Variant* variant;
    int threads;
    const Whole* whole = nullptr;  // what is known of all the rows
};

// The sums of a pass, in the layout's order. The same bits for any number of threads.
std::vector<double> accumulate(const Pass&, const Given*, const Layout&);

// Fills the one array of `out` that is set.
void score(const Pass&, const Output& out);

}  // namespace bactrian
