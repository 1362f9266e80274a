// Variances along axes that are known: bactrian/families/values.py is the slow twin and has the equations.
#pragma once

#include <cstddef>

namespace bactrian {

struct Energies {
    std::ptrdiff_t K, D;
    const double* along;   // (K, D) the diagonals of D_k^T W_k D_k
    const double* counts;  // (K,) positive
    const double* least;   // (K, D) what the floor allows, or zeros
    double span;           // the greatest variance in units of the least, where volumes are equal and shapes are not
};

// Writes the (K, D) variances that maximise -1/2 sum_kj (n_k log v_kj + along_kj / v_kj) with v >= least. `volumes` (K,)
// is where an iteration may begin, or null. Zeros where there is neither energy nor a floor.
void variances(bool equal_volume, bool equal_shape, const Energies&, const double* volumes, double* to);

}  // namespace bactrian
