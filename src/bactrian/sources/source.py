"""What a source is: rows that can be folded, mapped and sampled, wherever they live.

A source knows neither families nor the loop. Everything above it that needs rows goes through these few methods,
so that adding a place where rows can live touches one file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bactrian.covariance import Spherical
from bactrian.digest import digest
from bactrian.kernels import Climber, Groups, Kernel, Leg, NativeKernel, Parameters
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

Fold: TypeAlias = Callable[[Kernel, Sequence[Parameters], Sequence[Scatter]], list[Statistics]]

PROJECTED = 8192  # rows projected at once
FAR = 1e3  # variances: squared distance from the mean up to which a point serves as well to take moments about


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted mean (D,) and covariance (D, D; divided by the total weight) of all rows."""

    mean: FloatArray
    covariance: FloatArray


class Source(ABC):
    """Rows with weights, somewhere.

    Attributes
    ----------
    n_given : int
        Rows as the user counts them.
    n_rows : int
        Rows of positive weight: all that anything below is about.
    n_features : int
    total : float
        Sum of the row weights.
    single_precision : bool
        The rows are float32.
    read_together : bool
        A read costs so much that all candidates should climb together and share it.
    """

    n_given: int
    n_rows: int
    n_features: int
    total: float
    single_precision: bool
    read_together: bool = False

    @abstractmethod
    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        """One read of the rows: the statistics under each mixture."""

    def blocks(self, most: int) -> Generator[Fold]:
        """One read of the rows in up to ``most`` blocks, the same each time, in order.

        What comes folds its block, once, before the next one is asked for.
        """
        yield self.fold

    @abstractmethod
    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        """The statistics under given responsibilities (n, K) or labels (n,)."""

    def fold_groups(
        self, kernel: Kernel, assignment: FloatArray | IntArray, n_components: int, scatter: Scatter
    ) -> Statistics:
        """The same about the groups' own means, which are taken first."""
        shift = np.repeat(self.moments.mean[None], n_components, axis=0)
        centres = self.fold_given(kernel, assignment, shift, Scatter.TRACE).means()
        return self.fold_given(kernel, assignment, centres, scatter)

    def groups(
        self, kernel: Kernel, labellings: Sequence[IntArray], n_components: int, scatter: Scatter
    ) -> Groups | None:
        """The same of several labellings (n,), close to the rows; None where ``fold_groups`` is asked for each."""
        return None

    @abstractmethod
    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        """Of one label, flag or row of responsibilities for each given row, those of the rows of positive weight."""

    @abstractmethod
    def draw(self, positions: FloatArray) -> FloatArray:
        """(m, D) rows at positions in [0, 1) of the cumulated weight: a function of the weighted data."""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Resident:
        """A source in memory of about n rows that stands for this one; all its rows if they are no more."""

    def samples(self, wanted: Sequence[tuple[int, np.random.Generator]]) -> Iterator[Resident]:
        """Several samples, in order, for as few reads as can be."""
        return (self.sample(n, rng) for n, rng in wanted)

    def close(self) -> None:  # noqa: B027  most have nothing to let go of
        """Let go of what is kept for the passes, here or elsewhere; the source is not used any more."""

    @abstractmethod
    def extent(self, directions: FloatArray) -> FloatArray:
        """(P,) how far the rows reach along each of (D, P) directions: largest less smallest projection."""

    @property
    @abstractmethod
    def heaviest(self) -> float:
        """The largest weight of a row."""

    @property
    def anchored(self) -> IntArray:
        """(K0,) the components, ascending, of which some rows are known."""
        return np.empty(0, dtype=np.intp)

    @property
    def anchors(self) -> FloatArray:
        """(K0, D) the centres of these."""
        return np.empty((0, self.n_features))

    @cached_property
    def mark(self) -> str:
        """What tells these rows from others, without a pass over a cluster."""
        return digest(np.array([self.n_given, self.n_rows, self.n_features, self.total]))

    @property
    def climbs_together(self) -> bool:
        """Whether several climbs side by side take less time than one after the other."""
        return self.read_together

    def climber(self, kernel: Kernel, leg: Leg) -> Climber | None:
        """Iterations made close to the rows, where that is quicker than a fold each; None leaves them to the loop."""
        return None

    @cached_property
    def moments(self) -> Moments:
        """Mean and covariance: about some row, and again about the mean where that lies far from it."""
        return self._moments_from(self._about(self.some_row().astype(np.float64)))

    def _moments_from(self, statistics: Statistics) -> Moments:
        """From the statistics of one component about a point."""
        with np.errstate(over="ignore", invalid="ignore"):  # whoever asks sees whether the numbers are finite
            within = statistics.within()[0] / self.total
            variances = within.diagonal()
            far = (statistics.first[0] / self.total) ** 2 > FAR * variances
            if self.single_precision or far.any() or not np.isfinite(variances).all():
                statistics = self._about(statistics.means()[0])
                within = statistics.within()[0] / self.total
            return Moments(statistics.means()[0], within)

    def some_row(self) -> FloatArray:
        """(D,) a row, about which moments are taken first."""
        return np.asarray(self.draw(np.zeros(1))[0])

    def _about(self, centre: FloatArray) -> Statistics:
        whole = Parameters(np.ones(1), centre[None], Spherical(np.ones(1), 1, self.n_features))
        return self.fold(NativeKernel(), [whole], [Scatter.FULL])[0]


class Resident(Source):
    """Rows in memory, so that each of them can be asked."""

    @abstractmethod
    def classify(self, kernel: Kernel, mixture: Parameters) -> IntArray:
        """The most responsible component of each row, (n,)."""

    @abstractmethod
    def log_densities(self, kernel: Kernel, mixture: Parameters) -> FloatArray:
        """log p(x) of each row, (n,)."""

    @abstractmethod
    def draw_by(self, scores: FloatArray, position: float) -> FloatArray:
        """(D,) the row that holds a position in [0, 1) of the cumulated weight times score (n,)."""


def strata(n: int, rng: np.random.Generator) -> FloatArray:
    """(n,) positions in [0, 1): a random one in each of n equal strata of the cumulated weight."""
    return np.asarray((np.arange(n) + rng.random(n)) / n)


def reach(values: FloatArray, directions: FloatArray) -> FloatArray:
    """(2, P) smallest and largest projections of (n, D) rows on (D, P) directions; infinite where there are no rows."""
    low, high = np.full(directions.shape[1], np.inf), np.full(directions.shape[1], -np.inf)
    for begin in range(0, len(values), PROJECTED):
        along = values[begin : begin + PROJECTED].astype(np.float64) @ directions
        low, high = np.minimum(low, along.min(axis=0)), np.maximum(high, along.max(axis=0))
    return np.stack([low, high])
