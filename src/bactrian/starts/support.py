"""Maxima that a few rows make by chance.

The likelihood has narrow peaks where a component sits on a few rows that happen to lie close together, or nearly in
a plane. They are maxima, and often high, but say nothing of where the rows came from (McLachlan & Peel 2000, Finite
Mixture Models, section 3.10: spurious local maximizers).
"""

from __future__ import annotations

import numpy as np

from bactrian import em
from bactrian.kernels import Parameters
from bactrian.sources import Source

FEW = 5, 20  # times D + 1 rows, and rows at least: of one feature ten lie close together by chance in many places
TINY = 1e-300
NARROW = 0.2  # of the standard deviation that components have on average, in some direction


def enough(n_features: int) -> int:
    """Rows that support a component however narrow it is."""
    each, least = FEW
    return max(each * (n_features + 1), least)


def counted(source: Source) -> float:
    """The rows that weights stand for: copies where they are more than the rows, the rows themselves where less."""
    return max(source.total, float(source.n_rows))


def merit(climb: em.Climb, source: Source) -> tuple[bool, float]:
    """Sorts climbs of one family: first that none collapsed, then the height, less what no rows support."""
    if climb.objective.prior is not None:
        return not climb.held, climb.value
    n = counted(source)
    return not climb.held, climb.value - source.total / n * doubtful(climb.mixture, n)


def is_supported(mixture: Parameters, n_rows: float) -> bool:
    """Whether no component is both of few rows and narrow."""
    return doubtful(mixture, n_rows) == 0


def doubtful(mixture: Parameters, n_rows: float) -> float:
    """Nats that components of few rows gain by being narrower than others; linear maps of the rows change nothing."""
    few = np.flatnonzero(mixture.weights * n_rows < enough(mixture.means.shape[1]))
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
    return float(n_rows * mixture.weights[few][narrow] @ gained)
