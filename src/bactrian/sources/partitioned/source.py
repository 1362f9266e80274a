"""A source whose rows live in partitions somewhere else: works go there, packed arrays come back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from bactrian.errors import ClusterError
from bactrian.kernels import Kernel, Parameters
from bactrian.packing import PackedParameters, unpack, unpack_all
from bactrian.sources.array import SORTED_ROWS, ArraySource
from bactrian.sources.partitioned.part import Summary, check
from bactrian.sources.partitioned.work import Draw, Fold, FoldGiven, Gather, Score, Work
from bactrian.sources.source import Source
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray


class PartitionedSource(Source):
    """Partitions in a fixed order; to live somewhere, a subclass says how work gets there and back.

    Attributes
    ----------
    names : tuple of str or None
        The features' names.
    summaries : list of Summary
        What is known of each partition.
    """

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
        self.n_rows = sum(s.kept for s in summaries)
        self.n_features = n_features
        self.total = float(sum(s.total for s in summaries))
        self.single_precision = single_precision
        self.weighted = weighted

    def close(self) -> None:  # noqa: B027
        """Let go of what is kept for the passes."""

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
                f"the rows changed between passes: their weight was {self.total:g} and is now {folded[0].total:g}; they "
                "are computed again when a worker is lost, so write them to files first if that gives other rows"
            )
        return folded

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        pieces = np.split(assignment, np.cumsum([s.kept for s in self.summaries])[:-1])
        vector = self.reduce(FoldGiven(kernel, dict(enumerate(pieces)), shift, scatter))
        return unpack(vector, shift, scatter)

    def classify(self, kernel: Kernel, mixture: Parameters) -> IntArray:
        return self._scores(kernel, mixture, "classify").astype(np.intp)

    def log_densities(self, kernel: Kernel, mixture: Parameters) -> FloatArray:
        return self._scores(kernel, mixture, "log_densities")

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

    def draw_by(self, scores: FloatArray, position: float) -> FloatArray:
        return self.in_memory().draw_by(scores, position)

    def sample(self, n: int, rng: np.random.Generator) -> Source:
        if self.n_rows <= max(n, SORTED_ROWS):
            return self.in_memory().sample(n, rng)
        return ArraySource(self.draw((np.arange(n) + rng.random(n)) / n))

    def in_memory(self) -> ArraySource:
        """All rows on the client."""
        filled = [p for p, s in enumerate(self.summaries) if s.kept]
        found = self.collect(Gather(), filled)
        rows = np.concatenate([f.reshape(-1, self.n_features + 1) for f in found])
        values = rows[:, :-1].astype(np.float32 if self.single_precision else np.float64)
        return ArraySource(np.ascontiguousarray(values), rows[:, -1] if self.weighted else None)

    def _scores(self, kernel: Kernel, mixture: Parameters, what: str) -> FloatArray:
        work = Score(kernel, PackedParameters.of(mixture), what)
        return np.concatenate(self.collect(work, range(len(self.summaries))))
