"""What runs in the Python workers of the executors."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.types import BinaryType, IntegerType, StructField, StructType

from bactrian.sources.partitioned import Part, Summary, Work, summary_of
from bactrian.typing import FloatArray

# A block holds at most so many rows and bytes, however Spark cuts its batches: the bits depend on the partition only.
BLOCK_ROWS = 1 << 16
BLOCK_BYTES = 1 << 23

ANSWERS = StructType([StructField("partition", IntegerType()), StructField("answer", BinaryType())])
BLOCKS = StructType([StructField("rows", BinaryType()), StructField("weights", BinaryType())])


@dataclass(frozen=True)
class Layout:
    """How the numbers of a block lie: (n, D) rows and, where there are weights, (n,) of them."""

    n_features: int
    single: bool
    weighted: bool

    @property
    def dtype(self) -> Any:
        return np.float32 if self.single else np.float64

    @property
    def n_rows(self) -> int:
        """Of a full block."""
        fit = BLOCK_BYTES // (self.n_features * (4 if self.single else 8))
        return max(1, min(BLOCK_ROWS, fit))


def pack_blocks(layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Columns to blocks, so that a pass copies a few cells of bytes instead of every number; nulls become NaN."""
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
                yield _block(layout, values, weights)
                filled = 0
    if filled:
        yield _block(layout, values[:filled], weights[:filled])


def summary(layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row: the partition's Summary."""
    found = Summary.of_nothing(layout.n_features)
    for values, weights in read_blocks(layout, batches):
        found = found + summary_of(values, weights)
    yield _answer(found.pack())


def answer(work: Work, threads: int, layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row: what the work says of the partition."""
    _settle()
    run = work.start(threads)
    yield _answer(run(_partition(), (Part.of(values, weights) for values, weights in read_blocks(layout, batches))))


def answer_some(
    work: Work, partitions: frozenset[int], threads: int, layout: Layout, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The same for some partitions; the others say nothing."""
    if _partition() in partitions:
        yield from answer(work.only([_partition()]), threads, layout, batches)
    else:
        for _ in batches:  # Spark goes on writing until all is read
            pass


def read_blocks(layout: Layout, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    """The blocks as arrays, not copied."""
    for batch in batches:
        for rows, weights in zip(*batch.columns, strict=True):
            values = np.frombuffer(rows.as_buffer(), layout.dtype).reshape(-1, layout.n_features)
            yield values, np.frombuffer(weights.as_buffer()) if layout.weighted else None


def _block(layout: Layout, values: FloatArray, weights: FloatArray) -> pa.RecordBatch:
    cells = [values.tobytes(), weights.tobytes() if layout.weighted else b""]
    return pa.RecordBatch.from_arrays([pa.array([cell], pa.binary()) for cell in cells], ["rows", "weights"])


def _settle() -> None:
    """Spark looks for garbage after each task, some 0.1 s long: what was imported by now is no garbage."""
    if gc.get_freeze_count() == 0:
        gc.freeze()


def _partition() -> int:
    context = TaskContext.get()
    assert context is not None
    return int(context.partitionId())


def _answer(answer: Any) -> pa.RecordBatch:
    contents = np.ascontiguousarray(answer, dtype=np.float64).tobytes()
    columns = [pa.array([_partition()], pa.int32()), pa.array([contents], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, ["partition", "answer"])
