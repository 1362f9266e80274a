"""The M-steps that need no iteration (Celeux & Govaert 1995, table 1).

Each gets W_k (the scatter about the new means) and n_k from the statistics, and returns the covariance with the
indices of the matrices that the floor had to hold. A component without rows gets the average covariance of all.
"""

from __future__ import annotations

import numpy as np

from bactrian.covariance import Covariance
from bactrian.families.floor import Floor
from bactrian.statistics import Statistics
from bactrian.typing import FloatArray, IntArray

Result = tuple[Covariance, IntArray]


def eii(statistics: Statistics, floor: Floor) -> Result:
    """lambda I: lambda = tr W / (N D)."""
    k, d = statistics.first.shape
    pooled = statistics.within().sum(keepdims=True) / (statistics.counts.sum() * d)
    return floor.spherical(pooled, k, tied=True)


def vii(statistics: Statistics, floor: Floor) -> Result:
    """lambda_k I: lambda_k = tr W_k / (n_k D)."""
    k, d = statistics.first.shape
    return floor.spherical(_per_row(statistics) / d, k, tied=False)


def eei(statistics: Statistics, floor: Floor) -> Result:
    """lambda A: diag(W) / N."""
    k = len(statistics.counts)
    pooled = statistics.within().sum(axis=0, keepdims=True) / statistics.counts.sum()
    return floor.diagonal(pooled, k, tied=True)


def vvi(statistics: Statistics, floor: Floor) -> Result:
    """lambda_k A_k: diag(W_k) / n_k."""
    return floor.diagonal(_per_row(statistics), len(statistics.counts), tied=False)


def eee(statistics: Statistics, floor: Floor) -> Result:
    """lambda D A D^T: W / N."""
    pooled = statistics.within()[None] / statistics.counts.sum()
    return floor.full(pooled, len(statistics.counts), tied=True)


def vvv(statistics: Statistics, floor: Floor) -> Result:
    """W_k / n_k."""
    return floor.full(_per_row(statistics), len(statistics.counts), tied=False)


def _per_row(statistics: Statistics) -> FloatArray:
    within, counts = statistics.within(), statistics.counts
    empty = counts <= 0
    column = (slice(None),) + (None,) * (within.ndim - 1)
    each = within / np.where(empty, 1.0, counts)[column]
    if empty.any():
        each[empty] = within.sum(axis=0) / counts.sum()
    return np.asarray(each)
