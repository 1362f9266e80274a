"""Rows that need not fit into memory: folded a chunk at a time, while the next one is being read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.digest import digest
from bactrian.errors import DataError
from bactrian.kernels import Kernel, Parameters
from bactrian.sources.ahead import ahead
from bactrian.sources.array import SORTED_ROWS, ArraySource
from bactrian.sources.chunks import Chunk, Store, Trace, chunk_rows, read_chunks
from bactrian.sources.source import Fold, Moments, Resident, Source, reach, strata
from bactrian.sources.survey import Survey, cumulate, take_survey
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

SAMPLES = 32 << 20  # bytes of rows that are held for starts


class ChunkedSource(Source):
    """A store, with optional weights (N,) that do not stand in it, by which those that do are multiplied.

    It is read once when this is made, to check it. Memory does not grow with the number of rows. Starts are those
    that the same rows in memory would have, but for rows so wide that a sample of them would not fit.
    """

    read_together = True

    def __init__(self, store: Store, sample_weight: FloatArray | None = None, survey: Survey | None = None) -> None:
        self.store = store
        self._given = sample_weight
        self._survey = survey or take_survey(store, sample_weight, 0)
        assert self._survey.statistics is not None  # rows that are kept are no matter for this class
        self._statistics = self._survey.statistics
        self.n_given = self._survey.trace.n_rows
        self.n_rows, self.n_features = self._survey.n_rows, len(store.names)
        self.total = self._statistics.total
        self.single_precision = store.single

    @property
    def heaviest(self) -> float:
        return self._survey.heaviest

    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        if not mixtures:
            return []
        with closing(self.chunks()) as chunks:  # Ctrl-C ends the reading too
            return _fold(chunks, kernel, mixtures, scatters)

    def blocks(self, most: int) -> Generator[Fold]:
        n_chunks = -(-self.n_rows // chunk_rows(self.n_features))
        each = -(-n_chunks // most)
        with closing(self.chunks()) as chunks:
            for first in range(0, n_chunks, each):
                # the last one reads to the end, where it shows whether these are still the same rows
                yield partial(_fold, islice(chunks, each if first + each < n_chunks else None))

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        def of(chunk: Chunk) -> list[Statistics]:
            given = assignment[chunk.first : chunk.first + len(chunk.values)]
            return [kernel.accumulate_given(chunk.values, chunk.weight, given, shift, scatter)]

        with closing(self.chunks()) as chunks:
            return add_chunks(chunks, of)[0]

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        if self.n_rows == self.n_given:
            return assignment
        kept = [c.first + np.flatnonzero(c.weight > 0) for c in self.chunks(drop=False) if c.weight is not None]
        return assignment[np.concatenate(kept)]

    def draw(self, positions: FloatArray) -> FloatArray:
        order = np.argsort(positions, kind="stable")
        rows = np.empty((len(positions), self.n_features), np.float32 if self.single_precision else np.float64)
        done = 0
        for chunk, found in self._found(positions[order]):
            rows[order[done : done + len(found)]] = chunk.values[found]
            done += len(found)
        return rows

    def extent(self, directions: FloatArray) -> FloatArray:
        with closing(self.chunks()) as chunks:
            low, high = zip(*(reach(chunk.values, directions) for chunk in chunks), strict=True)
        return np.asarray(np.max(high, axis=0) - np.min(low, axis=0))

    def sample(self, n: int, rng: np.random.Generator) -> Resident:
        return next(self.samples([(n, rng)]))

    def samples(self, wanted: Sequence[tuple[int, np.random.Generator]]) -> Iterator[Resident]:
        most = self.most_rows(len(wanted))
        if self.n_rows <= min(SORTED_ROWS, most):
            yield from self.in_memory().samples(wanted)
            return
        sizes = [min(n, most) for n, _ in wanted]
        positions = [strata(n, rng) for n, (_, rng) in zip(sizes, wanted, strict=True)]
        drawn = self.draw(np.concatenate(positions))
        yield from map(ArraySource, np.split(drawn, np.cumsum(sizes)[:-1]))

    def most_rows(self, n_samples: int) -> int:
        """Rows that each of so many samples may hold."""
        return max(1, SAMPLES // (self.n_features * (4 if self.single_precision else 8)) // n_samples)

    def without(self, rows: NDArray[np.bool_]) -> ChunkedSource:
        """The same store without the rows that (N,) flags of the given rows mark; it is read once."""
        stay = (~rows).astype(np.float64)
        return ChunkedSource(self.store, stay if self._given is None else stay * self._given)

    @cached_property
    def moments(self) -> Moments:
        return self._moments_from(self._statistics)

    @cached_property
    def mark(self) -> str:
        s, trace = self._survey, self._survey.trace
        sums = (
            np.array([s.cumulated, s.n_rows]),
            self._statistics.shift,
            self._statistics.first,
            self._statistics.second,
        )
        return digest(f"{trace.n_rows} {trace.mark}", *sums)

    def chunks(self, *, drop: bool = True) -> Generator[Chunk]:
        """The rows once; a chunk is valid until the next one."""
        trace = Trace()
        with closing(ahead(lambda: read_chunks(self.store, self._given, trace, drop=drop))) as chunks:
            yield from chunks
        if not trace.same(self._survey.trace):
            raise DataError(
                f"{self.store.name} did not give the same rows again ({trace.n_rows} rows now, {self.n_given} at "
                "first); fit again when nothing writes to it any more"
            )

    def _found(self, ordered: FloatArray) -> Iterator[tuple[Chunk, IntArray]]:
        """For each chunk the rows at some of the ordered positions of the cumulated weight."""
        targets = ordered * self._survey.cumulated
        places = np.minimum(np.asarray(ordered * self.n_rows, dtype=np.intp), self.n_rows - 1)
        done, carried = 0, 0.0
        with closing(self.chunks()) as chunks:
            for chunk in chunks:
                last = chunk.first + len(chunk.values)
                if chunk.weight is None:
                    found = places[done : np.searchsorted(places, last)] - chunk.first
                else:
                    sums = cumulate(chunk.weight, carried)
                    carried = float(sums[-1])
                    end = len(targets) if last == self.n_rows else np.searchsorted(targets, carried)
                    found = np.searchsorted(sums, targets[done:end], side="right")
                done += len(found)
                yield chunk, np.minimum(found, len(chunk.values) - 1)
                if done == len(ordered):
                    return

    def in_memory(self) -> ArraySource:
        """All rows, where they are few."""
        chunks = [(c.values.copy(), None if c.weight is None else c.weight.copy()) for c in self.chunks()]
        values = np.ascontiguousarray(np.concatenate([v for v, _ in chunks]))
        weights = [w for _, w in chunks if w is not None]
        return ArraySource(values, np.concatenate(weights) if weights else None)


def _fold(
    chunks: Iterable[Chunk], kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]
) -> list[Statistics]:
    asked = list(zip(mixtures, scatters, strict=True))
    found = add_chunks(chunks, lambda c: [kernel.accumulate(c.values, c.weight, m, s) for m, s in asked])
    return found or [Statistics.zero(m.means, s) for m, s in asked]


def add_chunks(chunks: Iterable[Chunk], of: Callable[[Chunk], list[Statistics]]) -> list[Statistics]:
    """Statistics of all chunks, added in their order; nothing where there are none."""
    sums: list[Statistics] = []
    for chunk in chunks:
        new = of(chunk)
        sums = [a + b for a, b in zip(sums, new, strict=True)] if sums else new
    return sums
