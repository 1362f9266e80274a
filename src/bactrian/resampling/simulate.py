"""Rows drawn from a fit, for what is called the parametric bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bactrian.kernels import Parameters
from bactrian.operations import draws
from bactrian.resampling.rows import in_memory
from bactrian.sources import ArraySource, Labelled, Source
from bactrian.sources.labelled import UNKNOWN
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Region:
    """A box that noise is spread over: ``axes`` (D, D) orthogonal columns, ``low`` and ``high`` (D,) along them."""

    axes: FloatArray
    low: FloatArray
    high: FloatArray

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """(n, D) rows."""
        return np.asarray((self.low + rng.random((n, len(self.low))) * (self.high - self.low)) @ self.axes.T)


def region_of(source: Source, log_density: float) -> Region:
    """The smaller of the bounding boxes along features and principal axes, about its middle made to the volume V.

    Of those that have a volume: collinear columns leave principal axes without any.
    """
    values = in_memory(source).values
    _, principal = np.linalg.eigh(source.moments.covariance)
    boxes = [_box(values, axes) for axes in (np.eye(values.shape[1]), principal)]
    solid = [box for box in boxes if (box.high > box.low).all()] or boxes[:1]
    smaller = min(solid, key=lambda b: float(np.log(b.high - b.low).sum()))
    middle, half = (smaller.low + smaller.high) / 2, (smaller.high - smaller.low) / 2
    half = half * np.exp((-log_density - np.log(2 * half).sum()) / len(half))
    return replace(smaller, low=middle - half, high=middle + half)


def _box(values: FloatArray, axes: FloatArray) -> Region:
    along = [values.astype(np.float64) @ axis for axis in axes.T]
    return Region(axes, np.array([a.min() for a in along]), np.array([a.max() for a in along]))


def simulate(mixture: Parameters, n: int, region: Region | None, rng: np.random.Generator) -> FloatArray:
    """(n, D) independent rows."""
    rows, _ = draws.sample(mixture.without_noise(), n, rng)
    if mixture.noise is not None and region is not None:
        dirt = rng.random(n) < mixture.noise.weight
        rows[dirt] = region.draw(int(dirt.sum()), rng)
    return rows


def simulate_like(source: Source, mixture: Parameters, region: Region | None, rng: np.random.Generator) -> Source:
    """As many rows as the source has (weights count as rows), as many of them known to be of each component."""
    if not isinstance(source, Labelled):
        return ArraySource(simulate(mixture, whole_total(source.total), region, rng))
    weight = source.whole.weight
    known = np.bincount(source.labels - UNKNOWN, weight)  # first those that are not known
    sizes = np.round(known).astype(int)
    parts = [simulate(mixture, sizes[0], region, rng)]
    for k, n in enumerate(sizes[1:]):
        parts.append(mixture.means[k] + mixture.covariance.color(k, rng.standard_normal((n, source.n_features))))
    return Labelled(ArraySource(np.concatenate(parts)), np.repeat(np.arange(len(sizes)) + UNKNOWN, sizes))


def whole_total(total: float) -> int:
    """How many rows a total weight stands for."""
    return max(1, round(total))
