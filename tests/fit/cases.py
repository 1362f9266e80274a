"""Data sets that feed the property tests, small enough to fit in milliseconds."""

from __future__ import annotations

import numpy as np

import bactrian as bt
from bactrian.families import FAMILIES

FAMILIES = list(FAMILIES)


def lobes(n: int, d: int, k: int, seed: int = 0) -> np.ndarray:
    """Overlapping correlated lobes of unequal size."""
    rng = np.random.default_rng([seed, n, d, k])
    labels = rng.choice(k, n, p=np.arange(1, k + 1) / (k * (k + 1) / 2))
    shapes = rng.normal(size=(k, d, d)) * 0.6 + np.eye(d)
    noise = rng.normal(size=(n, d))
    return 3 * rng.normal(size=(k, d))[labels] + np.einsum("nd,nde->ne", noise, shapes[labels])


def heavy_tails(seed: int, n: int, d: int, freedom: float) -> np.ndarray:
    """Rows of a t distribution with so many degrees of ``freedom``."""
    rng = np.random.default_rng(seed)
    axes = rng.normal(size=(d, d))
    return rng.normal(size=(n, d)) @ axes.T / np.sqrt(rng.chisquare(freedom, (n, 1)) / freedom)


DATA = {
    "1-D": lobes(300, 1, 3),
    "2-D": lobes(400, 2, 3),
    "5-D": lobes(500, 5, 4),
    "faithful": bt.datasets.old_faithful().data,
}
