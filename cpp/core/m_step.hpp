// M-steps by what their covariances share: volume, shape and orientation (Celeux & Govaert 1995).
// bactrian/families/*.py are the slow twins and have the equations.
#pragma once

#include <vector>

#include "problem.hpp"

namespace bactrian {

enum class Letter { equal, variable, identity };

// Sigma_k = lambda_k D_k A_k D_k^T: what is equal for all components, variable, or nothing.
struct Constraint {
    Letter volume, shape, orientation;

    Form form() const {
        if (shape == Letter::identity) return Form::spherical;
        return orientation == Letter::identity ? Form::diagonal : Form::full;
    }
    bool tied() const {
        return volume != Letter::variable && shape != Letter::variable && orientation != Letter::variable;
    }
    // Whether the M-step keeps its matrices above the floor by itself, since clipping them would break the constraint.
    bool above_floor() const {
        return !tied() && !(volume == Letter::variable && shape == Letter::variable && orientation == Letter::variable);
    }
    Scatter scatter() const {
        if (form() == Form::full) return tied() ? Scatter::pooled : Scatter::full;
        return form() == Form::diagonal ? Scatter::diagonal : Scatter::trace;
    }
};

// The least variances, as bactrian.families.Floor has them.
struct Floor {
    const double* minimum;  // (D,)
    const bool* constant;   // (D,) features that do not vary, or null
    double span;
};

struct Scatters {
    std::ptrdiff_t K, D;
    const double* within;  // W_k: (K,), (K, D), (D, D) or (K, D, D), as Constraint::scatter() says
    const double* counts;  // (K,) positive
};

struct Covariances {
    std::vector<double> numbers;  // (M,), (M, D) or (M, D, D); M = 1 if tied, else K
    std::vector<char> held;       // (K,) whether the floor holds the component
};

// The covariances that maximise -1/2 sum_k (n_k log|Sigma_k| + tr(W_k Sigma_k^-1)) above the floor. `before`, whose
// whiteners alone are read, is where an iterative step begins, or null. Tied and free full covariances are not lifted to
// the floor here (see lift). False where nothing positive and finite was found.
bool m_step(const Constraint&, const Scatters&, const Floor&, const Model* before, Covariances& to);

// Clips the eigenvalues of M full matrices so that each is at least diag(minimum): the constrained maximum for free
// matrices. False where there is no floor.
bool lift(std::ptrdiff_t M, std::ptrdiff_t D, const Floor&, Covariances& matrices);

}  // namespace bactrian
