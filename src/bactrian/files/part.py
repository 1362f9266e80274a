"""Part: consecutive rows of a table that is read a few rows at a time, and where they stand."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.floats import floats
from bactrian.typing import FloatArray

PART_ROWS = 1 << 16  # at most
PART_BYTES = 8 << 20


def part_rows(n_columns: int, itemsize: int = 8) -> int:
    """Rows that are read at a time: fewer of wide tables."""
    return max(1, min(PART_ROWS, PART_BYTES // (itemsize * n_columns)))


@dataclass(frozen=True, eq=False)
class Place:
    """Where rows stand: in what, from which of its rows on, in which group of rows; ``line`` of a row, if any."""

    name: str
    first: int = 0
    group: str = ""
    line: Callable[[int], int | None] | None = None

    def of(self, row: int) -> str:
        """What messages call a row, counted from ``first``."""
        line = None if self.line is None else self.line(self.first + row)
        notes = [f"line {line} of {self.name}"] if line is not None else [self.group] if self.group else []
        return f"row {self.first + row} of {self.name}" + "".join(f" ({note})" for note in notes)


@dataclass(frozen=True, eq=False)
class Part:
    """``columns`` : D Arrow arrays (n,), or one (n, D) array of any real numbers; ``check`` is asked before a copy."""

    columns: Any
    place: Place
    check: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self.columns if isinstance(self.columns, np.ndarray) else self.columns[0])

    @property
    def by_row(self) -> bool:
        """The numbers of a row lie side by side, not those of a column."""
        return isinstance(self.columns, np.ndarray) and bool(self.columns.flags.c_contiguous)

    def copy(self, first: int, last: int, values: FloatArray, weight: FloatArray | None) -> None:
        """Rows from ``first`` to before ``last`` into (n, D) values, and of a further column into (n,) weights."""
        if self.check is not None:
            self.check()
        d = values.shape[1]
        if isinstance(self.columns, np.ndarray):
            values[...] = self.columns[first:last, :d]
            if weight is not None:
                weight[...] = self.columns[first:last, d]
            return
        for j, column in enumerate(self.columns[:d]):
            values[:, j] = floats(column.slice(first, last - first))
        if weight is not None:
            weight[...] = floats(self.columns[d].slice(first, last - first))


def array_parts(
    array: Any, name: str, chosen: Sequence[int] | None = None, check: Callable[[], None] | None = None
) -> Iterator[Part]:
    """The rows of an (N, D) array; pages of a mapped file are given back as soon as they were read.

    Raises
    ------
    DataError
        The mapped file has become shorter; and what ``check`` raises, which is asked before rows are copied.
    """
    every = chosen is None or list(chosen) == list(range(array.shape[1]))
    step = part_rows(array.shape[1], array.itemsize)
    mapping = mapping_of(array)
    check = check or partial(check_mapped, mapping, name)
    for first in range(0, len(array), step):
        check()
        rows = np.asarray(array[first : first + step])
        yield Part(rows if every else rows[:, list(chosen or ())], Place(name, first), check)
        release(mapping)


def mapping_of(array: Any) -> mmap.mmap | None:
    """The mapped file that an array is a view of, if its pages can be read again."""
    private = False
    while isinstance(array, np.ndarray):
        private = private or getattr(array, "mode", None) == "c"  # its pages may hold changes of the user's
        array = array.base
    return array if isinstance(array, mmap.mmap) and not private else None


def check_mapped(mapping: mmap.mmap | None, name: str) -> None:
    """Raise DataError if less is left of a mapped file than is mapped; to read on would end the process."""
    if mapping is None:
        return
    try:
        size = mapping.size()
    except (OSError, ValueError):
        return  # whoever made it let go of the file, and nobody can ask any more
    if size < len(mapping):
        raise changed(name, len(mapping), size)


def changed(name: str, before: int, now: int, how: str | None = None) -> DataError:
    """What to say of a file whose bytes are not those that reading began with; ``how`` : more than their number."""
    how = f"it had {before} bytes and has {now}" if how is None else how
    return DataError(
        f"{name} was changed while it was being read ({how}); fit again when nothing writes to it any more"
    )


def release(mapping: mmap.mmap | None) -> None:
    """Let the system take back the pages of a mapped file."""
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
