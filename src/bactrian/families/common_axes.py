"""The M-steps in which all components have the same axes and shapes differ.

The axes and the variances along them are improved in turn. For given variances a rotation in the plane of two axes
has its best angle in closed form, so a sweep over all planes never loses; for given axes so have the variances. (The
planes are those of Flury & Gautschi 1986, SIAM J. Sci. Stat. Comput. 7:169; the iteration is monotone as is that of
Browne & McNicholas 2014, ADAC 8:217, and its step is not bounded by a largest eigenvalue.) The optimum need not be
the only one: a step begins at the axes before it, the first step at two places.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np

from bactrian.covariance import Covariance, Full
from bactrian.families.axes import Spread, along, along_axes
from bactrian.families.floor import Floor
from bactrian.families.own_axes import own_axes
from bactrian.families.scatters import Scatters
from bactrian.families.values import Values, equal_variable, variable_variable
from bactrian.typing import FloatArray, IntArray

Result = tuple[Covariance, IntArray]

MOST = 200  # sweeps
FLAT = 1e-10  # of the size of a plane's cost, its slope in the last sweep: gains are rounding long before
HELD_GAIN = 1e-9  # of N D, the size of the objective, with a collapsed component: it will not win, and converges slowly
NEUTRAL = 1e-15  # a plane in which all directions cost the same to this part has no best angle


def eve(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda D A_k D^T."""
    return _best(scatters, floor, before, partial(equal_variable, span=floor.span))


def vve(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda_k D A_k D^T."""
    return _best(scatters, floor.unbounded, before, variable_variable)


def common_axes(matrices: FloatArray) -> FloatArray:
    """(D, D) axes in which all (K, D, D) matrices are as diagonal as can be."""
    # weights that no symmetry of the matrices can have: a plain sum could be a multiple of the identity
    weights = 1 + (0.6180339887498949 * np.arange(len(matrices))) % 1
    scaled = matrices * (weights / np.trace(matrices, axis1=1, axis2=2))[:, None, None]
    first = own_axes(scaled.sum(0)[None])[0]
    found = turned(Scatters(scaled, weights, len(first)), Floor(np.zeros(len(first))), first, variable_variable)
    return np.asarray(found.axes[0])


def _best(scatters: Scatters, floor: Floor, before: Covariance | None, values: Values) -> Result:
    filled = scatters.filled
    if isinstance(before, Full):
        starts = [common_axes(before.matrices)]
    else:
        starts = [np.eye(filled.n_features), own_axes(filled.pooled[None])[0]]
    found = [turned(filled, floor, axes, values) for axes in starts]
    return max(found, key=lambda one: one.objective).covariance(floor)


def turned(scatters: Scatters, floor: Floor, axes: FloatArray, values: Values) -> Spread:
    """The best covariances that sweeps reach from (D, D) ``axes``."""
    within: FloatArray = np.asarray(axes.T @ scatters.within @ axes)
    size = scatters.total * scatters.n_features
    best = _about(within, scatters.counts, floor.minimum, axes, values)
    if not best.values.all():
        return best  # refused as not positive definite
    for _ in range(MOST):
        within, axes, slope = _sweep(within.copy(), axes.copy(), 1 / best.values)
        last, best = best, _about(within, scatters.counts, floor.minimum, axes, values)
        if floor.holds(best.values, best.least).any():
            if not best.objective > last.objective + HELD_GAIN * size:
                return max(last, best, key=lambda one: one.objective)
        elif slope <= FLAT:
            break
    return best


def _about(within: FloatArray, counts: FloatArray, minimum: FloatArray, axes: FloatArray, values: Values) -> Spread:
    energies = np.maximum(np.diagonal(within, axis1=1, axis2=2), 0.0)
    least = np.broadcast_to(along(axes[None], minimum), energies.shape)
    return along_axes(energies, least, counts, axes[None], values)


def _sweep(within: FloatArray, axes: FloatArray, precisions: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Turn each plane of two axes to the least sum_k tr(W_k Sigma_k^-1); ``within`` is axes^T W_k axes.

    The last of what is returned is the steepest slope that was met, by the size of the plane's cost.
    """
    steepest = 0.0
    for i, j in combinations(range(len(axes)), 2):
        gap = precisions[:, i] - precisions[:, j]
        # the cost at angle t is constant + x cos 2t + y sin 2t
        x = 0.5 * float((within[:, i, i] - within[:, j, j]) @ gap)
        y = float(within[:, i, j] @ gap)
        size = (within[:, i, i] + within[:, j, j]) @ (precisions[:, i] + precisions[:, j])
        if not np.hypot(x, y) > NEUTRAL * size:
            continue
        steepest = max(steepest, float(abs(y) / size))
        angle = 0.5 * np.arctan2(-y, -x)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        plane = [i, j]
        axes[:, plane] = axes[:, plane] @ turn
        within[:, :, plane] = within[:, :, plane] @ turn
        within[:, plane, :] = turn.T @ within[:, plane, :]
    return within, axes, steepest
