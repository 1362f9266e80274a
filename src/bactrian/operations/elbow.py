"""Where a curve bends (Baudry et al. 2010, JCGS 19:332): two straight lines that meet at one of its points."""

from __future__ import annotations

import numpy as np

from bactrian.typing import FloatArray


def elbow(x: FloatArray, y: FloatArray) -> tuple[int, FloatArray]:
    """The inner point at which two joined lines fit all of them best, by least squares; the first of equals.

    ``x`` rises. Returns the point's index and the lines at its x and at both ends, (3, 2).
    """
    fits = [_two_lines(x, y, knot) for knot in x[1:-1]]
    best = int(np.argmin([residual for residual, _ in fits]))
    ends = np.array([x[0], x[best + 1], x[-1]])
    return best + 1, np.column_stack([ends, _design(ends, ends[1]) @ fits[best][1]])


def _two_lines(x: FloatArray, y: FloatArray, knot: float) -> tuple[float, FloatArray]:
    design = _design(x, knot)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(((y - design @ coefficients) ** 2).sum()), coefficients


def _design(x: FloatArray, knot: float) -> FloatArray:
    return np.column_stack([np.ones_like(x), np.minimum(x - knot, 0), np.maximum(x - knot, 0)])
