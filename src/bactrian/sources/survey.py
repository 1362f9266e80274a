"""The first reading of a store: are all its numbers finite, how many rows, how heavy, around what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from bactrian.covariance import Spherical
from bactrian.errors import DataError
from bactrian.kernels import NativeKernel, Parameters
from bactrian.missing import MISSING
from bactrian.sources.ahead import ahead
from bactrian.sources.chunks import CHUNK, Chunk, Store, Trace, chunk_rows, read_chunks
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray
from bactrian.weights import check_total

STAGGER = 40  # rows: features that lie a power of two apart would share the same few lines of a cache


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of a store after one reading.

    Attributes
    ----------
    trace : Trace
    n_rows : int
        Rows of positive weight.
    cumulated : float
        Sum of the weights, added one by one.
    heaviest : float
        The largest weight.
    statistics : Statistics or None
        Of one component about the first row; None where the rows are few.
    whole : tuple of (N, D) values and (N,) weights or None, or None
        All rows, where they are few.
    """

    trace: Trace = field(repr=False)
    n_rows: int
    cumulated: float
    heaviest: float
    statistics: Statistics | None = field(repr=False)
    whole: tuple[FloatArray, FloatArray | None] | None = field(repr=False)


def take_survey(store: Store, given: FloatArray | None, most_bytes: int) -> Survey:
    """Read a store once; up to ``most_bytes`` of rows are kept.

    Raises
    ------
    DataError
        No rows, a number that is missing or infinite, weights that are negative or too large, or another number of
        given weights than of rows.
    """
    look = _Look(store, given, most_bytes)
    with closing(ahead(lambda: read_chunks(store, given, look.trace, drop=False))) as chunks:
        for chunk in chunks:
            look.at(chunk)
    return look.result(given)


class _Look:
    def __init__(self, store: Store, given: FloatArray | None, most_bytes: int) -> None:
        self.store = store
        self.trace = Trace()
        self.bad: _Bad | None = None
        self.n_rows = 0
        self.cumulated = 0.0
        self.heaviest = 0.0
        self.kept: _Kept | None = _Kept(store, given is not None, most_bytes) if most_bytes else None
        self.statistics: Statistics | None = None
        self.kernel = NativeKernel()
        self.whole: Parameters | None = None

    def at(self, chunk: Chunk) -> None:
        found = _Bad.of(chunk)
        if found is not None:
            self.bad = found if self.bad is None else self.bad.with_more(found)
        if self.bad is not None:
            return  # rows are only counted now
        if chunk.weight is None:
            self.n_rows += len(chunk.values)
        else:
            self.n_rows += int((chunk.weight > 0).sum())
            self.cumulated = float(cumulate(chunk.weight, self.cumulated)[-1])
            self.heaviest = max(self.heaviest, float(chunk.weight.max(initial=0.0)))
        if self.kept is not None and not self.kept.add(chunk):
            for before in self.kept.chunks():
                self._fold(before)
            self.kept = None
        if self.kept is None:  # rows that are kept are their own statistics
            self._fold(chunk)

    def _fold(self, chunk: Chunk) -> None:
        if self.whole is None:
            first = 0 if chunk.weight is None else int(np.argmax(chunk.weight > 0))
            centre = chunk.values[first : first + 1].astype(np.float64)
            self.whole = Parameters(np.ones(1), centre, Spherical(np.ones(1), 1, centre.shape[1]))
        new = self.kernel.accumulate(chunk.values, chunk.weight, self.whole, Scatter.FULL)
        self.statistics = new if self.statistics is None else self.statistics + new

    def result(self, given: FloatArray | None) -> Survey:
        n = self.trace.n_rows
        if self.bad is not None:
            raise self.bad.error(self.store, self.trace)
        if given is not None and len(given) != n:
            raise DataError(
                f"sample_weight should have one number for each of {n} rows of {self.store.name}, but has shape "
                f"{given.shape}"
            )
        if not n:
            raise DataError(f"{self.store.name} has no rows; at least one is needed")
        if not self.n_rows:
            raise DataError(
                f"the weight is zero for every row of {self.store.name}, so there is nothing to fit; give some rows "
                "weight"
            )
        check_total(self.cumulated)
        weighted = self.store.weighted or given is not None
        cumulated, heaviest = (self.cumulated, self.heaviest) if weighted else (float(n), 1.0)
        whole = None if self.kept is None else self.kept.rows()
        return Survey(self.trace, self.n_rows, cumulated, heaviest, self.statistics, whole)


