"""Statistics as vectors in which the information of the complete data is the unit matrix.

Logarithms of the amounts, means in units of the components' own factors, and factors relative to theirs: vectors
without bounds, so that any of them is a mixture again, and lengths that do not depend on units.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray


class Frame:
    """Of the statistics of a pass, whose own vector is 0.

    Raises
    ------
    numpy.linalg.LinAlgError
        A component without rows or spread.
    """

    def __init__(self, statistics: Statistics, noise: bool) -> None:
        self._like, self._noise = statistics, noise
        self._amounts = _amounts(statistics, noise)
        self._means = statistics.means()
        factors = _factors(statistics)
        if not (self._amounts > 0).all() or factors is None:
            raise np.linalg.LinAlgError("a component has no rows or no spread")
        self._factors = factors
        share = np.sqrt(self._amounts / statistics.total)
        self._share, of_components = share, share[: len(statistics.counts)]
        full = statistics.scatter in (Scatter.FULL, Scatter.POOLED)
        whole = np.sqrt(statistics.counts.sum() / statistics.total)
        self._of_means = of_components[:, None]
        d = statistics.first.shape[1]
        if full:
            i, j = self._lower = np.tril_indices(d)
            self._inverse = np.linalg.inv(self._factors)
            self._diagonal = i == j
            weight = np.where(self._diagonal, np.sqrt(2.0), 1.0)
            self._of_spread = weight * (whole if statistics.scatter is Scatter.POOLED else of_components[:, None])
        else:
            # a standard deviation for all features counts once for each of them
            each = d if statistics.scatter is Scatter.TRACE else 1
            self._of_spread = np.sqrt(2.0 * each) * of_components[:, None]

    @property
    def size(self) -> int:
        """Of its vectors."""
        d = self._means.shape[1]
        spread = len(self._factors) * d * (d + 1) // 2 if self._factors.ndim == 3 else self._factors.size
        return len(self._amounts) + self._means.size + spread

    def vector(self, statistics: Statistics) -> FloatArray | None:
        """None where a component has no rows or no spread."""
        amounts, factors = _amounts(statistics, self._noise), _factors(statistics)
        if not (amounts > 0).all() or factors is None:
            return None
        apart = statistics.means() - self._means
        if factors.ndim == 3:
            means = np.einsum("mij,mj->mi", np.broadcast_to(self._inverse, (len(apart), *factors.shape[1:])), apart)
            relative = (self._inverse @ factors)[:, self._lower[0], self._lower[1]]
            # where factors are next to singular their product says less of the diagonal than a quotient
            before, now = (np.einsum("mjj->mj", some) for some in (self._factors, factors))
            relative[:, self._diagonal] = np.log(now / before)
        else:
            means, relative = apart / self._factors, np.log(factors / self._factors)
        parts = self._share * np.log(amounts / self._amounts), self._of_means * means, self._of_spread * relative
        return np.concatenate([part.ravel() for part in parts])

    def statistics(self, vector: FloatArray) -> Statistics | None:
        """What has this vector; None where it leaves the range of float64."""
        like, k = self._like, len(self._like.counts)
        d, n = like.first.shape[1], len(self._amounts)
        logs = vector[:n] / self._share
        amounts = self._amounts * np.exp(logs - logs.max())
        amounts *= (like.total if self._noise else like.counts.sum()) / amounts.sum()
        counts, means = amounts[:k], vector[n : n + k * d].reshape(k, d) / self._of_means
        relative = vector[n + k * d :].reshape(len(self._factors), -1) / self._of_spread
        if self._factors.ndim == 3:
            relative[:, self._diagonal] = np.exp(relative[:, self._diagonal])
            lower = np.zeros((len(relative), d, d))
            lower[:, self._lower[0], self._lower[1]] = relative
            means = np.einsum("mij,mj->mi", np.broadcast_to(self._factors, (k, d, d)), means)
            factors = self._factors @ lower
            average = factors @ factors.swapaxes(1, 2)
            second = average[0] * counts.sum() if like.scatter is Scatter.POOLED else average * counts[:, None, None]
        else:
            means = means * self._factors
            second = ((self._factors * np.exp(relative)) ** 2 * counts[:, None]).reshape(like.second.shape)
            if like.scatter is Scatter.TRACE:
                second = second * d
        means = means + self._means
        if not (np.isfinite(second).all() and np.isfinite(means).all() and (counts > 0).all()):
            return None
        return replace(like, counts=counts, shift=means, first=np.zeros((k, d)), second=second)


def _amounts(statistics: Statistics, noise: bool) -> FloatArray:
    counts = statistics.counts
    return np.append(counts, statistics.total - counts.sum()) if noise else counts


def _factors(statistics: Statistics) -> FloatArray | None:
    """Of the average scatter: (M, D, D) lower Cholesky factors, or (K, D) or (K, 1) standard deviations."""
    counts, scatter, within = statistics.counts, statistics.scatter, statistics.within()
    with np.errstate(divide="ignore", invalid="ignore"):
        if scatter is Scatter.TRACE:
            average = (within / (counts * statistics.first.shape[1]))[:, None]
        elif scatter is Scatter.DIAGONAL:
            average = within / counts[:, None]
        elif scatter is Scatter.POOLED:
            average = within[None] / counts.sum()
        else:
            average = within / counts[:, None, None]
    if average.ndim == 2:
        return np.sqrt(average) if (average > 0).all() else None
    try:
        return np.linalg.cholesky(average)
    except np.linalg.LinAlgError:
        return None
