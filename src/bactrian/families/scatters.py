"""What an M-step sees: W_k and n_k, after whatever a prior has added to both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bactrian.typing import FloatArray

FAINT = 1e-30


@dataclass(frozen=True, eq=False)
class Scatters:
    """Scatter about the components' means, and the counts it is divided by.

    Parameters
    ----------
    within : array
        W_k in the shape that the family's ``Scatter`` says: (K,), (K, D), (K, D, D) or pooled (D, D).
    counts : (K,) array
        n_k, not negative.
    n_features : int
    """

    within: FloatArray
    counts: FloatArray
    n_features: int

    @cached_property
    def total(self) -> float:
        """N: the sum of the counts."""
        return float(self.counts.sum())

    @property
    def pooled(self) -> FloatArray:
        """W: the sum over components, of untied scatter."""
        return np.asarray(self.within.sum(axis=0))

    @property
    def filled(self) -> Scatters:
        """The same with a share of all rows, too small to be felt, for components that have none."""
        empty = self.counts <= 0
        if not empty.any():
            return self
        column = (slice(None),) + (None,) * (self.within.ndim - 1)
        within = np.where(empty[column], FAINT * self.pooled, self.within)
        return replace(self, within=within, counts=np.where(empty, FAINT * self.total, self.counts))

    def in_units_of(self, scale: FloatArray) -> Scatters:
        """The full scatter of rows divided by (D,) ``scale``."""
        return replace(self, within=self.within / scale[:, None] / scale)

    @cached_property
    def each(self) -> FloatArray:
        """W_k / n_k of untied scatter; a component without rows gets the average of all."""
        column = (slice(None),) + (None,) * (self.within.ndim - 1)
        if min(self.counts.tolist()) > 0:  # of few numbers sooner than NumPy
            return np.asarray(self.within / self.counts[column])
        empty = self.counts <= 0
        each = self.within / np.where(empty, 1.0, self.counts)[column]
        each[empty] = self.pooled / self.total
        return np.asarray(each)
