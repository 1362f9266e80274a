"""Rows some of whose components are known: semi-supervised fits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.counted import counted, there_are
from bactrian.digest import digest
from bactrian.errors import DataError
from bactrian.kernels import Kernel, Parameters
from bactrian.missing import is_missing, without_mask
from bactrian.sources.array import ArraySource
from bactrian.sources.source import Resident
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

UNKNOWN = -1
EXACT = 2.0**53  # up to here float64 tells whole numbers apart


class Labelled(Resident):
    """An ``ArraySource`` with a component for some rows: (N,) from 0, ``UNKNOWN`` where it is not known.

    Components may have no known rows at all. A known row has responsibility 1 for its component, and
    log(w_k N(x; mu_k, Sigma_k)) is its share of the log-likelihood. Everything else asks the rows as they are.
    """

    def __init__(self, whole: ArraySource, labels: IntArray) -> None:
        self.whole, self.labels = whole, labels
        self.n_given = whole.n_given
        self.n_rows, self.n_features, self.total = whole.n_rows, whole.n_features, whole.total
        self.single_precision = whole.single_precision
        self.n_known = int(labels.max()) + 1
        self._unknown = None if (labels != UNKNOWN).all() else self._part(UNKNOWN)
        self._known = {int(k): self._part(int(k)) for k in named(labels)}

    def _part(self, label: int) -> ArraySource:
        here, weight = self.labels == label, self.whole.weight
        return ArraySource(self.whole.values[here], None if weight is None else weight[here])

    @property
    def heaviest(self) -> float:
        return self.whole.heaviest

    @property
    def anchored(self) -> IntArray:
        return np.array(list(self._known), dtype=np.intp)

    @property
    def anchors(self) -> FloatArray:
        """(K0, D) means of the known rows of each component that has some."""
        means = [part.moments.mean for part in self._known.values()]
        return np.array(means).reshape(len(means), self.n_features)

    def fold(self, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> list[Statistics]:
        pairs = zip(mixtures, scatters, strict=True)
        return [self._fold_one(kernel, mixture, scatter) for mixture, scatter in pairs]

    def _fold_one(self, kernel: Kernel, mixture: Parameters, scatter: Scatter) -> Statistics:
        found = Statistics.zero(mixture.means, scatter)
        if self._unknown is not None:
            found = found + self._unknown.fold(kernel, [mixture], [scatter])[0]
        for k, part in self._known.items():
            one = Parameters(
                mixture.weights[k : k + 1], mixture.means[k : k + 1], mixture.covariance.select(np.array([k]))
            )
            found = found + _as_component(part.fold(kernel, [one], [scatter])[0], k, mixture.means)
        return found

    def fold_given(
        self, kernel: Kernel, assignment: FloatArray | IntArray, shift: FloatArray, scatter: Scatter
    ) -> Statistics:
        return self.whole.fold_given(kernel, with_known(self.labels, assignment), shift, scatter)

    def classify(self, kernel: Kernel, mixture: Parameters) -> IntArray:
        return np.asarray(with_known(self.labels, self.whole.classify(kernel, mixture)), dtype=np.intp)

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        return self.whole.keep(assignment)

    def log_densities(self, kernel: Kernel, mixture: Parameters) -> FloatArray:
        return self.whole.log_densities(kernel, mixture)

    def draw(self, positions: FloatArray) -> FloatArray:
        return self.whole.draw(positions)

    def draw_by(self, scores: FloatArray, position: float) -> FloatArray:
        return self.whole.draw_by(scores, position)

    @cached_property
    def mark(self) -> str:
        return digest(self.whole.mark, self.labels)

    def extent(self, directions: FloatArray) -> FloatArray:
        return self.whole.extent(directions)

    def sample(self, n: int, rng: np.random.Generator) -> Resident:
        return self  # known rows may be few, and are not to be lost

    @property
    def moments(self) -> Any:
        return self.whole.moments


def named(labels: IntArray) -> IntArray:
    """The components, ascending, that some of (N,) labels name."""
    return np.flatnonzero(np.bincount(labels - UNKNOWN)[1:])


def with_known(labels: IntArray, assignment: FloatArray | IntArray) -> FloatArray | IntArray:
    """Labels (N,) or responsibilities (N, K) in which known rows have their component."""
    known = labels != UNKNOWN
    if assignment.ndim == 1:
        return np.where(known, labels, assignment)
    return np.where(known[:, None], np.eye(assignment.shape[1])[labels], assignment)


def _as_component(one: Statistics, k: int, means: FloatArray) -> Statistics:
    """The statistics of component k alone, as those of a mixture in which the others have no rows."""
    zero = Statistics.zero(means, one.scatter)
    counts, first, second = zero.counts, zero.first, zero.second
    counts[k], first[k] = one.counts[0], one.first[0]
    if one.scatter is Scatter.POOLED:
        second = one.second
    else:
        second[k] = one.second[0]
    return Statistics(
        one.log_likelihood, one.map_log_responsibility, one.total, counts, means, first, second, one.scatter
    )


def read_labels(labels: Any, n_rows: int) -> IntArray:
    """(N,) components, ``UNKNOWN`` for None, NaN, pandas' NA, -1 and what is masked.

    Raises
    ------
    DataError
        Not N whole numbers from 0.
    """
    try:
        values = _as_numbers(without_mask(labels))
    except (TypeError, ValueError) as error:
        raise DataError(f"labels should be whole numbers from 0 and None where unknown, but {error}") from error
    if values.shape != (n_rows,):
        raise DataError(f"labels should have one entry for each of {n_rows} rows, but has shape {values.shape}")
    values = np.where(np.isnan(values), UNKNOWN, values)
    bad = (values != np.floor(values)) | (values < UNKNOWN) | (values >= EXACT)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"labels should be whole numbers from 0 to K-1, and None or -1 where unknown, but row {row} has "
            f"{values[row]:g}"
        )
    return values.astype(np.intp)


def _as_numbers(labels: Any) -> FloatArray:
    """float64, NaN where a label is missing."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iuf":
        return labels.astype(np.float64)
    cells = labels if isinstance(labels, list) else np.asarray(labels, dtype=object)
    return np.array([np.nan if is_missing(cell) else cell for cell in cells], dtype=np.float64)


def check_used(labels: IntArray, names: Sequence[str] = ()) -> None:
    """Raise if no component is known of any row, or if a name has no row of its own."""
    if labels.max() == UNKNOWN:
        raise DataError(
            "labels are unknown for every row (rows of weight 0 do not count); leave labels= out, or give such rows "
            "weight"
        )
    missing = np.setdiff1d(np.arange(len(names)), labels)
    if len(missing):
        raise DataError(
            f"every row that is known to be {names[missing[0]]!r} has weight 0, and such rows do not count; give one "
            "of them weight, or leave that name out of the labels"
        )


def beyond(largest: int, n_components: int, *, at_most: bool = False) -> str:
    """That so few components have none of this number; ``at_most`` : they are the most that are asked for."""
    there = there_are(n_components, "component")
    if at_most:
        there = f"there are at most {counted(n_components, 'component')}"
    return f"labels hold {largest}, but {there} ({'0' if n_components == 1 else f'0 to {n_components - 1}'})"
