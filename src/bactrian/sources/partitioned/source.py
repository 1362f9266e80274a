"""A source whose rows live in partitions somewhere else: works go there, packed arrays come back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.digest import digest
from bactrian.errors import ClusterError
from bactrian.kernels import Kernel, Parameters
from bactrian.packing import unpack, unpack_all
from bactrian.sources.array import SORTED_ROWS, ArraySource
from bactrian.sources.partitioned.part import Summary, check
from bactrian.sources.partitioned.work import Draw, Extent, Fold, FoldGiven, Gather, Kept, Work
from bactrian.sources.source import Resident, Source, strata
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

CLOSED = "the rows are on a cluster and were let go when the fit ended; give them again as data"


class PartitionedSource(Source):
    """Partitions in a fixed order; to live somewhere, a subclass says how work gets there and back.

    Attributes
    ----------
    names : tuple of str or None
        The features' names.
    summaries : list of Summary
        What is known of each partition.
    """

    read_together = True

    def __init__(
        self,
        summaries: Sequence[Summary],
        n_features: int,
        names: tuple[str, ...] | None,
        single_precision: bool,
        weighted: bool,
    ) -> None:
        self.summaries = list(summaries)
        check(self.summaries, names)
        self.names = names
        self.n_given = sum(s.n_rows for s in summaries)
        self.n_rows = sum(s.kept for s in summaries)
        self.n_features = n_features
        self.total = float(sum(s.total for s in summaries))
        self.single_precision = single_precision
        self.weighted = weighted

    @property
    def heaviest(self) -> float:
        return max(s.heaviest for s in self.summaries)

    @abstractmethod
    def reduce(self, work: Work) -> FloatArray:
        """The sum of the answers of all partitions, added up in the tree's order."""

    @abstractmethod
    def collect(self, work: Work, partitions: Sequence[int]) -> list[FloatArray]:
        """The answers of some partitions, in that order."""

    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        if not mixtures:
            return []
        vector = self.reduce(Fold.of(kernel, mixtures, scatters))
        folded = unpack_all(vector, [m.means for m in mixtures], scatters)
        if abs(folded[0].total - self.total) > 1e-9 * self.total:
            raise ClusterError(
                f"the rows changed between passes: their weight was {self.total:g} and is now {folded[0].total:g}; "
                "they are computed again when they are lost, so write them to files first if that gives other rows"
            )
        return folded

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        pieces: list[Any] = np.split(assignment, np.cumsum([s.kept for s in self.summaries])[:-1])
        vector = self.reduce(FoldGiven(kernel, dict(enumerate(pieces)), shift, scatter))
        return unpack(vector, shift, scatter)

    @cached_property
    def mark(self) -> str:
        return digest(*(s.pack() for s in self.summaries))

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        if self.n_rows == self.n_given:
            return assignment
        kept = self.collect(Kept(), range(len(self.summaries)))
        return assignment[np.concatenate(kept) > 0]

    def draw(self, positions: FloatArray) -> FloatArray:
        if not self.weighted:
            # whole rows, so that no rounding of the cumulated weight can move one
            positions = np.minimum(np.asarray(positions * self.n_rows, dtype=np.intp), self.n_rows - 1)
        else:
            positions = np.asarray(positions) * self.total
        order = np.argsort(positions, kind="stable")
        rows = np.empty((len(positions), self.n_features), dtype=np.float32 if self.single_precision else np.float64)
        wanted = self._by_partition(positions[order])
        found = self.collect(Draw(wanted), list(wanted))
        rows[order] = np.concatenate([f.reshape(-1, self.n_features) for f in found])
        return rows

    def _by_partition(self, positions: FloatArray) -> dict[int, FloatArray]:
        """Ascending positions of the cumulated weight, by the partition that holds them, counted from its begin."""
        filled = [p for p, s in enumerate(self.summaries) if s.kept]
        ends = np.cumsum([self.summaries[p].total for p in filled])
        where = np.minimum(np.searchsorted(ends, positions, side="right"), len(filled) - 1)
        begins = np.concatenate([[0.0], ends[:-1]])
        return {filled[i]: np.maximum(positions[where == i] - begins[i], 0.0) for i in np.unique(where)}

    def extent(self, directions: FloatArray) -> FloatArray:
        found = self.collect(Extent(directions), [p for p, s in enumerate(self.summaries) if s.kept])
        low, high = np.split(np.stack(found), 2, axis=1)
        return np.asarray(high.max(axis=0) - low.min(axis=0))

    def sample(self, n: int, rng: np.random.Generator) -> Resident:
        return next(self.samples([(n, rng)]))

    def samples(self, wanted: Sequence[tuple[int, np.random.Generator]]) -> Iterator[Resident]:
        if self.n_rows <= SORTED_ROWS:
            yield from self.in_memory().samples(wanted)
            return
        drawn = self.draw(np.concatenate([np.empty(0), *(strata(n, rng) for n, rng in wanted)]))
        yield from map(ArraySource, np.split(drawn, np.cumsum([n for n, _ in wanted])[:-1]))

    def in_memory(self) -> ArraySource:
        """All rows on the client."""
        filled = [p for p, s in enumerate(self.summaries) if s.kept]
        found = self.collect(Gather(), filled)
        rows = np.concatenate([f.reshape(-1, self.n_features + 1) for f in found])
        values = rows[:, :-1].astype(np.float32 if self.single_precision else np.float64)
        return ArraySource(np.ascontiguousarray(values), rows[:, -1] if self.weighted else None)
