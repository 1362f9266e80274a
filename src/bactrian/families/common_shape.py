"""The M-step of ellipses that differ in their volume only (Celeux & Govaert 1995, section 3.3)."""

from __future__ import annotations

import numpy as np

from bactrian.covariance import Covariance, Full
from bactrian.families.axes import Spread, volumes_of
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.families.values import MOST, TIGHT
from bactrian.typing import FloatArray, IntArray

MOST_HELD = 20  # turns with a collapsed component: it will not win, and converges slowly


def vee(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> tuple[Covariance, IntArray]:
    """lambda_k C: volumes and the common matrix in turn, each the best for the other.

    The family is closed under every linear map, so in units in which the floor is 1 the best C clips eigenvalues.
    """
    filled = scatters.filled
    scale = floor.units(np.diagonal(filled.pooled) / filled.total)
    filled = filled.in_units_of(scale)
    volumes = volumes_of(before)
    if volumes is not None:
        volumes = volumes / np.exp(2 * np.log(scale).mean())
    best = _in_turn(filled, float(floor.minimum.all()), volumes)
    return Full(best.matrices * scale[:, None] * scale, len(best.values)), best.low(floor.unbounded, units=True)


def _in_turn(scatters: Scatters, least: float, volumes: FloatArray | None) -> Spread:
    within, counts = scatters.within, scatters.counts
    share = scatters.n_features * counts
    if volumes is None:
        volumes = np.maximum(np.trace(within, axis1=1, axis2=2) / share, least)
    if not volumes.all():  # nothing to share without a floor: refused as not positive definite
        found = np.repeat(volumes[:, None], scatters.n_features, axis=1)
        return Spread(np.eye(scatters.n_features)[None], found, 0 * found, 0.0)
    low = 0  # turns in which the floor was felt
    for _ in range(MOST):
        values, axes = np.linalg.eigh(np.tensordot(1 / volumes, within, 1) / scatters.total)
        low += bool(values[0] < least / volumes.min())
        values = np.maximum(values, least / volumes.min())
        with np.errstate(divide="ignore", invalid="ignore"):
            traces = ((within @ axes) * axes).sum(axis=1) @ (1 / values)
        last, volumes = volumes, np.maximum(traces / share, least / values.min())
        if low == MOST_HELD or not (np.abs(volumes - last) > TIGHT * volumes).any():
            break
    found = last[:, None] * values
    return Spread(axes[None], found, np.full_like(found, least), 0.0)
