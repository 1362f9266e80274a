"""An order of rows that follows from what they are.

Not from how they were ordered, nor from the order of their features, nor from units. Draws go through rows in it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bactrian.sources.source import Moments
from bactrian.typing import FloatArray, IntArray

# The smallest step of a key. Features that come in another order or unit change keys by rounding, 1e-15 or so, and
# rows whose keys differ by no more than that shall be tied, not ordered by chance.
STEP = 2.0**-30

# Where the curve is steepest, in standard deviations; off the mean, so that (a, -a) and (b, -b) are told apart.
STEEPEST = 1 / 3

CHUNK = 8192  # rows looked at at once


def row_order(values: FloatArray, weight: FloatArray | None, moments: Moments) -> IntArray:
    """(N,) indices of the rows of (N, D) values, by a sum over features of a curve of the standardised value.

    Ties are broken by a second sum, to which each feature adds by its share in the first one's variation, which tells
    (a, b) from (b, a). What is tied then too goes by its first feature, then the second ...
    """
    if values.shape[1] == 1:
        return np.argsort(values[:, 0])
    mean, variances = moments.mean, np.diagonal(moments.covariance)
    with np.errstate(all="ignore"):  # squares out of range are refused elsewhere, and leave ties here
        scale = np.where(variances > 0, np.sqrt(variances), 1.0)
        sums = np.concatenate([t.sum(axis=1) for t in _curves(values, mean, scale)])
        first = np.rint(sums / STEP)
        order = np.argsort(first)
        tied = _tied(values, first, order)
        if len(tied):
            rows, second = order[tied], np.rint(_second(values, weight, mean, scale, sums) / STEP)
            order[tied] = rows[np.lexsort([*values[rows].T[::-1], second[rows], first[rows]])]
    return order


def _tied(values: FloatArray, keys: FloatArray, order: IntArray) -> IntArray:
    """Places in the order of rows with a key that others have too; none where all of those are the same row."""
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not (values[order[same]] != values[order[same + 1]]).any():
        return same[:0]
    return np.union1d(same, same + 1)


def _curves(values: FloatArray, mean: FloatArray, scale: FloatArray) -> Iterator[FloatArray]:
    """A rising curve of each standardised value, from -1 to 1; made of sums and quotients only, it is fast."""
    for begin in range(0, len(values), CHUNK):
        t = (values[begin : begin + CHUNK] - mean) / scale - STEEPEST
        yield t / (1 + np.abs(t))


def _second(
    values: FloatArray, weight: FloatArray | None, mean: FloatArray, scale: FloatArray, sums: FloatArray
) -> FloatArray:
    bent = sums / (1 + np.abs(sums))
    bent += bent**2  # what is only even, or only odd, may be the same for all features
    bent = bent / len(values) if weight is None else bent * weight / weight.sum()
    pieces = range(0, len(values), CHUNK)
    pairs = zip(pieces, _curves(values, mean, scale), strict=True)
    shares = np.sum([t.T @ bent[begin : begin + CHUNK] for begin, t in pairs], axis=0)
    return np.concatenate([t @ shares for t in _curves(values, mean, scale)])
