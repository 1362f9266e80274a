"""Axes: directions along which a component's variances stand, and what the floor asks along them.

A clipped eigenvalue would leave a constrained family, so the floor enters before: a family finds the best variances
that are not below ``along`` its axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.covariance import Covariance, Full
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.families.values import Values
from bactrian.typing import FloatArray, IntArray

ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Spread:
    """Covariances by their axes: ``axes`` (M, D, D) with columns of length 1, M = 1 or K; (K, D) ``values`` along them.

    ``objective`` is that of the M-step; ``least`` (K, D) what the floor asked.
    """

    axes: FloatArray
    values: FloatArray
    least: FloatArray
    objective: float

    @property
    def matrices(self) -> FloatArray:
        """(K, D, D)."""
        return np.asarray((self.axes * self.values[:, None, :]) @ self.axes.swapaxes(1, 2))

    def low(self, floor: Floor, *, units: bool = False) -> IntArray:
        """The components that the floor holds along an axis that varies.

        ``units`` : the axes are in units in which the floor is the same in all directions; a turned axis then has the
        rounding of the longest.
        """
        varying = (self.axes[:, floor.varying] ** 2).sum(1) > 1e-6
        held = floor.holds(self.values, self.least)
        if units:
            rounding = ROUNDING * self.values.max(axis=1, keepdims=True)
            held |= (self.least > 0) & (self.values <= self.least + rounding)
        return np.flatnonzero((varying & held).any(1))

    def covariance(self, floor: Floor) -> tuple[Full, IntArray]:
        return Full(self.matrices, len(self.values)), self.low(floor)


def along(axes: FloatArray, minimum: FloatArray) -> FloatArray:
    """(M, D) least variances along (M, D, D) axes, such that no direction has less than diag(``minimum``).

    With G = axes^T diag(minimum) axes and H its correlations, diag(G_jj sum_i |H_ij|) - G is diagonally dominant, so
    positive. Along features, and where all minima are equal, it is G_jj itself.
    """
    if not minimum.any():
        return np.zeros(axes.shape[:2])
    gram = axes.swapaxes(1, 2) @ (minimum[:, None] * axes)
    own = np.diagonal(gram, axis1=1, axis2=2)
    root = np.sqrt(np.where(own > 0, own, 1.0))
    return np.asarray(own * np.abs(gram / root[:, :, None] / root[:, None, :]).sum(1))


def spread(
    scatters: Scatters, minimum: FloatArray, axes: FloatArray, values: Values, volumes: FloatArray | None = None
) -> Spread:
    """The best covariances with these axes."""
    energies = np.maximum(np.einsum("kji,kjl,kli->ki", axes, scatters.within, axes), 0.0)
    least = np.broadcast_to(along(axes, minimum), energies.shape)
    return along_axes(energies, least, scatters.counts, axes, values, volumes)


def along_axes(
    energies: FloatArray,
    least: FloatArray,
    counts: FloatArray,
    axes: FloatArray,
    values: Values,
    volumes: FloatArray | None = None,
) -> Spread:
    """The best covariances with these (K, D) energies and least variances along their axes."""
    found = values(energies, counts, least, volumes)
    with np.errstate(divide="ignore", invalid="ignore"):
        objective = -0.5 * float((counts[:, None] * np.log(found) + energies / found).sum())
    return Spread(axes, found, least, objective)


def volumes_of(before: Covariance | None) -> FloatArray | None:
    """(K,) |Sigma_k|^(1/D)."""
    return None if before is None else np.exp(before.log_determinants / before.n_features)
