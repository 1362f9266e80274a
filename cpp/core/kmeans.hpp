// k-means++ (Arthur & Vassilvitskii 2007) and Lloyd's steps on whitened rows, several labellings at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "problem.hpp"

namespace bactrian {

struct KMeans {
    Rows rows;
    Metric metric;
    const std::ptrdiff_t* order;  // (N,) the order in which rows are drawn, or null for their own
    const double* anchors;        // (K0, D) first centres that are given, in the rows' own units
    std::ptrdiff_t K0, K;
    std::ptrdiff_t labellings;
    std::ptrdiff_t candidates;    // rows drawn for each centre, of which the one that brings all rows nearest is kept
    const double* positions;      // (labellings, drawn()) in [0, 1)
    int steps;                    // of Lloyd, and after each lot of moves
    int moves;                    // lots of them, at most: merging two groups, splitting another
    const Variant* variant;
    int threads;

    // Positions that one labelling takes: one for the first centre, where it is not given, and for each other one as
    // many as there are candidates.
    std::ptrdiff_t drawn() const {
        return K <= K0 ? 0 : K0 > 0 ? (K - K0) * candidates : 1 + (K - 1) * candidates;
    }
};

// Writes the rows that became centres (labellings, K - K0), and unless null the labels (labellings, N) after at most
// `steps` steps, fewer where they stay the same, and moves as long as these gain. A group without rows gets the middle as its centre. Where all rows are
// centres already the last one is drawn again. The same bits for any number of threads.
void kmeans(const KMeans&, std::ptrdiff_t* centres, std::ptrdiff_t* labels);

}  // namespace bactrian
