"""Rows whose squares a float64 can hold."""

from __future__ import annotations

import numpy as np

from bactrian.errors import DataError
from bactrian.typing import FloatArray

OUT_OF_RANGE = "the squares of the data leave the range of float64; divide the columns by their typical size first"


def check_in_range(squares: FloatArray) -> None:
    """Raise where sums of squares have overflowed.

    Raises
    ------
    DataError
    """
    if not np.isfinite(squares).all():
        raise DataError(OUT_OF_RANGE)
