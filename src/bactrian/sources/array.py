"""Rows in memory."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.digest import digest
from bactrian.kernels import Climber, Groups, Kernel, Leg, NativeKernel, Parameters, Whole
from bactrian.sources.order import row_order
from bactrian.sources.source import Fold, Resident, reach, strata
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray
from bactrian.weights import read_weights as read_weights

# Up to this many rows draws go through the rows in an order of their own (``order.py``), and so do not depend on how
# the rows happen to be ordered. Sorting more would cost more than a fit.
SORTED_ROWS = 50_000

# Fewer rows for each feature are added up sooner than what they have in common is put to use.
ROWS_WORTH_IT = 16
RANGE = (1e-280, 1e200)  # of variances

# N D K up to which the core climbs by itself: an iteration then takes less than about 1 ms.
SMALL = 1_000_000

# Rows of the smallest block.
BLOCK = 256

# N D up to which float32 is worked on in float64.
FEW = 100_000


class ArraySource(Resident):
    """An (N, D) array of finite float32 or float64, of any strides, with optional row weights.

    Rows of weight zero are left out here, so nothing behind this door can tell them from rows that never were;
    ``kept`` are the indices of the others, or None if all are there.
    """

    def __init__(self, values: FloatArray, sample_weight: Any = None) -> None:
        n_given = len(values)
        weight = None if sample_weight is None else read_weights(sample_weight, len(values))
        self.kept = None if weight is None or weight.all() else np.flatnonzero(weight)
        if self.kept is not None and weight is not None:
            values, weight = values[self.kept], weight[self.kept]
        self.n_given = n_given
        self.single_precision = values.dtype == np.float32
        # few rows lose more by rounding than they gain by speed
        self.values = values.astype(np.float64) if self.single_precision and values.size <= FEW else values
        self.weight = weight
        self.n_rows, self.n_features = values.shape
        self.total = float(self.n_rows if weight is None else weight.sum())

    @property
    def heaviest(self) -> float:
        return 1.0 if self.weight is None else float(self.weight.max())

    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        return [self._pass(kernel, mixture, scatter) for mixture, scatter in zip(mixtures, scatters, strict=True)]

    def blocks(self, most: int) -> Generator[Fold]:
        n = min(most, self.n_rows // BLOCK)
        if n < 2:
            yield self.fold
            return
        for first, end in pairwise(np.linspace(0, self.n_rows, n + 1).astype(int)):
            yield partial(self._part, slice(first, end))

    def _part(
        self, rows: slice, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]
    ) -> list[Statistics]:
        values, weight = self.values[rows], None if self.weight is None else self.weight[rows]
        return [kernel.accumulate(values, weight, m, s) for m, s in zip(mixtures, scatters, strict=True)]

    def _pass(self, kernel: Kernel, mixture: Parameters, scatter: Scatter) -> Statistics:
        once = scatter is Scatter.POOLED and mixture.covariance.tied and self.n_rows >= ROWS_WORTH_IT * self.n_features
        return kernel.accumulate(self.values, self.weight, mixture, scatter, self._whole if once else None)

    @cached_property
    def _whole(self) -> Whole | None:
        """The scatter of all rows, in which one covariance for all components finds its own; None out of range."""
        whole = NativeKernel().whole(self.values, self.weight, self.moments.mean)
        low, high = RANGE
        squares = np.einsum("dd->d", whole.scatter) / whole.total
        usual = (squares == 0) | ((squares > low) & (squares < high))
        return whole if usual.all() and np.isfinite(whole.scatter).all() else None

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        return kernel.accumulate_given(self.values, self.weight, assignment, shift, scatter)

    def fold_groups(
        self, kernel: Kernel, assignment: FloatArray | IntArray, n_components: int, scatter: Scatter
    ) -> Statistics:
        if assignment.ndim == 2 or not isinstance(kernel, NativeKernel):
            return super().fold_groups(kernel, assignment, n_components, scatter)
        return kernel.accumulate_groups(self.values, self.weight, assignment, self.moments.mean, n_components, scatter)

    def groups(
        self, kernel: Kernel, labellings: Sequence[IntArray], n_components: int, scatter: Scatter
    ) -> Groups | None:
        if self.values.dtype == np.float32 or not isinstance(kernel, NativeKernel):
            return None
        return kernel.groups(self.values, self.weight, labellings, self.moments.mean, n_components, scatter)

    def _about(self, centre: FloatArray) -> Statistics:
        return NativeKernel().about(self.values, self.weight, centre, Scatter.FULL)

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        return assignment if self.kept is None else assignment[self.kept]

    @cached_property
    def mark(self) -> str:
        return digest(self.values, "" if self.weight is None else self.weight)

    @property
    def climbs_together(self) -> bool:
        return self.values.size <= SMALL

    def climber(self, kernel: Kernel, leg: Leg) -> Climber | None:
        small = self.values.size * leg.first.shape[0] <= SMALL
        if not small or self.values.dtype == np.float32 or not isinstance(kernel, NativeKernel):
            return None
        return kernel.climber(self.values, self.weight, leg)

    def classify(self, kernel: Kernel, mixture: Parameters) -> IntArray:
        return kernel.classify(self.values, mixture)

    def log_densities(self, kernel: Kernel, mixture: Parameters) -> FloatArray:
        return kernel.log_densities(self.values, mixture)

    def draw(self, positions: FloatArray) -> FloatArray:
        return self.values[self.rows_at(positions)]

    def draw_by(self, scores: FloatArray, position: float) -> FloatArray:
        cumulated = np.cumsum(self._in_order(scores if self.weight is None else scores * self.weight))
        found = min(int(np.searchsorted(cumulated, position * cumulated[-1], side="right")), self.n_rows - 1)
        return np.asarray(self.values[found if self.order is None else self.order[found]])

    def spread(self, values: FloatArray, n_rows: int) -> FloatArray:
        """Values of the kept rows over all ``n_rows`` there were; 0 for the others."""
        if self.kept is None:
            return values
        whole = np.zeros(n_rows)
        whole[self.kept] = values
        return whole

    def extent(self, directions: FloatArray) -> FloatArray:
        low, high = reach(self.values, directions)
        return np.asarray(high - low)

    def rows_at(self, positions: FloatArray) -> IntArray:
        """The row that holds each position of the cumulated weight."""
        if self._cumulated is None:
            found = np.asarray(positions * self.n_rows, dtype=np.intp)
        else:
            found = np.searchsorted(self._cumulated, positions * self._cumulated[-1], side="right")
        found = np.minimum(found, self.n_rows - 1)
        return found if self.order is None else self.order[found]

    @cached_property
    def order(self) -> IntArray | None:
        """The rows in an order of their own; None for many rows."""
        return row_order(self.values, self.weight, self.moments) if self.n_rows <= SORTED_ROWS else None

    @cached_property
    def _cumulated(self) -> FloatArray | None:
        return None if self.weight is None else np.cumsum(self._in_order(self.weight))

    def where(self, mask: NDArray[np.bool_]) -> IntArray:
        """Indices of the rows that (n,) ``mask`` marks, in the order that draws go through."""
        return np.flatnonzero(mask) if self.order is None else self.order[mask[self.order]]

    def some_row(self) -> FloatArray:
        return np.asarray(self.values[0])  # and not a draw: the order of draws follows from the moments

    def _in_order(self, values: FloatArray) -> FloatArray:
        return values if self.order is None else values[self.order]

    def sample(self, n: int, rng: np.random.Generator) -> ArraySource:
        return self if self.n_rows <= n else ArraySource(self.draw(strata(n, rng)))
