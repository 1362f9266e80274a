"""What runs in the Python workers of the executors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import TaskContext

from bactrian.sources.partitioned import Part, Summary, Work, summary_of
from bactrian.typing import FloatArray

# Rows given to a kernel at a time, however Spark cuts its batches: the bits depend on the partition only.
BLOCK = 1 << 16

SCHEMA = "partition int, answer binary"


def summary(d: int, single: bool, weighted: bool, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row: the partition's Summary."""
    found = Summary.of_nothing(d)
    for values, weight in blocks(batches, d, single, weighted):
        found = found + summary_of(values, weight)
    yield _row(_partition(), found.pack())


def answer(
    work: Work, threads: int, d: int, single: bool, weighted: bool, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """One row: what the work says of the partition."""
    run: Callable[..., FloatArray] = work.start(threads)
    parts = (Part.of(values, weight) for values, weight in blocks(batches, d, single, weighted))
    yield _row(_partition(), run(_partition(), parts))


def answer_some(
    work: Work, partitions: frozenset[int], threads: int, d: int, single: bool, weighted: bool,
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """The same for some partitions; the others say nothing."""
    if _partition() in partitions:
        yield from answer(work.only([_partition()]), threads, d, single, weighted, batches)
    else:
        for _ in batches:  # Spark goes on writing until all is read
            pass


def blocks(
    batches: Iterable[pa.RecordBatch], d: int, single: bool, weighted: bool
) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    """(BLOCK, D) values and their weights, the last block shorter; nulls become NaN."""
    dtype = np.float32 if single else np.float64
    values, weight, filled = np.empty((BLOCK, d), dtype), np.empty(BLOCK) if weighted else None, 0
    for batch in batches:
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        row = 0
        while row < batch.num_rows:
            n = min(BLOCK - filled, batch.num_rows - row)
            for j in range(d):
                values[filled : filled + n, j] = columns[j][row : row + n]
            if weight is not None:
                weight[filled : filled + n] = columns[d][row : row + n]
            filled, row = filled + n, row + n
            if filled == BLOCK:
                yield values, weight
                filled = 0
    if filled:
        yield values[:filled], None if weight is None else weight[:filled]


def _partition() -> int:
    context = TaskContext.get()
    assert context is not None
    return int(context.partitionId())


def _row(partition: int, answer: Any) -> pa.RecordBatch:
    contents = np.ascontiguousarray(answer, dtype=np.float64).tobytes()
    columns = [pa.array([partition], pa.int32()), pa.array([contents], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, ["partition", "answer"])
