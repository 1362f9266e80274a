"""Numbers in columns and arrays, whatever holds them, by one rule: float32 stays float32, all else becomes float64."""

from __future__ import annotations

import sys
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.missing import MISSING, is_missing
from bactrian.typing import FloatArray


def numeric_column(series: Any, name: str) -> FloatArray:
    dtype = series.dtype
    if not (dtype.is_numeric() or str(dtype) == "Boolean"):
        return _held_numbers(series, name)
    if series.null_count():
        row = int(np.flatnonzero(series.is_null().to_numpy())[0])
        raise DataError(_missing(name, row, series.null_count(), len(series)))
    return to_float(series.to_numpy())


def _held_numbers(series: Any, name: str) -> FloatArray:
    """Numbers in a column of categories (Arrow's dictionaries), of objects or sparse ones, by the same rule."""
    native = series.to_native()
    if str(series.dtype) == "Categorical" and hasattr(native, "combine_chunks"):  # pyarrow's
        native = native.cast(native.type.value_type)
    found = np.asarray(native)
    if found.dtype.kind in "fiub" and len(found):
        return to_float(found)  # NaN is found later
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


def to_float(data: Any) -> FloatArray:
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
