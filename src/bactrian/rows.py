"""The public door for data: whatever a user calls data -> a matrix of floats and the names of its features.

Everything behind this door trusts what it gets: an (N, D) array of float32 or float64 without NaN or infinity.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from bactrian.engines import check_in_memory
from bactrian.errors import DataError
from bactrian.missing import is_missing, without_mask
from bactrian.typing import FloatArray

MISSING = "missing (NaN or null)"  # what messages call a number that is not there, wherever rows live


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
        values, found = _to_float(data), None
    values = _as_matrix(values, n_features)
    if n_features is not None and values.shape[1] != n_features:
        raise DataError(
            f"the mixture has {n_features} features{_named(names)}, but the rows have {values.shape[1]}; "
            "give the same features it was made with"
        )
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
    weights = None if weight is None else _numeric_column(frame[weight], str(weight))
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
        There is no such column.
    """
    for feature in features:
        if not isinstance(feature, (int, np.integer)) or not 0 <= feature < d:
            raise DataError(f"the data has no column {feature!r}; its columns are the numbers from 0 to {d - 1}")
    return [int(feature) for feature in features]


# Total weight whose products with squares of the data still fit into float64.
MOST_WEIGHT = 1e290


def read_weights(sample_weight: Any, n_rows: int, *, all_may_be_0: bool = False) -> FloatArray:
    """(N,) float64 row weights.

    Raises
    ------
    DataError
        Not N numbers, negative, missing or infinite, too large, or all zero unless that is allowed.
    """
    weight = weight_array(sample_weight, n_rows)
    if weight.ndim == 0:
        weight = np.full(n_rows, float(weight))
    if weight.shape != (n_rows,):
        raise DataError(f"sample_weight should have one number for each of {n_rows} rows, but has shape {weight.shape}")
    if not np.isfinite(weight).all():
        row = int(np.argmin(np.isfinite(weight)))
        what = MISSING if np.isnan(weight[row]) else "infinite"
        raise DataError(f"sample_weight should be finite, but row {row} is {what}; give a row that shall not count 0")
    if (weight < 0).any():
        row = int(np.argmin(weight))
        raise DataError(f"sample_weight should not be negative, but row {row} has {weight[row]:g}")
    if not weight.any() and not all_may_be_0:
        raise DataError("sample_weight is zero for every row, so there is nothing to fit; give some rows weight")
    with np.errstate(over="ignore"):
        check_total(float(weight.sum()))
    return weight


def check_total(weight: float) -> None:
    """Raise if the weights of all rows add up to more than can be worked with."""
    if weight > MOST_WEIGHT:
        raise DataError(
            f"sample_weight should add up to at most {MOST_WEIGHT:g}, but adds up to "
            f"{'more than float64 can hold' if weight == np.inf else f'{weight:g}'}; divide all weights by the largest"
        )


def weight_array(sample_weight: Any, n_rows: int) -> FloatArray:
    """Weights as they were given, in float64; NaN where one is missing.

    Raises
    ------
    DataError
        Not real numbers.
    """
    try:
        weight = np.asarray(without_mask(sample_weight))
        if weight.dtype.kind in "cmM":
            raise TypeError(f"got {weight.dtype} values")
        if weight.dtype.kind == "O":
            cells = [np.nan if is_missing(cell) else cell for cell in weight.ravel()]
            return np.array(cells, dtype=np.float64).reshape(weight.shape)
        return weight.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight should be {n_rows} numbers, but {error}") from error


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
        return _numeric_column(frame, name)[:, None], (name,) if named else None
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
    arrays = [_numeric_column(originals[name], name) for name in columns]
    narrow = all(a.dtype == np.float32 for a in arrays)
    values = np.stack([a.astype(np.float32 if narrow else np.float64) for a in arrays], axis=1)
    return values, None if unnamed else tuple(columns)


def numbered(features: Sequence[str | int], columns: Sequence[Any]) -> list[Any]:
    """The names of features, some of which may be given by number where no column is called that."""

    def named(feature: Any) -> Any:
        is_number = isinstance(feature, int) and feature not in columns and 0 <= feature < len(columns)
        return columns[feature] if is_number else feature

    return [named(feature) for feature in features]


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


