"""Rows of a file of which too much would have to be held to have all columns at once.

Parquet packs the values of one column in pages of a megabyte or so: whoever reads rows of 400 columns holds 400 pages
unpacked, a gigabyte. Such a file is read a few columns at a time, once, and its rows are written to a temporary file in
which they lie as they will be read.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import IO, Any

import numpy as np

from bactrian.files.arrow import arrow
from bactrian.files.floats import floats
from bactrian.files.part import Part, Place, part_rows, release
from bactrian.files.table_file import TableFile
from bactrian.files.temporary import temporary_file, waiting
from bactrian.typing import FloatArray

HELD = 64 << 20  # bytes up to which columns are read side by side
LOOKED_AT = 1000  # rows


class SideBySide:
    """The chosen columns of a file: blocks of rows one behind the other, in each of them column behind column.

    Raises
    ------
    OSError
        There is no room for the temporary file.
    DataError
        The file is damaged.
    """

    def __init__(self, file: TableFile, chosen: Sequence[int]) -> None:
        self._n_rows, self._width = file.cells // len(file.names), len(chosen)
        self._dtype = np.dtype(np.float32 if file.single(chosen) else np.float64)
        self._step = part_rows(self._width, self._dtype.itemsize)
        self._places: list[Place] = []  # of the first row of each group
        with waiting(f"the rows of {file.name}"):
            self._file = temporary_file()
            weakref.finalize(self, self._file.close)
            _reserve(self._file, self._n_rows * self._width * self._dtype.itemsize)
            self._write(file, chosen)
            self._file.flush()

    def parts(self) -> Iterator[Part]:
        """The rows, with their places in the file they came from."""
        mapping = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        for place, end in zip(self._places, self._ends(), strict=True):
            first = place.first
            while first < end:
                block, row = divmod(first, self._step)
                stop = min(self._step, end - block * self._step)
                yield Part(self._block(mapping, block)[row:stop], Place(place.name, first, place.group))
                release(mapping)
                first = block * self._step + stop

    def _block(self, mapping: mmap.mmap, block: int) -> FloatArray:
        n, begin = self._rows_of(block), block * self._step * self._width * self._dtype.itemsize
        return np.frombuffer(mapping, self._dtype, n * self._width, begin).reshape(self._width, n).T

    def _write(self, file: TableFile, chosen: Sequence[int]) -> None:
        column = 0
        for few in groups(file, chosen):
            for part in file.parts(few):
                if column == 0 and [p.group for p in self._places[-1:]] != [part.place.group]:
                    self._places.append(part.place)
                for j, values in enumerate(part.columns):
                    self._put(column + j, part.place.first, floats(values).astype(self._dtype, copy=False))
                del part, values  # before the next ones are there
            column += len(few)
            arrow().default_memory_pool().release_unused()

    def _put(self, column: int, row: int, values: FloatArray) -> None:
        while len(values):
            block, at = divmod(row, self._step)
            n = self._rows_of(block)
            here, values = values[: n - at], values[n - at :]
            self._file.seek((block * self._step * self._width + column * n + at) * self._dtype.itemsize)
            self._file.write(here.data)
            row += len(here)

    def _rows_of(self, block: int) -> int:
        return min(self._step, self._n_rows - block * self._step)

    def _ends(self) -> list[int]:
        return [after.first for _, after in pairwise(self._places)] + [self._n_rows]


def groups(file: TableFile, chosen: Sequence[int]) -> Iterator[list[int]]:
    """The columns, as many at a time as may be read side by side; at least one."""
    few: list[int] = []
    for column in chosen:
        if few and file.held([*few, column]) > HELD:
            yield few
            few = []
        few.append(column)
    yield few


def first_rows(file: TableFile, chosen: Sequence[int]) -> list[Any]:
    """Arrow columns of the first rows, which hold nothing else."""
    rows = range(min(LOOKED_AT, file.cells // len(file.names)))
    return [column.take(list(rows)) for few in groups(file, chosen) for column in _first_part(file, few)]


def _first_part(file: TableFile, few: Sequence[int]) -> list[Any]:
    return list(next(iter(file.parts(few))).columns)


def _reserve(file: IO[bytes], size: int) -> None:
    """Find out at once whether there is room, where the system can say so."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
