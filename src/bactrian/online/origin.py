"""What is left in the sums of a fit of the Fit that it began from, so that a start two fits share counts once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bactrian.digest import digest
from bactrian.kernels import Parameters
from bactrian.statistics import Statistics
from bactrian.typing import IntArray


@dataclass(frozen=True, eq=False)
class Origin:
    """A start that counts as rows.

    Attributes
    ----------
    mark : str
        The same for the same start.
    statistics : Statistics
        What it began with, its components numbered as in the sums that hold it.
    n_rows : int
        The rows it was made from.
    weight : float
        The sum of their weights.
    share : float
        How much of the statistics the sums still hold: 1 at first, less as they forget.
    """

    mark: str
    statistics: Statistics
    n_rows: int
    weight: float
    share: float = 1.0

    @classmethod
    def of(cls, mixture: Parameters, statistics: Statistics, n_rows: int, weight: float) -> Self:
        numbers = mixture.weights, mixture.means, mixture.covariance.dense()
        return cls(digest(f"{n_rows} {weight!r}", *numbers), statistics, n_rows, weight)

    def scaled(self, factor: float) -> Origin:
        return replace(self, share=factor * self.share)

    def select(self, components: IntArray) -> Origin:
        return replace(self, statistics=self.statistics.select(components))

    def taken(self, statistics: Statistics, share: float) -> Statistics:
        """Sums that hold it, less a share of it."""
        return statistics + self.statistics.about(statistics.shift).scaled(-share) if share else statistics


@dataclass(frozen=True, eq=False)
class Shared:
    """The starts that both of two fits hold: ``left`` and ``right``, in the same order.

    Of each there stays in their sum what were left if one fit had learned from the rows of both: the product of the
    shares. It does not matter which fits are added first, and a fit of no more rows than the start adds nothing.
    """

    left: tuple[Origin, ...]
    right: tuple[Origin, ...]

    @classmethod
    def of(cls, left: Sequence[Origin], right: Sequence[Origin]) -> Self:
        known = {origin.mark: origin for origin in left}
        both = tuple(origin for origin in right if origin.mark in known)
        return cls(tuple(known[origin.mark] for origin in both), both)

    @property
    def n_rows(self) -> int:
        return sum(origin.n_rows for origin in self.right)

    @property
    def weight(self) -> float:
        return sum((origin.weight for origin in self.right), 0.0)

    @property
    def taken(self) -> float:
        """The weight that is taken from the sums of both."""
        return sum((a.weight * (b.share + a.share * (1 - b.share)) for a, b in self._pairs()), 0.0)

    def from_left(self, statistics: Statistics) -> Statistics:
        for a, b in self._pairs():
            statistics = a.taken(statistics, a.share * (1 - b.share))
        return statistics

    def from_right(self, statistics: Statistics) -> Statistics:
        for origin in self.right:
            statistics = origin.taken(statistics, origin.share)
        return statistics

    def united(self, left: Sequence[Origin], right: Sequence[Origin], factor: float) -> tuple[Origin, ...]:
        """The starts in the sums of both, which were multiplied by a factor."""
        shares = {b.mark: b.share for b in self.right}
        mine = [origin.scaled(shares.get(origin.mark, 1.0)) for origin in left]
        others = [origin for origin in right if origin.mark not in shares]
        return tuple(origin.scaled(factor) for origin in (*mine, *others))

    def _pairs(self) -> Iterator[tuple[Origin, Origin]]:
        return zip(self.left, self.right, strict=True)
