"""What has been learned from rows that are gone: a frozen value, of O(K D^2) numbers whatever their number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bactrian.errors import CollapseError, CovarianceError, DataError
from bactrian.kernels import Kernel, Parameters
from bactrian.online.laws import Decreasing
from bactrian.online.origin import Origin, Shared
from bactrian.online.settings import Settings
from bactrian.operations.matching import match
from bactrian.sources import ArraySource
from bactrian.sources.in_range import OUT_OF_RANGE
from bactrian.statistics import Scatter, Statistics


@dataclass(frozen=True, eq=False)
class State:
    """Where stepwise EM stands.

    Attributes
    ----------
    statistics : Statistics
        Sums over the rows seen, weighted as the law says; ``total`` is the weight they stand for.
    mixture : Parameters
        What the M-step made of them.
    n_rows : int
        Rows seen, of positive weight.
    weight : float
        The sum of their weights.
    n_steps : int
        M-steps since the start.
    held : tuple of int
        The components that the floor held in the last of them.
    single_precision : bool
        Some of the rows were float32.
    score : float
        Mean log p of the rows, each before it was learned from; NaN before the first step.
    origins : tuple of Origin
        The fits it began from, which the sums still hold in part.
    """

    statistics: Statistics
    mixture: Parameters
    n_rows: int
    weight: float
    n_steps: int = 0
    held: tuple[int, ...] = ()
    single_precision: bool = False
    score: float = np.nan
    origins: tuple[Origin, ...] = ()

    @classmethod
    def of_rows(cls, rows: ArraySource, mixture: Parameters, settings: Settings, kernel: Kernel) -> State:
        """The first rows, under a mixture that was found in them or given."""
        found = rows.fold(kernel, [mixture], [settings.family.scatter])[0]
        found = found.scaled(settings.law.held(rows.n_rows) / rows.n_rows)
        return cls(found, mixture, rows.n_rows, rows.total, single_precision=rows.single_precision)

    @classmethod
    def of_mixture(cls, mixture: Parameters, n_rows: int, weight: float, settings: Settings) -> State:
        """As if so many rows had just the moments of the mixture."""
        mass = weight * settings.law.held(n_rows) / n_rows
        statistics = implied(mixture, mass, settings.family.scatter)
        return cls(statistics, mixture, n_rows, weight, origins=(Origin.of(mixture, statistics, n_rows, weight),))

    def after(self, rows: ArraySource, settings: Settings, kernel: Kernel) -> State:
        """A step: the E-step of the rows, mixed with what is known, and the M-step."""
        new = rows.fold(kernel, [self.mixture], [settings.family.scatter])[0]
        keep, gain = settings.law.factors(self.n_rows, rows.total * self.n_rows / self.weight, settings.block_rows)
        with np.errstate(over="ignore", invalid="ignore"):  # the M-step sees whether the sums are finite
            mixed = self.statistics.about(new.shift).scaled(keep) + new.scaled(gain)
        after = replace(
            self,
            statistics=mixed,
            n_rows=self.n_rows + rows.n_rows,
            weight=self.weight + rows.total,
            n_steps=self.n_steps + 1,
            single_precision=self.single_precision or rows.single_precision,
            score=_mean(self.score, new.log_likelihood / rows.total, gain * rows.total / mixed.total),
            origins=tuple(origin.scaled(keep) for origin in self.origins),
        )
        return after.settled(settings)

    def merged(self, other: State, settings: Settings) -> State:
        """With another's sums: components keep these numbers, theirs are matched; a start of both counts once."""
        order = match(other.mixture, self.mixture)
        origins = tuple(origin.select(order) for origin in other.origins)
        shared = Shared.of(self.origins, origins)
        mine, theirs = shared.from_left(self.statistics), shared.from_right(other.statistics.select(order))
        weight = self.weight + other.weight - shared.weight
        # where sums stand for all rows, also those of a start that they have forgotten in part
        whole = weight + shared.weight - shared.taken if isinstance(settings.law, Decreasing) else weight
        with np.errstate(over="ignore", invalid="ignore"):
            both = (mine + theirs.about(mine.shift)).scaled(weight / whole)
        merged = replace(
            self,
            statistics=both,
            n_rows=self.n_rows + other.n_rows - shared.n_rows,
            weight=weight,
            n_steps=self.n_steps + other.n_steps,
            single_precision=self.single_precision or other.single_precision,
            score=_mean(self.score, other.score, theirs.total / both.total),
            origins=shared.united(self.origins, origins, weight / whole),
        )
        return merged.settled(settings)

    def settled(self, settings: Settings) -> State:
        """The M-step."""
        objective = settings.objective(self.statistics, single_precision=self.single_precision)
        try:
            mixture, held = objective.maximize(self.statistics, self.mixture)
        except CovarianceError as error:
            if settings.regularization != 0:  # a floor holds all that is finite
                raise DataError(OUT_OF_RANGE) from error
            raise CollapseError(
                f"a component lost its spread ({error}) and regularization=0 does not hold it; leave regularization "
                "out, or use fewer components"
            ) from error
        return replace(self, mixture=mixture, held=held)


def _mean(old: float, new: float, share: float) -> float:
    """Of two numbers, or of the one that is known."""
    if old != old or new != new:
        return new if old != old else old
    return old + share * (new - old)


def implied(mixture: Parameters, mass: float, scatter: Scatter) -> Statistics:
    """The statistics of rows of total weight ``mass`` that have the moments of the mixture."""
    counts = mass * mixture.weights / mixture.weights.sum()
    second = counts[:, None, None] * mixture.covariance.dense()
    k, d = mixture.means.shape
    full = Statistics(0.0, 0.0, mass, counts, np.asarray(mixture.means), np.zeros((k, d)), second, Scatter.FULL)
    return full.narrowed(scatter)
