"""Statistics: what a pass over rows leaves behind.

They add (``a + b`` is the pass over both sets of rows), they are small (O(K D^2), never O(N)), and second
moments are held about a stated shift near each component, never as raw sums of squares, so that data far
from the origin lose no digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np

from bactrian.typing import FloatArray, IntArray


class Scatter(Enum):
    """The second moments a family needs; ``shape`` gives the array that holds them."""

    TRACE = "trace"  # (K,)      sum of squared lengths
    DIAGONAL = "diagonal"  # (K, D)    sum of squares by feature
    FULL = "full"  # (K, D, D) sum of outer products
    POOLED = "pooled"  # (D, D)    the same, summed over components

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        k, d = n_components, n_features
        return {
            Scatter.TRACE: (k,),
            Scatter.DIAGONAL: (k, d),
            Scatter.FULL: (k, d, d),
            Scatter.POOLED: (d, d),
        }[self]


@dataclass(frozen=True)
class Statistics:
    """Weighted sums over rows, given the responsibilities z of one mixture (z includes the row's own weight).

    Parameters
    ----------
    log_likelihood : float
        Sum of w_i log p(x_i), in nats.
    map_log_responsibility : float
        Sum of w_i log max_k P(k | x_i): what separates ICL from BIC.
    total : float
        Sum of the row weights w_i.
    counts : (K,) array
        n_k = sum_i z_ik.
    shift : (K, D) array
        The points the moments are taken about.
    first : (K, D) array
        sum_i z_ik (x_i - shift_k).
    second : array
        sum_i z_ik (x_i - shift_k)(x_i - shift_k)^T, in the shape that ``scatter`` says.
    scatter : Scatter
    """

    log_likelihood: float
    map_log_responsibility: float
    total: float
    counts: FloatArray
    shift: FloatArray
    first: FloatArray
    second: FloatArray
    scatter: Scatter

    @classmethod
    def zero(cls, shift: FloatArray, scatter: Scatter) -> Statistics:
        """The statistics of no rows: the neutral element of ``+``."""
        k, d = shift.shape
        return cls(0.0, 0.0, 0.0, np.zeros(k), shift, np.zeros((k, d)), np.zeros(scatter.shape(k, d)), scatter)

    def __add__(self, other: Statistics) -> Statistics:
        if self.scatter is not other.scatter or not np.array_equal(self.shift, other.shift):
            raise ValueError("statistics add only when they share the scatter and the shift")
        return replace(
            self,
            log_likelihood=self.log_likelihood + other.log_likelihood,
            map_log_responsibility=self.map_log_responsibility + other.map_log_responsibility,
            total=self.total + other.total,
            counts=self.counts + other.counts,
            first=self.first + other.first,
            second=self.second + other.second,
        )

    def narrowed(self, scatter: Scatter) -> Statistics:
        """The same with less scatter; this one must be FULL."""
        if scatter is self.scatter:
            return self
        second = {
            Scatter.TRACE: lambda: np.einsum("kdd->k", self.second),
            Scatter.DIAGONAL: lambda: np.einsum("kdd->kd", self.second).copy(),
            Scatter.POOLED: lambda: self.second.sum(axis=0),
        }[scatter]()
        return replace(self, second=np.asarray(second), scatter=scatter)

    def scaled(self, factor: float) -> Statistics:
        """The statistics of the same rows, each with ``factor`` times its weight."""
        return replace(
            self,
            log_likelihood=factor * self.log_likelihood,
            map_log_responsibility=factor * self.map_log_responsibility,
            total=factor * self.total,
            counts=factor * self.counts,
            first=factor * self.first,
            second=factor * self.second,
        )

    def about(self, shift: FloatArray) -> Statistics:
        """The same with moments about another (K, D) shift, which should be near the old one."""
        offsets = shift - self.shift
        first = self.first - self.counts[:, None] * offsets
        if self.scatter is Scatter.TRACE:
            second = self.second - np.einsum("kd,kd->k", self.first + first, offsets)
        elif self.scatter is Scatter.DIAGONAL:
            second = self.second - (self.first + first) * offsets
        elif self.scatter is Scatter.FULL:
            second = self.second - _symmetric(np.einsum("ki,kj->kij", self.first + first, offsets))
        else:
            second = self.second - _symmetric((self.first + first).T @ offsets)
        return replace(self, shift=shift, first=first, second=np.asarray(second))

    def select(self, components: IntArray) -> Statistics:
        """The same with the components in another order."""
        second = self.second if self.scatter is Scatter.POOLED else self.second[components]
        return replace(
            self,
            counts=self.counts[components],
            shift=self.shift[components],
            first=self.first[components],
            second=second,
        )

    def means(self) -> FloatArray:
        """(K, D) weighted means; a component without rows keeps its shift."""
        return self.shift + self._offsets

    def within(self) -> FloatArray:
        """Scatter about the components' own means, in the shape that ``scatter`` says (Steiner's theorem).

        About ``means()`` as float64 holds them: far from the origin they are off by more than covariances may be, and
        with the scatter about the exact means a step of EM could lead down.
        """
        first, offsets, slips = self.first, self._offsets, self._slips
        slipped = self.counts[:, None] * slips
        if self.scatter is Scatter.TRACE:
            return np.asarray(self.second - np.einsum("kd,kd->k", first, offsets) + (slipped * slips).sum(axis=1))
        if self.scatter is Scatter.DIAGONAL:
            return self.second - first * offsets + slipped * slips
        if self.scatter is Scatter.FULL:
            moved = np.stack([first, -slipped], axis=2) @ np.stack([offsets, slips], axis=1)
            return np.asarray(np.subtract(self.second, moved, out=moved))
        return self.second - first.T @ offsets + slipped.T @ slips

    def settled(self, whiteners: FloatArray) -> Statistics:
        """The same with means that stay at the shift where rounding would take them further off than that.

        ``whiteners`` (M, D, D), one or K, of full covariances: far from the origin the nearest numbers of each feature
        can be far along a short axis. Along features they never are.
        """
        far = [np.square(whiteners @ step[:, :, None]).sum(axis=(1, 2)) for step in (self._slips, self._offsets)]
        stay = far[0] > far[1]
        return replace(self, first=np.where(stay[:, None], 0.0, self.first)) if stay.any() else self

    @property
    def _slips(self) -> FloatArray:
        """(K, D) what rounding has added to the means; exact where they are near the shift, as after a pass."""
        return np.asarray((self.means() - self.shift) - self._offsets)

    @cached_property
    def _offsets(self) -> FloatArray:
        """(K, D) means minus shift."""
        if min(self.counts.tolist()) > 0:
            return self.first / self.counts[:, None]
        held = self.counts > 0
        return np.where(held[:, None], self.first, 0.0) / np.where(held, self.counts, 1.0)[:, None]


def _symmetric(matrices: FloatArray) -> FloatArray:
    """The symmetric part of (..., D, D) matrices."""
    return np.asarray((matrices + matrices.swapaxes(-1, -2)) / 2)
