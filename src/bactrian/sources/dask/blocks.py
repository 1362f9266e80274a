"""What is behind a Dask collection: one delayed block of rows for each partition, checked as far as can be unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.core import flatten, get_dependencies
from dask.delayed import Delayed

from bactrian.errors import DataError
from bactrian.rows import column_numbers, numbered
from bactrian.sources.partitioned import Part, Summary, summary_of
from bactrian.typing import FloatArray
from bactrian.weights import weight_array


@dataclass(frozen=True, eq=False)
class Shard:
    """A partition as it lies on a worker."""

    part: Part
    summary: Summary


@dataclass(frozen=True, eq=False)
class Blocks:
    """Delayed rows and weights (or None) of each partition, in order.

    ``made_of`` : the futures each is computed from: what of it lies on a cluster already.
    """

    rows: Sequence[Delayed]
    weights: Sequence[Delayed | None]
    made_of: list[list[Any]]
    n_features: int
    names: tuple[str, ...] | None
    single_precision: bool
    weighted: bool

    def __len__(self) -> int:
        return len(self.rows)

    def shard(self, partition: int) -> Delayed:
        """The delayed Shard."""
        dtype = "float32" if self.single_precision else "float64"
        read = partial(read_block, partition=partition, dtype=dtype, n_features=self.n_features)
        return dask.delayed(read, pure=False)(self.rows[partition], self.weights[partition])


def read_collection(collection: Any, sample_weight: Any, features: Sequence[str | int] | None) -> Blocks:
    """Check what the collection says of itself and cut it into blocks; nothing is computed."""
    if isinstance(collection, da.Array):
        table, names = as_matrix(collection if features is None else _columns(collection, features)), None
        rows, kinds = table.chunks[0], {"0": table.dtype}
    elif is_frame(collection):
        table, sample_weight, names = _chosen(collection, sample_weight, features)
        rows, kinds = None, dict(zip(map(str, table.columns), table.dtypes, strict=True))
    else:
        raise DataError(
            f"a Dask array, data frame or series can be fitted, but got a {type(collection).__name__}; "
            "turn it into one with to_dataframe() or dask.array.from_delayed()"
        )
    _check_kinds(kinds)
    single = all(dtype == np.float32 for dtype in kinds.values())
    blocks = list(np.ravel(table.to_delayed()))
    weights = [None] * len(blocks) if sample_weight is None else _weight_blocks(sample_weight, len(blocks), rows)
    return Blocks(blocks, weights, _futures_below(table), table.shape[1], names, single, sample_weight is not None)


def _columns(array: da.Array, features: Sequence[str | int]) -> da.Array:
    """Some columns by number."""
    numbers = column_numbers(features, array.shape[1] if array.ndim == 2 else 1)
    return array[:, numbers] if array.ndim == 2 else array


def is_frame(collection: Any) -> bool:
    """A Dask data frame or series; asked without importing dask.dataframe."""
    return type(collection).__module__.startswith("dask.dataframe") and hasattr(collection, "to_delayed")


def as_matrix(array: da.Array) -> da.Array:
    """(N, D) in blocks of whole rows."""
    if array.ndim not in (1, 2):
        raise DataError(f"the data should be a table of rows and features, but got {array.ndim} dimensions")
    if not isinstance(array._meta, np.ndarray):
        raise DataError(
            f"the blocks of the Dask array are {type(array._meta).__name__}s; turn them into NumPy arrays first"
        )
    matrix = array[:, None] if array.ndim == 1 else array
    return matrix.rechunk({1: -1}) if matrix.numblocks[1] > 1 else matrix


def read_block(block: Any, weight: Any, partition: int, dtype: str, n_features: int) -> Shard:
    """On the worker: the block as a kernel wants it.

    Raises
    ------
    DataError
        It is not as wide as the collection says, or has another number of weights than of rows.
    """
    values = _as_floats(block, dtype)
    if not len(values):
        values = values.reshape(0, n_features)
    if values.ndim != 2 or values.shape[1] != n_features:
        width = f"{values.shape[1]} columns" if values.ndim == 2 else f"{values.ndim} dimensions"
        raise DataError(
            f"partition {partition} has {width}, but the collection says that it has {n_features} columns; correct the "
            "chunks= or meta= it was made with, or the function that makes its blocks"
        )
    if weight is not None:
        weight = _as_floats(weight, "float64").ravel()
        if len(weight) != len(values):
            raise DataError(
                f"sample_weight should have one number for each row, but partition {partition} has {len(values)} rows "
                f"and {len(weight)} weights; cut both at the same rows"
            )
    return Shard(Part.of(values, weight), summary_of(values, weight))


def _as_floats(block: Any, dtype: str) -> FloatArray:
    if isinstance(block, np.ma.MaskedArray):
        block = np.ma.filled(block.astype(np.float64), np.nan)
    if hasattr(block, "to_numpy"):
        block = block.to_numpy(dtype=dtype, na_value=np.nan)
    values = np.ascontiguousarray(block, dtype=dtype)
    return values[:, None] if values.ndim == 1 else values


def _chosen(collection: Any, sample_weight: Any, features: Sequence[str | int] | None) -> tuple[Any, Any, Any]:
    """The columns to fit, the weights, and the names."""
    if collection.ndim == 1:
        collection = collection.to_frame()
    columns = list(collection.columns)
    wanted = columns if features is None else numbered(features, columns)
    weight_name = sample_weight if isinstance(sample_weight, str) else None
    for name in [*wanted, *([weight_name] if weight_name else [])]:
        if name not in columns:
            listed = f"{', '.join(map(repr, columns[:12]))}{' ...' if len(columns) > 12 else ''}"
            raise DataError(f"there is no column {name!r}; the data has {listed}")
    if weight_name:
        sample_weight = collection[weight_name]
        wanted = [name for name in wanted if name != weight_name]
    if not wanted:
        raise DataError("the data has no columns; give at least one numeric column")
    named = not all(isinstance(name, int) for name in wanted)
    return collection[wanted], sample_weight, tuple(map(str, wanted)) if named else None


def _check_kinds(kinds: dict[str, Any]) -> None:
    for name, dtype in kinds.items():
        if getattr(dtype, "kind", "O") not in "fiub" and getattr(dtype, "type", None) is not Decimal:
            raise DataError(
                f"column {name!r} is not numeric: it holds {dtype}; leave the column out or turn it into numbers "
                "with astype('float64')"
            )


def _weight_blocks(sample_weight: Any, n_partitions: int, rows: tuple[int, ...] | None) -> Sequence[Any]:
    """One block of weights for each partition."""
    if isinstance(sample_weight, da.Array) and sample_weight.ndim == 1:
        known = rows is not None and not np.isnan([*rows, *sample_weight.chunks[0]]).any()
        if known and sum(rows or ()) == len(sample_weight):
            sample_weight = sample_weight.rechunk((rows,))
        blocks = list(sample_weight.to_delayed().ravel())
    elif is_frame(sample_weight):
        blocks = list(sample_weight.to_delayed())
    elif np.ndim(sample_weight) == 1 and rows is not None and sum(rows) == len(sample_weight):
        cut = np.split(weight_array(sample_weight, sum(rows)), np.cumsum(rows)[:-1].astype(np.intp))
        blocks = [dask.delayed(block) for block in cut]
    else:
        raise DataError(
            "sample_weight should be the name of a column, or a Dask array or series cut like the data (a NumPy array "
            f"of N weights goes with a Dask array of known chunks only), but got a {type(sample_weight).__name__}"
        )
    if len(blocks) != n_partitions:
        raise DataError(
            f"sample_weight should be cut like the data, which has {n_partitions} partitions, but has {len(blocks)}"
        )
    return blocks


def _futures_below(collection: Any) -> list[list[Any]]:
    """The futures that each block is computed from."""
    graph, keys = dict(collection.__dask_graph__()), list(flatten(collection.__dask_keys__()))
    if not any(_is_future(value) for value in graph.values()):
        return [[] for _ in keys]
    return [_walk(graph, key) for key in keys]


def _walk(graph: dict[Any, Any], key: Any) -> list[Any]:
    found, seen, todo = [], {key}, [key]
    while todo:
        value = graph.get(todo.pop())
        if _is_future(value):
            found.append(value)
        elif value is not None:
            more = set(get_dependencies(graph, task=value)) - seen
            seen |= more
            todo += more
    return found


def _is_future(value: Any) -> bool:
    return hasattr(value, "client") and hasattr(value, "status")
