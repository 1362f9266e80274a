"""Results to CSV and Parquet, a chunk of rows at a time."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import ParameterError
from bactrian.files.arrow import arrow
from bactrian.whole import whole_file

FORMATS = (".csv", ".parquet")

Chunk: TypeAlias = Mapping[str, NDArray[Any]]
"""Columns by name, (n,) each; every chunk of a table has the same columns."""


def write_columns(path: str | os.PathLike[str], chunks: Iterable[Chunk]) -> None:
    """Write a table to .csv or .parquet, whole or not at all.

    Raises
    ------
    ParameterError
        Another extension.
    """
    kind = Path(path).suffix.lower()
    if kind not in FORMATS:
        raise ParameterError(f"tables are written as {' or '.join(FORMATS)}, but got {os.fspath(path)!r}")
    with whole_file(path) as part:
        if kind == ".parquet":
            _write_parquet(part, chunks)
        else:
            with open(part, "wb") as stream:
                write_csv(stream, chunks)


def write_csv(stream: BinaryIO, chunks: Iterable[Chunk]) -> None:
    """Header and rows; numbers in the fewest digits that read back as the same bits."""
    for index, chunk in enumerate(chunks):
        if index == 0:
            stream.write(_header(chunk))
        stream.write(_body(chunk))


def _header(chunk: Chunk) -> bytes:
    # pyarrow would put every name in quotes
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(chunk)
    return text.getvalue().encode()


def _body(chunk: Chunk) -> Any:
    pa, module = arrow(), arrow("pyarrow.csv")
    stream = pa.BufferOutputStream()
    module.write_csv(_table(chunk), stream, module.WriteOptions(include_header=False))
    return stream.getvalue().to_pybytes()


def _table(chunk: Chunk) -> Any:
    """The columns as they lie; pyarrow's own conversion would import pandas first."""
    pa = arrow()
    return pa.Table.from_arrays([_column(values) for values in chunk.values()], names=list(chunk))


def _column(values: NDArray[Any]) -> Any:
    pa = arrow()
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values.data)])


def _write_parquet(path: Path, chunks: Iterable[Chunk]) -> None:
    parquet = arrow("pyarrow.parquet")
    writer = None
    try:
        for chunk in chunks:
            table = _table(chunk)
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
