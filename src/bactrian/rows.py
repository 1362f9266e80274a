"""The public door for data: whatever a user calls data -> a matrix of floats and the names of its features.

Everything behind this door trusts what it gets: an (N, D) array of float32 or float64 without NaN or infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.column_values import numeric_column, to_float
from bactrian.engines import check_in_memory
from bactrian.errors import DataError
from bactrian.features import check_width
from bactrian.missing import MISSING, is_missing
from bactrian.typing import FloatArray


@dataclass(frozen=True)
class Rows:
    """``values`` : (N, D) float32 or float64 array. ``names`` : the D feature names, or None."""

    values: FloatArray
    names: tuple[str, ...] | None


def read_rows(data: Any, names: tuple[str, ...] | None = None, n_features: int | None = None) -> Rows:
    """Read data given at fit time, or (with ``n_features``) rows for a mixture that exists.

    Parameters
    ----------
    data : array-like or frame
        (N, D), or (N,) for one feature; NumPy arrays, lists, and any frame or series narwhals knows (pandas,
        Polars, PyArrow ...). float32 stays float32; every other number becomes float64, also where a column holds
        numbers as categories (Arrow's dictionaries), as objects (decimals) or sparse.
    names : tuple of str, optional
        The features the mixture knows. A frame's columns are chosen by these names.
    n_features : int, optional
        How many features the rows must have. A vector is then one row, or N rows of one feature.

    Raises
    ------
    DataError
        Not in memory, not numbers, NaN or infinite (says where), no rows, or not the mixture's features.
    """
    check_in_memory(data)
    if _is_frame(data):
        values, found = _read_frame(data, names if n_features is not None else None)
    else:
        values, found = to_float(data), None
    values = _as_matrix(values, n_features)
    if n_features is not None:
        check_width(values.shape[1], n_features, names)
    check_finite(values, found or names)
    return Rows(values, found)


def read_columns(
    data: Any, features: tuple[str | int, ...] | None, weight: str | None
) -> tuple[Rows, FloatArray | None]:
    """Some columns of a frame by name or number, or of an array by number; and one as weights.

    Parameters
    ----------
    features : names or numbers, or None for all but the weight
    weight : name or None
    """
    if not _is_frame(data):
        if weight is not None:
            raise DataError(f"the data has no column {weight!r}, since it has no names; give the weights as an array")
        values = read_rows(data).values
        return Rows(np.ascontiguousarray(values[:, column_numbers(features or (), values.shape[1])]), None), None
    frame = _as_frame(data)
    if frame is None:
        raise DataError(f"a {type(data).__name__} has no columns to choose from; give a frame")
    columns = frame.columns if features is None else numbered(features, frame.columns)
    for name in [*columns, *([] if weight is None else [weight])]:
        if name not in frame.columns:
            raise DataError(f"there is no column {name!r} in the data; it has {_listed(frame.columns)}")
    if features is not None and weight in features:
        raise DataError(f"column {weight!r} cannot be both a feature and the weight; choose one of the two")
    chosen = [name for name in columns if name != weight]
    if not chosen:
        raise DataError("the data has no column but the weight; a feature is needed too")
    weights = None if weight is None else numeric_column(frame[weight], str(weight))
    places = [list[Any](frame.columns).index(name) for name in chosen]  # pandas has names that are no text
    return read_rows(frame[:, places].to_native()), weights


def frame_column(data: Any, name: str) -> tuple[list[Any], list[Any]]:
    """The cells of one column of a frame in memory, and the names of all its columns.

    Raises
    ------
    DataError
        The data is no such frame, or has no such column.
    """
    if not isinstance(data, (np.ndarray, list, tuple)):
        frame = _as_frame(data)
        if frame is not None:
            if name not in frame.columns:
                raise DataError(f"there is no column {name!r} in the data; it has {_listed(frame.columns)}")
            return frame[name].to_list(), frame.columns
    raise DataError(
        f"labels is the name {name!r}, but a {type(data).__name__} has no column of that name to look at; give one "
        "label for each row, or a frame, a path or bt.sources.sql(query, connection)"
    )


def _listed(names: list[Any]) -> str:
    return ", ".join(map(repr, names[:12])) + (" ..." if len(names) > 12 else "")


def column_numbers(features: Sequence[str | int], d: int) -> list[int]:
    """Columns of an array of d, each counted from 0.

    Raises
    ------
    DataError
        There is no such column, or one stands twice.
    """
    for feature in features:
        if not isinstance(feature, (int, np.integer)) or not 0 <= feature < d:
            raise DataError(f"the data has no column {feature!r}; its columns are the numbers from 0 to {d - 1}")
    return _once_each([int(feature) for feature in features])


def check_finite(values: FloatArray, names: tuple[str, ...] | None) -> None:
    """Raise at the first NaN or infinity, naming its row and column."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(values, dtype=np.float64)):  # one cheap pass; a sum can only hide them by overflow
            return
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    row, column = (int(i) for i in np.argwhere(bad)[0])
    what = MISSING if np.isnan(values[row, column]) else "infinity"
    raise DataError(
        f"column {_column(names, column)}, row {row} is {what}, and {int(bad.any(axis=1).sum())} of "
        f"{len(values)} rows have such a value; drop or fill those rows first"
    )


def _is_frame(data: Any) -> bool:
    if isinstance(data, (np.ndarray, list, tuple, int, float)) or np.isscalar(data):
        return False
    if hasattr(type(data), "collect"):
        raise DataError(f"the data is a {type(data).__name__}, a query that has not been run; call .collect() first")
    return any(hasattr(data, name) for name in ("columns", "column_names", "to_frame"))


def _as_frame(data: Any) -> Any:
    """A frame as narwhals has it; None for all else."""
    import narwhals.stable.v1 as nw

    try:
        frame = nw.from_native(data, eager_only=True, pass_through=True)
    except nw.exceptions.NarwhalsError as error:
        raise _unreadable(data, error) from error
    return frame if isinstance(frame, nw.DataFrame) else None


def _read_frame(data: Any, wanted: tuple[str, ...] | None) -> tuple[FloatArray, tuple[str, ...] | None]:
    import narwhals.stable.v1 as nw

    try:
        frame = nw.from_native(data, eager_only=True, allow_series=True)
    except TypeError as error:
        raise DataError(f"the data should be an array or a frame, but got a {type(data).__name__}") from error
    except nw.exceptions.NarwhalsError as error:
        raise _unreadable(data, error) from error
    if isinstance(frame, nw.Series):
        named = not is_missing(frame.name) and frame.name != ""
        name = str(frame.name) if named else "0"
        return numeric_column(frame, name)[:, None], (name,) if named else None
    if frame.columns and all(isinstance(name, int) for name in frame.columns):
        wanted = None  # counted, not named
        unnamed = True
    else:
        unnamed = False
    columns = [_name(name) for name in frame.columns]
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise DataError(f"the data has {columns.count(twice)} columns named {twice!r}; rename all but one")
    originals = dict(zip(columns, frame.iter_columns(), strict=True))
    if wanted is not None:
        missing = [name for name in wanted if name not in originals]
        if missing:
            raise DataError(
                f"the mixture needs column {missing[0]!r}, but the data has only "
                f"{', '.join(map(repr, columns[:12]))}{' ...' if len(columns) > 12 else ''}"
            )
        columns = list(wanted)
    if not columns:
        raise DataError("the data has no columns; give at least one numeric column")
    arrays = [numeric_column(originals[name], name) for name in columns]
    narrow = all(a.dtype == np.float32 for a in arrays)
    values = np.stack([a.astype(np.float32 if narrow else np.float64) for a in arrays], axis=1)
    return values, None if unnamed else tuple(columns)


def numbered(features: Sequence[str | int], columns: Sequence[Any]) -> list[Any]:
    """The names of features, some of which may be given by number where no column is called that.

    Raises
    ------
    DataError
        One of them stands twice.
    """

    def named(feature: Any) -> Any:
        is_number = isinstance(feature, int) and feature not in columns and 0 <= feature < len(columns)
        return columns[feature] if is_number else feature

    return _once_each([named(feature) for feature in features])


def _once_each(columns: list[Any]) -> list[Any]:
    if len(set(columns)) < len(columns):
        raise DataError(f"columns should be named once each, but got {', '.join(map(str, columns))}")
    return columns


def _unreadable(data: Any, error: Exception) -> DataError:
    """What keeps a frame from being read: names that stand twice, as a rule."""
    names = list(data.column_names if hasattr(data, "column_names") else getattr(data, "columns", ()))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return DataError(f"the data has {names.count(twice)} columns named {twice!r}; rename all but one")
    return DataError(f"the data is a frame that cannot be read: {' '.join(str(error).split())}")


def _name(name: Any) -> str:
    """A column's name as text; pandas holds None among other names as NaN."""
    return "None" if is_missing(name) else str(name)


def _as_matrix(values: FloatArray, n_features: int | None) -> FloatArray:
    if values.ndim > 2:
        raise DataError(f"the data should be a table of rows and features, but got {values.ndim} dimensions")
    if values.ndim < 2:
        one_row = n_features is not None and n_features > 1
        values = values.reshape(1, -1) if one_row else values.reshape(-1, 1)
    if values.shape[0] == 0 and n_features is None:
        raise DataError("the data has no rows; at least one is needed")
    if values.shape[1] == 0:
        raise DataError(f"0 feature(s) (shape={values.shape}) while a minimum of 1 is required.")
    return values


def _column(names: tuple[str, ...] | None, index: int) -> str:
    return repr(names[index]) if names is not None else str(index)
