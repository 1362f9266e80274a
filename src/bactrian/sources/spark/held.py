"""Rows that an executor keeps for the passes to come: each partition in a file on its own disk, read through a map.

Spark writes whatever a Python worker reads to it through a socket, at each job; a file is read where it lies.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from bactrian.files.part import release
from bactrian.files.temporary import waiting_folder
from bactrian.sources.partitioned import Summary, summary_of
from bactrian.typing import FloatArray

# A block holds at most so many rows and bytes, however Spark cuts its batches: the bits depend on the partition only.
BLOCK_ROWS = 1 << 16
BLOCK_BYTES = 1 << 23

ALIGNED = 64  # bytes: where a block and its rows may begin
NO_ROOM = "bactrian keeps the rows of a Spark data frame in a file of each executor, but"


@dataclass(frozen=True)
class Layout:
    """How a partition's blocks lie in its file: (n,) weights, if there are any, and then (n, D) rows of each."""

    n_features: int
    single: bool
    weighted: bool

    @property
    def dtype(self) -> Any:
        return np.dtype(np.float32 if self.single else np.float64)

    @property
    def _row_bytes(self) -> int:
        return self.n_features * (4 if self.single else 8)

    @property
    def n_rows(self) -> int:
        """Of a full block."""
        return max(1, min(BLOCK_ROWS, BLOCK_BYTES // self._row_bytes))

    def weight_bytes(self, n: int) -> int:
        """Of n rows, before the values."""
        return _aligned(8 * n) if self.weighted else 0

    def block_bytes(self, n: int) -> int:
        return self.weight_bytes(n) + _aligned(n * self._row_bytes)

    def n_bytes(self, n: int) -> int:
        """Of the file of n rows."""
        full, rest = divmod(n, self.n_rows)
        return full * self.block_bytes(self.n_rows) + self.block_bytes(rest)


def write_rows(layout: Layout, key: str, partition: int, batches: Iterable[pa.RecordBatch]) -> tuple[str, Summary]:
    """The file's path, and what there is to know of its rows; nulls become NaN.

    Raises
    ------
    OSError
        There is no room, or no folder; the message is for the user.
    """
    folder = _folder(partition)
    found = Summary.of_nothing(layout.n_features)
    path = None
    try:
        handle, path = tempfile.mkstemp(prefix=f"bactrian-{key}-", suffix=".rows", dir=folder)
        with open(handle, "wb") as file:
            for values, weights in _blocks(layout, batches):
                found = found + summary_of(values, weights)
                n = len(values)
                if weights is not None:
                    file.write(weights.tobytes().ljust(layout.weight_bytes(n), b"\0"))
                written = file.write(values.data)
                file.write(b"\0" * (layout.block_bytes(n) - layout.weight_bytes(n) - written))
    except OSError as error:
        remove_rows(path)
        raise type(error)(error.errno, f"{NO_ROOM} {folder}: {error.strerror}") from error
    except BaseException:
        remove_rows(path)
        raise
    return path, found


def read_rows(layout: Layout, path: str, n_rows: int) -> Iterator[tuple[FloatArray, FloatArray | None]] | None:
    """The blocks of n rows as arrays, not copied; None where the file is not, as on another executor's machine."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size != layout.n_bytes(n_rows):
                return None
            if not n_rows:
                return iter(())
            return _read(layout, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), n_rows)
    except OSError:
        return None


def remove_rows(path: str | None) -> None:
    """Of whatever is there; Spark removes its folders itself when the application ends."""
    if path is not None:
        with suppress(OSError):
            os.remove(path)


def _read(layout: Layout, mapping: mmap.mmap, n_rows: int) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    place = 0
    for first in range(0, n_rows, layout.n_rows):
        n = min(layout.n_rows, n_rows - first)
        weights = np.frombuffer(mapping, np.float64, n, place) if layout.weighted else None
        values = np.frombuffer(mapping, layout.dtype, n * layout.n_features, place + layout.weight_bytes(n))
        yield values.reshape(n, layout.n_features), weights
        release(mapping)  # so that a container's memory does not count them all
        place += layout.block_bytes(n)


def _blocks(layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    """Columns to blocks, each overwritten by the next."""
    values, weights, filled = np.empty((layout.n_rows, layout.n_features), layout.dtype), np.empty(layout.n_rows), 0
    for batch in batches:
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        row = 0
        while row < batch.num_rows:
            n = min(layout.n_rows - filled, batch.num_rows - row)
            for j in range(layout.n_features):
                values[filled : filled + n, j] = columns[j][row : row + n]
            if layout.weighted:
                weights[filled : filled + n] = columns[-1][row : row + n]
            filled, row = filled + n, row + n
            if filled == layout.n_rows:
                yield values, weights if layout.weighted else None
                filled = 0
    if filled:
        yield values[:filled], weights[:filled] if layout.weighted else None


def _folder(partition: int) -> str:
    """One of the executor's own folders, which Spark removes when it ends."""
    given = [folder for folder in os.environ.get("SPARK_LOCAL_DIRS", "").split(",") if os.path.isdir(folder)]
    return given[partition % len(given)] if given else waiting_folder()


def _aligned(n: int) -> int:
    return -(-n // ALIGNED) * ALIGNED
