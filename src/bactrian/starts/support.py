"""Maxima that a few rows make by chance.

The likelihood has narrow peaks where a component sits on a few rows that happen to lie close together, or nearly in
a plane. They are maxima, and often high, but say nothing of where the rows came from (McLachlan & Peel 2000, Finite
Mixture Models, section 3.10: spurious local maximizers).
"""

from __future__ import annotations

import numpy as np

from bactrian import em
from bactrian.kernels import Parameters

FEW = 5  # times D + 1 rows
NARROW = 0.2  # of the standard deviation that components have on average, in some direction


def merit(climb: em.Climb, total: float) -> tuple[bool, bool, float]:
    """Sorts climbs of one family: first that none collapsed, then that rows support all, then the height."""
    return (not climb.held, climb.objective.prior is not None or is_supported(climb.mixture, total), climb.value)


def is_supported(mixture: Parameters, total: float) -> bool:
    """Whether no component is both of few rows and narrow; linear maps of the rows change nothing."""
    few = np.flatnonzero(mixture.weights * total < FEW * (mixture.means.shape[1] + 1))
    if mixture.covariance.tied or not len(few):
        return True
    covariances = mixture.covariance.dense()
    pooled = np.einsum("k,kij->ij", mixture.weights / mixture.weights.sum(), covariances)
    try:
        whitener = np.linalg.inv(np.linalg.cholesky(pooled))
    except np.linalg.LinAlgError:
        return False
    least = np.linalg.eigvalsh(whitener @ covariances[few] @ whitener.T)[:, 0]
    return bool(least.min() >= NARROW**2)
