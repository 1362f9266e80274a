"""Where the rows of each resample come from, and what their mixtures say about the fit.

A row's own weight is a count, as everywhere here: a row of weight 2 is resampled as two equal rows would be.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from bactrian.resampling.numbers import Numbers, Replicates, numbers_of
from bactrian.resampling.rows import reweighted, weights_of
from bactrian.resampling.simulate import Region, region_of, simulate_like, whole_total
from bactrian.resampling.subject import Subject
from bactrian.sources import Source
from bactrian.typing import FloatArray, IntArray

# A refit that lacks d nats stands at most sqrt(2 d) standard errors from its maximum, in any direction: here 0.0045,
# where 999 resamples know a standard error to 0.022 of itself.
NATS = 1e-5


@dataclass(frozen=True, eq=False)
class Design(ABC):
    """``rngs`` : one generator for each resample, so that none depends on which were drawn before it."""

    subject: Subject
    rngs: tuple[np.random.Generator, ...]

    @property
    def n(self) -> int:
        """B."""
        return len(self.rngs)

    @property
    def nats(self) -> float:
        """What a refit may lack of its maximum."""
        return NATS

    @abstractmethod
    def draw(self, b: int) -> Source:
        """The rows of resample b."""

    def errors(self, replicates: Replicates) -> Numbers:
        """Standard deviations over the resamples, divided by B - 1."""
        return replicates.summarised(lambda v: v.std(axis=0, ddof=1))

    def interval(self, replicates: Replicates, errors: Numbers, level: float) -> tuple[Numbers, Numbers]:
        """The quantiles of the resamples that leave (1 - level) / 2 outside on each side.

        Between two resamples a quantile is interpolated linearly (Hyndman & Fan 1996, rule 7: R's and NumPy's own).
        """
        low, high = (
            replicates.summarised(lambda v, q=q: np.quantile(v, q, axis=0))  # type: ignore[misc]
            for q in ((1 - level) / 2, (1 + level) / 2)
        )
        return low, high


class Bootstrap(Design):
    """Rows drawn with replacement (Efron 1979): multinomial counts as weights, in all as many as there were."""

    def draw(self, b: int) -> Source:
        weight, total = self._weight, self._weight.sum()
        counts = self.rngs[b].multinomial(whole_total(total), weight / total)
        return reweighted(self.subject.source, counts * (total / whole_total(total)))

    @cached_property
    def _weight(self) -> FloatArray:
        return weights_of(self.subject.source)


class Weighted(Design):
    """Weighted-likelihood bootstrap (Newton & Raftery 1994, JRSS B 56:3): every row stays, Dirichlet weights."""

    def draw(self, b: int) -> Source:
        weight = weights_of(self.subject.source)
        drawn = self.rngs[b].standard_gamma(weight)
        return reweighted(self.subject.source, drawn * (weight.sum() / drawn.sum()))


class Parametric(Design):
    """Rows drawn from the fit itself."""

    def draw(self, b: int) -> Source:
        return simulate_like(self.subject.source, self.subject.mixture, self._region, self.rngs[b])

    @cached_property
    def _region(self) -> Region | None:
        log_density = self.subject.objective.noise
        return None if log_density is None else region_of(self.subject.source, log_density)


class LeftOut(Design):
    """Without some rows. A row of weight w stands for ceil(w) copies, each of them left out by itself."""

    @property
    def nats(self) -> float:
        """Without one part of n the maximum moves by a standard error / sqrt(n), and is needed so much finer."""
        return NATS / self.n

    @abstractmethod
    def without(self, b: int) -> FloatArray:
        """(n,) copies of each row that resample b goes without."""

    def draw(self, b: int) -> Source:
        weight = weights_of(self.subject.source)
        return reweighted(self.subject.source, np.maximum(weight - self.without(b) * self._unit, 0.0))

    def interval(self, replicates: Replicates, errors: Numbers, level: float) -> tuple[Numbers, Numbers]:
        """Normal, about the fit: leaving out rows one by one says nothing about quantiles."""
        return normal_interval(numbers_of(self.subject.mixture), errors, level)

    def left_out(self, replicates: Replicates) -> tuple[FloatArray, FloatArray]:
        """(B,) weight that each resample went without, and of its copies the sum of squares."""
        copies = (self.without(b) for b in replicates.drawn.tolist())
        both = [(float(n @ self._unit), float(n @ self._unit**2)) for n in copies]
        weight, squares = np.array(both).T
        return weight, squares

    @cached_property
    def _copies(self) -> FloatArray:
        """(n,) of each row."""
        return np.asarray(np.ceil(weights_of(self.subject.source)))

    @cached_property
    def _unit(self) -> FloatArray:
        """(n,) weight of one copy of each row, at most 1."""
        return np.asarray(weights_of(self.subject.source) / self._copies)


@dataclass(frozen=True, eq=False)
class Jackknife(LeftOut):
    """Leave out each row in turn (Quenouille, Tukey), or with many rows each of some blocks of them.

    ``blocks`` : (n,) the block of each row; row i alone is block i where none are shared, and else no row has copies.
    """

    blocks: IntArray

    def without(self, b: int) -> FloatArray:
        return np.asarray(self.blocks == b, dtype=np.float64)

    def errors(self, replicates: Replicates) -> Numbers:
        """The delete-m jackknife for unequal m (Busing, Meijer & van der Leeden 1999, Stat. Comput. 9:3).

        With equal blocks this is the square root of (n - 1) / n times the sum of squares about the average.
        """
        m, squares = self.left_out(replicates)
        h = weights_of(self.subject.source).sum() / m
        alone = self.n == len(self.blocks)
        copies = self._copies[replicates.drawn] if alone else np.ones(len(replicates))
        # a block is an average of its copies; part of a row is as rough as the row
        return replicates.summarised(lambda v: _delete_m(v, h, copies, m / squares))


class Subsets(LeftOut):
    """Leave out random subsets of the copies, each copy with probability 1 / n: there may be too many to deal out.

    The delete-d jackknife by random subsets (Shao & Wu 1989, Ann. Stat. 17:1176).
    """

    def without(self, b: int) -> FloatArray:
        rng = deepcopy(self.rngs[b])  # asked twice it answers the same
        return np.asarray(rng.binomial(self._copies.astype(np.int64), 1 / self.n), dtype=np.float64)

    def errors(self, replicates: Replicates) -> Numbers:
        """The square root of n - 1 times the average square about the average."""
        m, squares = self.left_out(replicates)
        rough = m / np.where(m > 0, squares, 1.0)  # part of a row is as rough as the row
        return replicates.summarised(lambda v: _delete_d(v, (self.n - 1) * rough))


def _delete_d(values: FloatArray, rough: FloatArray) -> FloatArray:
    """Standard errors from (B, ...) values and the (B,) factors of their squares about the average."""
    squares = np.einsum("b...,b->...", (values - values.mean(axis=0)) ** 2, rough)
    return np.asarray(np.sqrt(squares / (len(values) - 1)))


def _delete_m(values: FloatArray, h: FloatArray, copies: FloatArray, rough: FloatArray) -> FloatArray:
    """Standard errors from (B, ...) values without one part in h of the weight, each standing for some copies."""
    column = (slice(None),) + (None,) * (values.ndim - 1)
    fit = np.average(values, axis=0, weights=copies)  # to order 1 / n^2
    pseudo = -(h - 1)[column] * (values - fit)
    centre = np.average(pseudo, axis=0, weights=copies / h)
    spread = (pseudo - centre) ** 2 * (rough / (h - 1))[column]
    return np.asarray(np.sqrt(np.average(spread, axis=0, weights=copies)))


def normal_interval(estimate: Numbers, errors: Numbers, level: float) -> tuple[Numbers, Numbers]:
    """Estimate plus and minus a normal quantile of standard errors; not cut off at 0 or 1."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    low, high = (
        Numbers(
            estimate.weights + by * errors.weights,
            estimate.means + by * errors.means,
            estimate.covariances + by * errors.covariances,
            None if estimate.noise is None or errors.noise is None else estimate.noise + by * errors.noise,
        )
        for by in (-z, z)
    )
    return low, high
