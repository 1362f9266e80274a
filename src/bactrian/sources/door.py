"""The door: whatever a user calls data -> a source.

Another kind of data is one function that opens it and one line of ``DOORS``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from bactrian.engines import home_of, unwrapped
from bactrian.errors import DataError, ParameterError
from bactrian.files.arrow import arrow
from bactrian.files.columns import Columns
from bactrian.files.dataset import Dataset, open_dataset
from bactrian.files.part import mapping_of
from bactrian.files.stream import batches_of, gather, used_up, write_stream
from bactrian.files.table import Table
from bactrian.files.table_file import TableFile
from bactrian.files.temporary import waiting, waiting_folder
from bactrian.rows import column_numbers, read_columns, read_rows
from bactrian.sources.array import ArraySource, read_weights
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.chunks import Store
from bactrian.sources.lazy import is_lazy, lazy_batches
from bactrian.sources.mapped import MappedStore
from bactrian.sources.source import Source
from bactrian.sources.sql import Query, is_duckdb
from bactrian.sources.survey import take_survey
from bactrian.typing import FloatArray

Opened: TypeAlias = tuple[Source, tuple[str, ...] | None]

# Bytes up to which a table is read at once.
IN_MEMORY = 32 << 20
# Rows of up to so many times that are read a few at a time, but kept: passes over them cost less than reading, and all
# that is there at a time stays below 256 MB.
KEPT = 2

SPOOLED = "the spooled rows"


@dataclass(frozen=True, eq=False)
class Wanted:
    """What of the data is meant.

    Attributes
    ----------
    features : columns by name or by number; None for all but the weight
    weight_column : str or None
    sample_weight : (N,) or None
    """

    features: tuple[str | int, ...] | None = None
    weight_column: str | None = None
    sample_weight: Any = None

    @property
    def names(self) -> tuple[str, ...] | None:
        return None if self.features is None else tuple(map(str, self.features))


def open_source(
    data: Any,
    sample_weight: Any = None,
    features: Sequence[str | int] | None = None,
    weight_column: str | None = None,
) -> Opened:
    """A source of rows, and the names of their features, or None.

    Parameters
    ----------
    data : any of
        Arrays, lists and frames in memory; memory-mapped arrays; paths to CSV, Parquet, Arrow and .npy files, to
        folders of them, or patterns such as ``"rows/*.parquet"``; ``bactrian.sources.sql(query, connection)``;
        relations of DuckDB; Polars' LazyFrame; Dask arrays and data frames; Spark data frames; frames of narwhals over
        any of these; Arrow record-batch readers and all else with ``__arrow_c_stream__``.
        float32 stays float32 where all features are; every other number (integers, booleans, decimals, float16)
        becomes float64, also where a column holds them as categories, as objects or sparse.
    sample_weight : (N,) array or str, optional
        One for each row; a str is the name of a column.
    features : sequence of str or int, optional
        The columns to use, by name or, where none has that name, by number from 0. Default: all but the weight.
    weight_column : str, optional
        The same as a ``sample_weight`` that is a str.

    Raises
    ------
    DataError
        Anything about the data that cannot be used, in one sentence that says where.
    ParameterError
        Weights are given twice, or no features.
    """
    if isinstance(sample_weight, str):
        sample_weight, weight_column = None, sample_weight
    if sample_weight is not None and weight_column is not None:
        raise ParameterError("the weights are given twice, by sample_weight and by weight_column; give one of them")
    data = unwrapped(data)
    wanted = Wanted(read_features(features), weight_column, sample_weight)
    return next(opened for recognises, opened in DOORS if recognises(data))(data, wanted)


def read_features(features: Any) -> tuple[str | int, ...] | None:
    """What users pass as ``features``: names or numbers of columns, one name, or None.

    Raises
    ------
    ParameterError
        None of these, or no column at all.
    """
    if features is None or isinstance(features, str):
        return None if features is None else (features,)
    if not isinstance(features, Iterable):
        raise ParameterError(f"features should be a list of names or numbers of columns, but got {features!r}")
    listed = tuple(features)
    if not listed:
        raise ParameterError("features should name at least one column, but got none")
    mask = next((f for f in listed if isinstance(f, (bool, np.bool_))), None)
    if mask is not None:
        raise ParameterError(
            f"features should be names or numbers of columns, but hold {mask!r}; where they are a mask, give "
            "numpy.flatnonzero(mask)"
        )
    return listed


def open_memory(data: Any, wanted: Wanted) -> Opened:
    """Arrays, lists and frames."""
    if wanted.features is None and wanted.weight_column is None:
        rows, weight = read_rows(data), wanted.sample_weight
    else:
        rows, weight = read_columns(data, wanted.features, wanted.weight_column)
        weight = wanted.sample_weight if weight is None else weight
    return ArraySource(in_memory(rows.values), weight), rows.names


def open_elsewhere(data: Any, wanted: Wanted) -> Opened:
    """A collection of Dask or Spark: its rows stay where they are."""
    weight = wanted.sample_weight if wanted.weight_column is None else wanted.weight_column
    source = home_of(data).source_of(data, weight, wanted.features)
    return source, source.names


def open_mapped(data: Any, wanted: Wanted) -> Opened:
    """A large array in a mapped file, which is never loaded whole."""
    if wanted.weight_column is not None:
        raise DataError(f"an array has no column {wanted.weight_column!r}; give the weights as an array")
    if wanted.features is not None:
        data = data[:, column_numbers(wanted.features, data.shape[1])] if data.ndim == 2 else data
    name = getattr(data, "filename", None) or "the mapped array"
    source, _ = open_store(MappedStore(data, os.fspath(name)), wanted)
    return source, None


def open_path(data: str | os.PathLike[str], wanted: Wanted) -> Opened:
    """Files."""
    return open_table(open_dataset(data, wanted.names, wanted.weight_column, most_bytes=IN_MEMORY), wanted)


def open_table(data: Table | Dataset, wanted: Wanted) -> Opened:
    """A file or files that were opened already, whose columns are chosen."""
    if isinstance(data, Dataset):
        return open_store(data, wanted)
    weight = wanted.sample_weight if data.weight is None else data.weight
    return ArraySource(in_memory(data.rows().values), weight), data.names


def in_memory(values: FloatArray) -> FloatArray:
    """The same rows, which are few, wherever their file goes."""
    return values if mapping_of(values) is None else np.array(values, order="K", subok=False)


def open_store(store: Store, wanted: Wanted) -> Opened:
    """Rows that can be read again and again, or into memory if they are few."""
    given = None
    if wanted.sample_weight is not None:
        given = read_weights(wanted.sample_weight, np.size(wanted.sample_weight))
    survey = take_survey(store, given, KEPT * IN_MEMORY)
    if survey.whole is not None:
        return ArraySource(*survey.whole), store.names
    return ChunkedSource(store, given, survey), store.names


def open_query(data: Query, wanted: Wanted) -> Opened:
    """The rows of a query, which is run once."""
    return _open_batches(data.batches(), wanted, data.folder)


def open_relation(data: Any, wanted: Wanted) -> Opened:
    """A relation of DuckDB, which is run once."""
    if not hasattr(data, "__arrow_c_stream__"):
        raise DataError(f"a {type(data).__name__} holds no rows by itself; give bt.sources.sql(query, connection)")
    return _open_batches(batches_of(data), wanted, None)


def open_lazy(data: Any, wanted: Wanted) -> Opened:
    """A LazyFrame of Polars, which is collected once, a batch at a time."""
    return _open_batches(lazy_batches(data), wanted, None)


def open_stream(data: Any, wanted: Wanted) -> Opened:
    """A stream that can be read only once: into memory, if it is short."""
    first, rest = gather(batches_of(data), IN_MEMORY)
    if rest is not None:
        raise DataError(
            f"the {type(data).__name__} can be read only once and holds more than {IN_MEMORY >> 20} MB, but a fit "
            "reads its rows many times; make it again and write it to a file first, as in "
            'bt.fit(bt.sources.spool(reader, "rows.arrow"))'
        )
    if not any(batch.num_rows for batch in first):
        raise used_up(data)
    return _open_first(first, wanted)


def _open_batches(batches: Iterator[Any], wanted: Wanted, folder: str | None) -> Opened:
    first, rest = gather(batches, IN_MEMORY)
    if rest is None:
        return _open_first(first, wanted)
    return open_store(Spooled(_chained(first, rest), wanted.names, wanted.weight_column, folder), wanted)


def _chained(first: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    while first:
        yield first.pop(0)  # and is no longer held
    yield from rest


def _open_first(batches: list[Any], wanted: Wanted) -> Opened:
    if not batches:
        raise DataError("the data has no rows; at least one is needed")
    return open_memory(arrow().Table.from_batches(batches), wanted)


class Spooled(Dataset):
    """Rows that wait in a temporary file in a folder, which goes when this goes."""

    def __init__(
        self,
        batches: Iterator[Any],
        columns: Columns = None,
        weight: str | None = None,
        folder: str | None = None,
    ) -> None:
        own = tempfile.mkdtemp(prefix="bactrian-", dir=waiting_folder(folder))
        go = weakref.finalize(self, shutil.rmtree, own, ignore_errors=True)
        try:
            super().__init__([_put_aside(os.path.join(own, "rows.arrow"), batches, folder)], columns, weight)
        except BaseException:
            go()  # now, and not when nobody remembers the error any more
            raise
        self.name = SPOOLED

    def _open(self, path: str) -> TableFile | None:
        file = super()._open(path)
        if file is not None:
            file.name = SPOOLED  # the user has never heard of the file
        return file


def _put_aside(path: str, batches: Iterator[Any], folder: str | None) -> str:
    with waiting(SPOOLED, folder):
        try:
            write_stream(path, batches)
        except OSError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            raise error.__cause__ from None  # without a name of a file that the user has never heard of
    return path


def is_large_and_mapped(data: Any) -> bool:
    return isinstance(data, np.ndarray) and data.nbytes > IN_MEMORY and mapping_of(data) is not None


def is_path(data: Any) -> bool:
    return isinstance(data, (str, os.PathLike))


def is_stream(data: Any) -> bool:
    """An Arrow stream that is no frame in memory."""
    if not hasattr(data, "__arrow_c_stream__"):
        return False
    import narwhals.stable.v1 as nw

    try:
        return nw.from_native(data, eager_only=True, allow_series=True, pass_through=True) is data
    except nw.exceptions.NarwhalsError:
        return False  # a frame, but one that cannot be read: said later


DOORS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Wanted], Opened]], ...] = (
    (lambda data: home_of(data) is not None, open_elsewhere),
    (is_large_and_mapped, open_mapped),
    (is_path, open_path),
    (lambda data: isinstance(data, (Table, Dataset)), open_table),
    (lambda data: isinstance(data, Query), open_query),
    (is_duckdb, open_relation),
    (is_lazy, open_lazy),
    (is_stream, open_stream),
    (lambda data: True, open_memory),
)
"""What data is -> who opens it; the first that fits."""

__all__ = ["DOORS", "IN_MEMORY", "Opened", "Spooled", "Wanted", "open_source"]
