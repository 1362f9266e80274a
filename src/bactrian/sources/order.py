"""An order of rows that follows from what they are.

Not from how they were ordered, nor from the order of their features, nor from units. Draws go through rows in it.
"""

from __future__ import annotations

import numpy as np

import bactrian._core as _core
from bactrian.sources.source import Moments
from bactrian.typing import FloatArray, IntArray


def row_order(values: FloatArray, weight: FloatArray | None, moments: Moments) -> IntArray:
    """(N,) indices of the rows of (N, D) values, by a sum over features of a curve of the standardised value.

    Ties are broken by a second sum, to which each feature adds by its share in the first one's variation, which tells
    (a, b) from (b, a). What is tied then too goes by its first feature, then the second ...
    """
    return _core.row_order(values, weight, *map(np.ascontiguousarray, (moments.mean, moments.covariance)))
