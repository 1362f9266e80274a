"""Mean and covariance of all rows together, from the statistics of the components."""

from __future__ import annotations

import numpy as np

from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray


def overall(statistics: Statistics) -> tuple[FloatArray, FloatArray]:
    """Mean (D,) and covariance (D, D): its diagonal only from DIAGONAL scatter, from TRACE an average variance."""
    s = statistics
    total, d = float(s.counts.sum()), s.first.shape[1]
    centre = s.shift[int(np.argmax(s.counts))]  # far from the origin sums are taken about a point among the rows
    offsets = s.means() - centre
    mean = s.counts @ offsets / total
    between = (offsets - mean).T @ (s.counts[:, None] * (offsets - mean))
    within = s.within()
    if s.scatter is Scatter.TRACE:
        spread = np.eye(d) * (within.sum() + np.trace(between)) / d
    elif s.scatter is Scatter.DIAGONAL:
        spread = np.diag(within.sum(axis=0) + np.diagonal(between))
    else:
        spread = between + (within if s.scatter is Scatter.POOLED else within.sum(axis=0))
    # what is left of a spread by subtraction may be below 0 where rows far apart have been forgotten
    np.fill_diagonal(spread, np.maximum(np.diagonal(spread), 0.0))
    return centre + mean, spread / total
