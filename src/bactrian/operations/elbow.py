"""Where a curve bends: two straight lines that meet at one of its points."""

from __future__ import annotations

import numpy as np

from bactrian.typing import FloatArray

# nats a row: the slope of two equal Gaussians that meet 3.5 standard deviations apart, which one may well join
OVERLAP = 0.1


def elbow(x: FloatArray, y: FloatArray) -> tuple[int, FloatArray]:
    """The inner point at which two joined lines fit all of them best, by least squares; the first of equals.

    ``x`` rises. Returns the point's index and the lines at its x and at both ends, (3, 2).
    """
    fits = [_two_lines(x, y, knot) for knot in x[1:-1]]
    best = int(np.argmin([residual for residual, _ in fits]))
    ends = np.array([x[0], x[best + 1], x[-1]])
    return best + 1, np.column_stack([ends, _design(ends, ends[1]) @ fits[best][1]])


def suggested(gains: FloatArray, counts: FloatArray, overlap: float = OVERLAP) -> tuple[int, FloatArray]:
    """How many clusters to keep: the elbow of the entropy over the row weight joined so far; and its two lines.

    Baudry et al. 2010 (JCGS 19:332, section 4) look for the bend of that plot, in which the slope is the entropy
    lost for each row that is joined: near 0 for clusters that are told apart, log 2 for halves of one. A bend at
    either end needs a slope beyond it to compare with, so the curve is continued by one average join on each
    side: to the left with slope 0, to the right with slope ``overlap`` (docs/benchmarks/merging.md has others too).
    """
    if not counts.any():
        return len(gains) + 1, np.zeros((3, 2))
    step = counts.mean()
    x = np.cumsum([-1.0, 1.0, *counts / step, 1.0])
    y = np.cumsum([0.0, 0.0, *gains / step, overlap])
    best, lines = elbow(x, y)
    return best, lines * step


def _two_lines(x: FloatArray, y: FloatArray, knot: float) -> tuple[float, FloatArray]:
    design = _design(x, knot)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(((y - design @ coefficients) ** 2).sum()), coefficients


def _design(x: FloatArray, knot: float) -> FloatArray:
    return np.column_stack([np.ones_like(x), np.minimum(x - knot, 0), np.maximum(x - knot, 0)])
