"""Chunks: the rows of a store, however it hands them out, cut into equal pieces.

A store is anything that can be read again and again a few rows at a time. How many rows a chunk has depends on the
number of features only, so that the same rows give the same bits from any store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

import numpy as np

from bactrian.files.part import Part, Place
from bactrian.typing import FloatArray

CHUNK = 1 << 20  # numbers in a chunk
RING = 3  # chunks that exist at a time: worked on, waiting, being made
MARKED = 64  # one row in so many leaves its mark


class Store(Protocol):
    """Rows that can be read as often as needed.

    Attributes
    ----------
    name : str
        What messages call it.
    names : tuple of str
        Of the features.
    named : bool
        The names are the user's, and not made up.
    weighted : bool
        A further column of each part is the row's weight.
    single : bool
        All features are float32.
    """

    name: str
    names: tuple[str, ...]
    named: bool
    weighted: bool
    single: bool

    def parts(self) -> Iterator[Part]:
        """Once through all rows, in the same order each time."""
        ...


@dataclass(frozen=True, eq=False)
class Chunk:
    """``values`` (n, D), ``weight`` (n,) or None; ``first`` : number of its first row. Valid until the next one."""

    values: FloatArray
    weight: FloatArray | None
    first: int


@dataclass
class Trace:
    """What one reading leaves behind, to compare with another and to find a row again.

    ``mark`` : exclusive or of the bits of some rows, which is the same however the rows were cut.
    """

    n_rows: int = 0
    mark: int = 0
    places: list[Place] = field(default_factory=list, repr=False)
    starts: list[int] = field(default_factory=list, repr=False)

    def where(self, row: int) -> str:
        """What messages call a row."""
        index = bisect_right(self.starts, row) - 1
        return self.places[index].of(row - self.starts[index])

    def same(self, other: Trace) -> bool:
        return (self.n_rows, self.mark) == (other.n_rows, other.mark)

    def begin(self, part: Part) -> None:
        self.places.append(part.place)
        self.starts.append(self.n_rows)

    def add(self, values: FloatArray) -> None:
        marked = values[-self.n_rows % MARKED :: MARKED]
        bits = np.ascontiguousarray(marked).view(f"u{marked.itemsize}")
        self.mark ^= int(np.bitwise_xor.reduce(bits, axis=None))
        self.n_rows += len(values)


def chunk_rows(n_features: int) -> int:
    """Rows of a chunk: a multiple of 256, whatever the store."""
    return max(256, CHUNK // n_features // 256 * 256)


def read_chunks(store: Store, given: FloatArray | None, trace: Trace, *, drop: bool = True) -> Generator[Chunk]:
    """Once through a store.

    Parameters
    ----------
    given : (N,) array or None
        Weights that do not stand in the store; those that do are multiplied by them.
    trace : Trace
        Is filled while reading.
    drop : bool
        Leave out rows of weight zero, so that nothing can tell them from rows that never were.
    """
    n, parts = chunk_rows(len(store.names)), store.parts()
    begin = next(parts, None)
    if begin is None:
        return
    weighted = store.weighted or given is not None
    ring = _Ring((n, len(store.names)), np.float32 if store.single else np.float64, weighted, begin.by_row)
    values, weight = ring.next()
    filled = first = 0
    for part in chain([begin], parts):
        trace.begin(part)
        start = 0
        while start < len(part):
            stop = min(len(part), start + n - filled)
            new = slice(filled, filled + stop - start)
            part.copy(start, stop, values[new], weight[new] if weight is not None and store.weighted else None)
            if given is not None and weight is not None:
                factor = _padded(given, trace.n_rows, stop - start)
                weight[new] = weight[new] * factor if store.weighted else factor
            trace.add(values[new])
            filled += stop - start if weight is None or not drop else _compact(values[new], weight[new])
            start = stop
            if filled == n:
                yield Chunk(values, weight, first)
                values, weight = ring.next()
                first, filled = first + n, 0
    if filled:
        yield Chunk(values[:filled], None if weight is None else weight[:filled], first)


class _Ring:
    """Memory for a few chunks, used in turn: row by row or feature by feature, as the parts come."""

    def __init__(self, shape: tuple[int, int], dtype: type, weighted: bool, by_row: bool) -> None:
        self._values: list[FloatArray] = [np.empty(shape, dtype, "C" if by_row else "F") for _ in range(RING)]
        self._weights = [np.empty(shape[0]) if weighted else None for _ in range(RING)]
        self._turn = -1

    def next(self) -> tuple[FloatArray, FloatArray | None]:
        self._turn = (self._turn + 1) % RING
        return self._values[self._turn], self._weights[self._turn]


def _padded(given: FloatArray, first: int, n: int) -> FloatArray:
    found = given[first : first + n]
    return found if len(found) == n else np.append(found, np.ones(n - len(found)))  # their number is wrong: said later


def _compact(values: FloatArray, weight: FloatArray) -> int:
    """Move the rows of positive weight to the front; how many they are."""
    there = weight > 0
    n = int(there.sum())
    if n < len(there):
        values[:n], weight[:n] = values[there], weight[there]
    return n
