"""The M-steps that need no iteration and no factor (Celeux & Govaert 1995, table 1).

Each gets W_k (the scatter about the new means) and n_k, and returns the covariance with the indices of the matrices
that the floor had to hold. A component without rows gets the average covariance of all.
"""

from __future__ import annotations

from bactrian.covariance import Covariance
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.typing import IntArray

Result = tuple[Covariance, IntArray]


def eii(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda I: lambda = tr W / (N D)."""
    pooled = scatters.within.sum(keepdims=True) / (scatters.total * scatters.n_features)
    return floor.spherical(pooled, len(scatters.counts), tied=True)


def vii(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda_k I: lambda_k = tr W_k / (n_k D)."""
    return floor.spherical(scatters.each / scatters.n_features, len(scatters.counts), tied=False)


def eei(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda A: diag(W) / N."""
    return floor.diagonal(scatters.pooled[None] / scatters.total, len(scatters.counts), tied=True)


def vvi(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda_k A_k: diag(W_k) / n_k."""
    return floor.diagonal(scatters.each, len(scatters.counts), tied=False)


def eee(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda D A D^T: W / N."""
    return floor.full(scatters.within[None] / scatters.total, len(scatters.counts), tied=True)


def vvv(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """W_k / n_k."""
    return floor.full(scatters.each, len(scatters.counts), tied=False)
