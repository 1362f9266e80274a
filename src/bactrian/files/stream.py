"""Arrow streams, which can be read only once: kept where they are short, written to a file where they are not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.whole import whole_file


def batches_of(data: Any) -> Iterator[Any]:
    """The record batches of anything with ``__arrow_c_stream__``.

    Raises
    ------
    DataError
        It can be read no more, or fails on the way.
    """
    pa = arrow()
    kind = type(data).__name__
    try:
        # by way of C, a batch with other columns than the reader says would be taken for one with these
        reader = data if isinstance(data, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(data)
        for batch in reader:
            _check_alike(reader, batch)
            yield batch
    except (DataError, MemoryError):
        raise
    except Exception as error:  # of whatever library made the stream
        raise DataError(
            f"the {kind} could not be read to its end ({first_line(error)}); if it was read before, make it again"
        ) from error


def used_up(data: Any) -> DataError:
    """What to say of a stream that gives nothing."""
    return DataError(
        f"the {type(data).__name__} has no rows; a stream can be read only once, and it was probably read before: make "
        "it again, and to read it more than once write it to a file first, as in bt.fit(bt.sources.spool(reader, "
        '"rows.arrow"))'
    )


def gather(batches: Iterator[Any], most_bytes: int) -> tuple[list[Any], Iterator[Any] | None]:
    """The first batches, and the rest, or None if these are all."""
    first: list[Any] = []
    size = 0
    for batch in batches:
        _check_alike(first[0] if first else batch, batch)
        first.append(batch)
        size += batch.nbytes
        if size > most_bytes:
            return first, batches
    return first, None


def write_stream(path: str | os.PathLike[str], batches: Iterable[Any]) -> int:
    """Write record batches to an Arrow file, whole or not at all; the number of rows.

    Raises
    ------
    OSError
        The file cannot be written, as where the disk is full.
    DataError
        No batches, or one with another schema.
    """
    ipc = arrow("pyarrow.ipc")
    batches = iter(batches)
    head = next(batches, None)
    if head is None:
        raise DataError("the stream holds no batch of rows; at least one is needed")
    n_rows = 0
    with whole_file(path) as part, open(part, "wb") as file, ipc.new_file(file, head.schema) as writer:
        for batch in chain([head], batches):
            _check_alike(head, batch)
            writer.write_batch(batch)
            n_rows += batch.num_rows
    return n_rows


def first_line(error: BaseException) -> str:
    """What an error of another library says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _check_alike(first: Any, batch: Any) -> None:
    if batch.schema != first.schema:
        raise DataError(
            f"a batch has the columns {_described(batch.schema)}, but those before it, or the stream as it says, have "
            f"{_described(first.schema)}; give batches of one schema"
        )


def _described(schema: Any) -> str:
    fields = [f"{field.name} ({field.type})" for field in schema]
    return ", ".join(fields[:12]) + (" ..." if len(fields) > 12 else "")
