"""Components as moments, which merging and splitting can work with, whatever the family."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bactrian.kernels import Parameters
from bactrian.objective import Objective
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

NOISE = -1  # in the place of a component's number


@dataclass(frozen=True, eq=False)
class Parts:
    """``weights`` (M,), ``means`` (M, D), ``covariances`` (M, D, D)."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    def __getitem__(self, which: IntArray) -> Parts:
        return Parts(self.weights[which], self.means[which], self.covariances[which])

    def replaced(self, places: list[int], others: Parts) -> Parts:
        """The same with others in place of as many of its components."""
        weights, means, covariances = self.weights.copy(), self.means.copy(), self.covariances.copy()
        weights[places], means[places], covariances[places] = others.weights, others.means, others.covariances
        return Parts(weights, means, covariances)

    def __add__(self, other: Parts) -> Parts:
        """All components of both."""
        return Parts(
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.means, other.means]),
            np.concatenate([self.covariances, other.covariances]),
        )


def parts_of(mixture: Parameters) -> Parts:
    """The components of a mixture, whose weights sum to less than one where there is noise."""
    return Parts(mixture.weights, mixture.means, mixture.covariance.dense())


def mixture_of(parts: Parts, total: float, objective: Objective) -> Parameters:
    """The family's mixture with these moments: the M-step of statistics that have them.

    With noise in the objective, what the weights leave to 1 is the noise's.
    """
    whole = float(parts.weights.sum()) if objective.noise is None else 1.0
    scatter, counts = objective.family.scatter, total * parts.weights / whole
    second = _narrowed(counts[:, None, None] * parts.covariances, scatter)
    nothing = Statistics.zero(parts.means, scatter)
    return objective.maximize(replace(nothing, total=total, counts=counts, second=second))[0]


def _narrowed(full: FloatArray, scatter: Scatter) -> FloatArray:
    """What a scatter has of (K, D, D) second moments."""
    if scatter is Scatter.FULL:
        return full
    if scatter is Scatter.POOLED:
        return np.asarray(full.sum(axis=0))
    return np.asarray(np.einsum("kdd->k" if scatter is Scatter.TRACE else "kdd->kd", full).copy())
