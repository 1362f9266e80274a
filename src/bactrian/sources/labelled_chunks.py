"""Rows out of core some of whose components are known: each chunk is a ``Labelled`` of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.digest import digest
from bactrian.kernels import Kernel, Parameters
from bactrian.sources.array import SORTED_ROWS, ArraySource
from bactrian.sources.chunked import ChunkedSource, add_chunks
from bactrian.sources.chunks import Chunk
from bactrian.sources.labelled import UNKNOWN, Labelled, named, with_known
from bactrian.sources.source import Moments, Resident, Source, strata
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray


class LabelledChunks(Source):
    """A ``ChunkedSource`` with a component for some rows: (N,) from 0, ``UNKNOWN`` where it is not known.

    What a known row counts for is said in ``Labelled``. A sample holds rows of every component that is known.
    """

    read_together = True

    def __init__(self, whole: ChunkedSource, labels: IntArray) -> None:
        self.whole, self.labels = whole, labels
        self.n_given = whole.n_given
        self.n_rows, self.n_features, self.total = whole.n_rows, whole.n_features, whole.total
        self.single_precision = whole.single_precision
        self.n_known = int(labels.max()) + 1

    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        if not mixtures:
            return []
        with closing(self.whole.chunks()) as chunks:
            return add_chunks(chunks, lambda chunk: self._of(chunk).fold(kernel, mixtures, scatters))

    def _of(self, chunk: Chunk) -> Labelled:
        here = slice(chunk.first, chunk.first + len(chunk.values))
        return Labelled(ArraySource(chunk.values, chunk.weight), self.labels[here])

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        return self.whole.fold_given(kernel, with_known(self.labels, assignment), shift, scatter)

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        return self.whole.keep(assignment)

    def draw(self, positions: FloatArray) -> FloatArray:
        return self.whole.draw(positions)

    def extent(self, directions: FloatArray) -> FloatArray:
        return self.whole.extent(directions)

    @property
    def moments(self) -> Moments:
        return self.whole.moments

    @cached_property
    def mark(self) -> str:
        return digest(self.whole.mark, self.labels)

    @property
    def heaviest(self) -> float:
        return self.whole.heaviest

    @cached_property
    def anchored(self) -> IntArray:
        return named(self.labels)

    @cached_property
    def anchors(self) -> FloatArray:
        """(K0, D) means of the known rows of each component that has some."""
        sums, counts = np.zeros((self.n_known, self.n_features)), np.zeros(self.n_known)
        with closing(self.whole.chunks()) as chunks:
            for chunk in chunks:
                labels = self.labels[chunk.first : chunk.first + len(chunk.values)]
                weight = np.ones(len(labels)) if chunk.weight is None else chunk.weight
                for k in np.unique(labels[labels != UNKNOWN]):
                    here = labels == k
                    sums[k] += weight[here] @ chunk.values[here].astype(np.float64)
                    counts[k] += weight[here].sum()
        return np.asarray(sums[self.anchored] / counts[self.anchored, None])

    def sample(self, n: int, rng: np.random.Generator) -> Resident:
        return next(self.samples([(n, rng)]))

    def samples(self, wanted: Sequence[tuple[int, np.random.Generator]]) -> Iterator[Resident]:
        most = self.whole.most_rows(len(wanted))
        if self.n_rows <= min(SORTED_ROWS, most):
            yield from (Labelled(self.whole.in_memory(), self.labels) for _ in wanted)
            return
        drawn = [self._draw(min(n, most), rng) for n, rng in wanted]
        read = np.unique(np.concatenate([rows for rows, _ in drawn]))
        values, weight = self._rows(read)
        for rows, stands_for in drawn:
            at = np.searchsorted(read, rows)
            yield Labelled(ArraySource(values[at], weight[at] * stands_for), self.labels[rows])

    def _draw(self, n: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
        """Some rows of each component that is known and of the others, and how many each of them stands for."""
        each = max(1, n // (1 + len(self.anchored)))
        parts = [np.flatnonzero(self.labels == k) for k in self.anchored]
        sizes = [min(each, len(part)) for part in parts]
        parts.append(np.flatnonzero(self.labels == UNKNOWN))
        sizes.append(min(max(each, n - sum(sizes)), len(parts[-1])))
        rows = [
            part if size == len(part) else part[np.asarray(strata(size, rng) * len(part), dtype=np.intp)]
            for part, size in zip(parts, sizes, strict=True)
        ]
        stands_for = [len(part) / size if size else 0.0 for part, size in zip(parts, sizes, strict=True)]
        return np.concatenate(rows), np.repeat(stands_for, sizes)

    def _rows(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Rows of ascending numbers, and their weights."""
        values = np.empty((len(rows), self.n_features), np.float32 if self.single_precision else np.float64)
        weight = np.ones(len(rows))
        with closing(self.whole.chunks()) as chunks:
            for chunk in chunks:
                begin, end = np.searchsorted(rows, [chunk.first, chunk.first + len(chunk.values)])
                here = rows[begin:end] - chunk.first
                values[begin:end] = chunk.values[here]
                if chunk.weight is not None:
                    weight[begin:end] = chunk.weight[here]
        return values, weight
