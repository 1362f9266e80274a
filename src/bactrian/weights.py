"""Row weights as users give them -> (N,) numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.missing import MISSING, is_missing, without_mask
from bactrian.typing import FloatArray

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