def _numeric_column(series: Any, name: str) -> FloatArray:
    dtype = series.dtype
    if not (dtype.is_numeric() or str(dtype) == "Boolean"):
        return _held_numbers(series, name)
    if series.null_count():
        row = int(np.flatnonzero(series.is_null().to_numpy())[0])
        raise DataError(_missing(name, row, series.null_count(), len(series)))
    return _to_float(series.to_numpy())


def _held_numbers(series: Any, name: str) -> FloatArray:
    """Numbers in a column of categories (Arrow's dictionaries), of objects or sparse ones, by the same rule."""
    native = series.to_native()
    if str(series.dtype) == "Categorical" and hasattr(native, "combine_chunks"):  # pyarrow's
        native = native.cast(native.type.value_type)
    found = np.asarray(native)
    if found.dtype.kind in "fiub" and len(found):
        return _to_float(found)  # NaN is found later
    values = found.tolist() if found.dtype == object else series.to_list()
    absent = np.array([_is_absent(value) for value in values], dtype=bool)
    wrong = [i for i, value in enumerate(values) if not absent[i] and _not_real(value)]
    if wrong or (values and absent.all()):
        row = next((i for i in wrong if _not_number(values[i])), (wrong or [0])[0])  # 'high' rather than '1'
        raise DataError(
            f"column {name!r} is not numeric: row {row} is {_short(values[row])}; leave the column out or turn it into "
            "numbers"
        )
    if absent.any():
        raise DataError(_missing(name, int(np.argmax(absent)), int(absent.sum()), len(values)))
    return np.array([float(value) for value in values])


def _missing(name: str, row: int, n_missing: int, n_rows: int) -> str:
    return (
        f"column {name!r}, row {row} is {MISSING}, and {n_missing} of {n_rows} rows have such a value; drop or fill "
        "those rows first"
    )


def _is_absent(value: Any) -> bool:
    """None, NaN, or what pandas has for them."""
    return is_missing(value) or (_is_real(value) and value != value)


def _is_real(value: Any) -> bool:
    return isinstance(value, (Real, Decimal, np.bool_))


def _not_real(value: Any) -> bool:
    """Not a number as files may hold it: a text of digits is a code and no quantity."""
    return not _is_real(value) or _not_number(value)


def _short(value: Any) -> str:
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _not_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return True
    return False


def _to_float(data: Any) -> FloatArray:
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise DataError("the data is a sparse matrix; mixtures need dense rows, so call .toarray() first")
    if _is_masked(data):
        data = np.ma.filled(data.astype(np.float64), np.nan)
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise DataError(f"the data should be a table of numbers, but {error}") from error
    if array.dtype.kind in "mM" or (array.ndim == 0 and array.dtype.kind in "OUSV"):
        what = f"{array.dtype} values" if array.dtype.kind in "mM" else f"a {type(data).__name__}"
        raise DataError(f"the data should be a table of numbers, but got {what}")
    if array.dtype in (np.float32, np.float64):
        return array
    if array.dtype.kind == "c":
        raise DataError(
            "Complex data not supported: the data should be real numbers; fit real and imaginary parts as two features"
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(_first_not_number(array)) from error


def _is_masked(data: Any) -> bool:
    """Without importing numpy.ma, which whoever made a masked array has done."""
    return "numpy.ma" in sys.modules and isinstance(data, np.ma.MaskedArray)


def _first_not_number(array: Any) -> str:
    for index, value in np.ndenumerate(array):
        if _not_number(value):
            column = index[1] if len(index) > 1 else 0
            plain = value.item() if isinstance(value, np.generic) else value
            return (
                f"column {column}, row {index[0]} is {plain!r}, which is not a number; leave the column out or "
                "turn it into numbers"
            )
    return "the data should be a table of real numbers"


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


def _named(names: tuple[str, ...] | None) -> str:
    return f" ({', '.join(names)})" if names and len(names) <= 12 else ""