def cumulate(weight: FloatArray, carried: float) -> FloatArray:
    """(n,) running sums that go on from those of the rows before: the same bits as of one sum over all rows."""
    with np.errstate(over="ignore"):  # said by the survey
        return np.cumsum(np.concatenate([[carried], weight]))[1:]


class _Kept:
    """Rows up to a number of bytes, feature by feature: memory that is not used yet is only promised by the system."""

    def __init__(self, store: Store, weighted: bool, most_bytes: int) -> None:
        d, dtype = len(store.names), np.dtype(np.float32 if store.single else np.float64)
        self.most = most_bytes // (d * dtype.itemsize)
        self.step = chunk_rows(d)
        self.n_rows = 0
        self.values = np.empty((d, self.most + STAGGER), dtype).T
        self.weight = np.empty(self.most) if weighted or store.weighted else None

    def add(self, chunk: Chunk) -> bool:
        """Whether there was room for it."""
        here = slice(self.n_rows, self.n_rows + len(chunk.values))
        if here.stop > self.most:
            return False
        self.values[here], self.n_rows = chunk.values, here.stop
        if self.weight is not None and chunk.weight is not None:
            self.weight[here] = chunk.weight
        return True

    def chunks(self) -> Iterator[Chunk]:
        """As they came."""
        for first in range(0, self.n_rows, self.step):
            here = slice(first, min(self.n_rows, first + self.step))
            yield Chunk(self.values[here], None if self.weight is None else self.weight[here], first)

    def rows(self) -> tuple[FloatArray, FloatArray | None]:
        """All of them; few rows row by row, as whoever asks for single rows would have them."""
        values = self.values[: self.n_rows]
        few = values.size <= CHUNK
        weight = None if self.weight is None else self.weight[: self.n_rows]
        return (np.ascontiguousarray(values), None if weight is None else weight.copy()) if few else (values, weight)


@dataclass(frozen=True)
class _Bad:
    """The first number that cannot be used, and how many rows have such a number."""

    row: int
    column: int  # D is the weight
    value: float
    n_rows: int

    @classmethod
    def of(cls, chunk: Chunk) -> _Bad | None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sum(chunk.values, dtype=np.float64)  # one cheap pass; a sum hides them only by overflow
        weight_is_fine = chunk.weight is None or (np.isfinite(chunk.weight).all() and (chunk.weight >= 0).all())
        if np.isfinite(total) and weight_is_fine:
            return None
        bad = ~np.isfinite(chunk.values)
        if chunk.weight is not None:
            bad = np.column_stack([bad, ~(np.isfinite(chunk.weight) & (chunk.weight >= 0))])
        if not bad.any():
            return None
        row, column = (int(i) for i in np.argwhere(bad)[0])
        d = chunk.values.shape[1]
        value = chunk.values[row, column] if column < d or chunk.weight is None else chunk.weight[row]
        return cls(chunk.first + row, column, float(value), int(bad.any(axis=1).sum()))

    def with_more(self, other: _Bad) -> _Bad:
        return _Bad(self.row, self.column, self.value, self.n_rows + other.n_rows)

    def error(self, store: Store, trace: Trace) -> DataError:
        what = MISSING if self.value != self.value else "infinite" if np.isinf(self.value) else "negative"
        is_feature = self.column < len(store.names)
        subject = f"column {store.names[self.column]!r}" if is_feature else "the weight"
        return DataError(
            f"{subject}, {trace.where(self.row)} is {what}, and {self.n_rows} of {trace.n_rows} rows have such a "
            "value; drop or fill those rows first"
        )


__all__ = ["Survey", "cumulate", "take_survey"]
