"""Arrow columns of numbers as floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.files.arrow import arrow
from bactrian.typing import FloatArray


def floats(column: Any) -> FloatArray:
    """(n,) float32 or float64 from an Arrow column of numbers; NaN for null."""
    column = to_float(plain(column))
    if column.null_count:
        column = arrow("pyarrow.compute").fill_null(column, float("nan"))
    chunks = getattr(column, "chunks", None)
    return _values(column) if chunks is None else np.concatenate([_values(chunk) for chunk in chunks] or [np.empty(0)])


def _values(array: Any) -> FloatArray:
    """The numbers of one Arrow array without nulls, as they lie; pyarrow's ``to_numpy`` would import pandas first."""
    dtype = np.dtype(np.float32 if array.type.bit_width == 32 else np.float64)
    values = array.buffers()[1]
    return np.frombuffer(values, dtype, len(array), array.offset * dtype.itemsize) if len(array) else np.empty(0, dtype)


def to_float(column: Any) -> Any:
    """float32 stays as it is; other numbers and booleans become float64."""
    pa, types = arrow(), arrow("pyarrow.types")
    if types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    # the rule of bactrian.rows; integers beyond 2^53 are rounded, as everywhere in NumPy
    return column if types.is_float32(column.type) else column.cast(pa.float64(), safe=False)


def plain(column: Any) -> Any:
    """The values of a column of categories; any other column as it is."""
    types = arrow("pyarrow.types")
    return column.cast(column.type.value_type) if types.is_dictionary(column.type) else column
