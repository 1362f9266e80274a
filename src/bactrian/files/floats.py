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
    return np.asarray(column.to_numpy(zero_copy_only=False))


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
