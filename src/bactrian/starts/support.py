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
TINY = 1e-300
NARROW = 0.2  # of the standard deviation that components have on average, in some direction


def merit(climb: em.Climb, total: float) -> tuple[bool, float]:
    """Sorts climbs of one family: first that none collapsed, then the height, less what no rows support."""
    return (
        not climb.held,
        climb.value - (0.0 if climb.objective.prior is not None else doubtful(climb.mixture, total)),
    )


def is_supported(mixture: Parameters, total: float) -> bool:
    """Whether no component is both of few rows and narrow."""
    return doubtful(mixture, total) == 0


def doubtful(mixture: Parameters, total: float) -> float:
    """Nats that components of few rows gain by being narrower than others; linear maps of the rows change nothing."""
    few = np.flatnonzero(mixture.weights * total < FEW * (mixture.means.shape[1] + 1))
    if mixture.covariance.tied or not len(few):
        return 0.0
    covariances = mixture.covariance.dense()
    pooled = np.einsum("k,kij->ij", mixture.weights / mixture.weights.sum(), covariances)
    try:
        whitener = np.linalg.inv(np.linalg.cholesky(pooled))
    except np.linalg.LinAlgError:
        return np.inf
    sizes = np.maximum(np.linalg.eigvalsh(whitener @ covariances[few] @ whitener.T), TINY)
    narrow = sizes[:, 0] < NARROW**2
    gained = -0.5 * np.log(np.minimum(sizes[narrow], 1.0)).sum(axis=1)
    return float(total * mixture.weights[few][narrow] @ gained)
