"""What runs in the Python workers of the executors: one answer for each partition."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.types import BinaryType, IntegerType, LongType, StringType, StructField, StructType

from bactrian.sources.partitioned import Part, Work
from bactrian.sources.spark.held import Layout, read_rows, remove_rows, write_rows

# where the rows of a partition are, and the packed Summary of them
PLACES = StructType(
    [
        StructField("partition", IntegerType()),
        StructField("path", StringType()),
        StructField("rows", LongType()),
        StructField("summary", BinaryType()),
    ]
)
# what a work says of the rows; null where they are not
ANSWERS = StructType([StructField("partition", IntegerType()), StructField("answer", BinaryType())])


def hold(layout: Layout, key: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows to a file, with the key in its name; the place of it."""
    _settle()
    context = TaskContext.get()
    assert context is not None
    partition = int(context.partitionId())
    path, summary = write_rows(layout, key, partition, batches)
    columns = [[partition], [path], [summary.n_rows], [summary.pack().tobytes()]]
    kinds = [pa.int32(), pa.string(), pa.int64(), pa.binary()]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    yield pa.RecordBatch.from_arrays(arrays, PLACES.names)


def answer(
    work: Work, partitions: frozenset[int], threads: int, layout: Layout, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """What the work says of some partitions, of which there is one for each row of places."""
    _settle()
    for partition, path, n_rows in _places(batches):
        if partition not in partitions:
            continue
        blocks = read_rows(layout, path, n_rows)
        if blocks is None:
            yield _answer(partition, None)
        else:
            run = work.only([partition]).start(threads)
            yield _answer(partition, run(partition, (Part.of(values, weights) for values, weights in blocks)))


def let_go(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Remove the files; no row."""
    for _, path, _ in _places(batches):
        remove_rows(path)
    yield from ()


def _places(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, str, int]]:
    for batch in batches:
        yield from zip(*(batch.column(j).to_pylist() for j in range(3)), strict=True)


def _settle() -> None:
    """Spark looks for garbage after each task, some 0.1 s long: what was imported by now is no garbage."""
    if gc.get_freeze_count() == 0:
        gc.freeze()


def _answer(partition: int, answer: Any) -> pa.RecordBatch:
    contents = None if answer is None else np.ascontiguousarray(answer, dtype=np.float64).tobytes()
    columns = [pa.array([partition], pa.int32()), pa.array([contents], pa.binary())]
    return pa.RecordBatch.from_arrays(columns, ANSWERS.names)
