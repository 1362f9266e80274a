"""spool: rows that are slow to read, or can be read only once, to a file that can be read again and again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from bactrian.files.arrow import arrow
from bactrian.files.dataset import Dataset, find_files
from bactrian.files.floats import plain
from bactrian.files.stream import batches_of, used_up, write_stream
from bactrian.whole import check_output


def spool(rows: Any, path: str | os.PathLike[str]) -> str:
    """Write rows to an Arrow file, which can be read as often as a fit needs, and is read quickly.

    Parameters
    ----------
    rows : pyarrow.RecordBatchReader, anything with ``__arrow_c_stream__``, or a path as ``bactrian.fit`` takes it
        A stream can be read only once, and a CSV text has to be parsed again for each pass.
    path : path
        Of the file, as ``rows.arrow``; written whole or not at all.

    Returns
    -------
    str
        The path, for ``bactrian.fit``.

    Raises
    ------
    DataError
        The stream was read before, fails, or changes its columns.
    OSError
        The file cannot be written, as where the disk is full; the rows that were read are then lost to the stream.
    """
    check_output(path)  # before the stream is spent
    write_stream(path, _file_batches(rows) if isinstance(rows, (str, os.PathLike)) else _stream_batches(rows))
    return os.fspath(path)


def _stream_batches(rows: Any) -> Iterator[Any]:
    batches = batches_of(rows)
    first = next(batches, None)
    if first is None:
        raise used_up(rows)
    yield first
    yield from batches


def _file_batches(path: str | os.PathLike[str]) -> Iterator[Any]:
    dataset = Dataset(find_files(path))
    for part in dataset.parts():
        columns = part.columns.T if isinstance(part.columns, np.ndarray) else map(plain, part.columns)
        yield arrow().record_batch([arrow().array(column) for column in columns], names=list(dataset.names))
