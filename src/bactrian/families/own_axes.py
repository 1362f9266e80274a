"""The M-steps in which each component has its own axes, and volume or shape is equal (Celeux & Govaert 1995).

The axes are the eigenvectors of W_k by falling eigenvalue, whatever the variances are: of all orientations the one in
which the greatest variance meets the greatest energy costs least. What remains are variances along known axes.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from bactrian.covariance import Covariance, Full
from bactrian.families.axes import Spread, spread, volumes_of
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.families.values import Values, equal_equal, equal_variable, variable_equal
from bactrian.typing import FloatArray, IntArray

Result = tuple[Covariance, IntArray]


def eev(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda D_k A D_k^T: with W_k = L_k Omega_k L_k^T, L_k (sum_l Omega_l / N) L_k^T."""
    return _shared_shape(scatters, floor.unbounded, before, equal_equal)


def vev(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda_k D_k A D_k^T: the same with volumes and shape in turn."""
    return _shared_shape(scatters, floor.unbounded, before, variable_equal)


def evv(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda C_k, |C_k| = 1: C_k = W_k / |W_k|^(1/D), lambda = sum_k |W_k|^(1/D) / N.

    The family is closed under every linear map, so units in which the floor is 1 make the floor exact.
    """
    filled = scatters.filled
    scale = floor.units(np.diagonal(filled.pooled) / filled.total)
    filled = filled.in_units_of(scale)
    best = spread(filled, floor.minimum / scale**2, own_axes(filled.within), partial(equal_variable, span=floor.span))
    return Full(best.matrices * scale[:, None] * scale, len(best.values)), best.low(floor, units=True)


def _shared_shape(scatters: Scatters, floor: Floor, before: Covariance | None, values: Values) -> Result:
    """Where the floor binds it may ask more along the new axes than along the old: the better of the two."""
    filled, volumes = scatters.filled, volumes_of(before)
    best = spread(filled, floor.minimum, own_axes(filled.within), values, volumes)
    if isinstance(before, Full) and len(before.matrices) == len(best.values) and len(best.low(floor)):
        best = max(best, _about(before, filled, floor, values, volumes), key=lambda found: found.objective)
    return best.covariance(floor)


def _about(before: Full, filled: Scatters, floor: Floor, values: Values, volumes: FloatArray | None) -> Spread:
    return spread(filled, floor.minimum, own_axes(before.matrices), values, volumes)


def own_axes(matrices: FloatArray) -> FloatArray:
    """(M, D, D) eigenvectors in columns, by falling eigenvalue."""
    return np.asarray(np.linalg.eigh(matrices)[1][:, :, ::-1])
