"""k-means++ in the metric of the data: units, and with full whitening also correlations, do not matter.

k-means on whitened rows is EM's classification with one covariance, the data's own, held fixed (Celeux & Govaert
1992). The core whitens rows in memory once and then measures plain distances; ``spread_centres_slowly`` and ``lloyd``
do the same on rows as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bactrian.covariance import Covariance, Diagonal
from bactrian.families import Floor
from bactrian.kernels import Kernel, NativeKernel, Parameters
from bactrian.sources import ArraySource, Labelled, Resident, Source
from bactrian.starts.given import means_of
from bactrian.typing import FloatArray, IntArray

LLOYD_STEPS = 5
MANY_STEPS = 20  # where moves need to know what a group is


def data_metric(source: Source, floor: Floor, full: bool) -> Covariance:
    """The tied covariance whose Mahalanobis distance whitens the rows: full, or feature by feature."""
    variances = np.maximum(np.diagonal(source.moments.covariance), floor.minimum)
    variances = np.where(variances > 0, variances, 1.0)
    if not full:
        return Diagonal(variances[None], 1, tied=True)
    lenient = Floor(np.maximum(floor.minimum, 1e-6 * variances))  # collinear features must not dominate
    return lenient.full(source.moments.covariance[None], 1, tied=True)[0]


def kmeans_labels(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metric: Covariance,
    rng: np.random.Generator,
    candidates: int = 1,
) -> IntArray:
    """(n,) labels from k-means++ (Arthur & Vassilvitskii 2007) and a few Lloyd steps; see ``kmeans_labellings``."""
    return kmeans_labellings(source, kernel, n_components, [metric], rng, 1, candidates)[0]


def kmeans_labellings(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metrics: Sequence[Covariance],
    rng: np.random.Generator,
    n: int,
    candidates: int = 1,
    *,
    moves: int = 0,
) -> list[IntArray]:
    """``n`` labellings (N,), in the metrics by turns: the same as of ``n`` calls, but made together.

    ``candidates`` : rows drawn for each centre, of which the one that lowers the sum of squared distances most is
    kept (Arthur & Vassilvitskii 2007, section 5). ``moves`` : lots of moves at most that merge two groups and split
    another, between Lloyd steps to their end; by other kernels none.
    """
    positions = _positions(source, n_components, rng, n, candidates)
    turns = len(metrics)
    found: list[IntArray] = [np.empty(0, dtype=np.intp)] * n  # each is replaced
    for turn, metric in enumerate(metrics[:n]):
        drawn = positions[turn::turns]
        found[turn::turns] = _labellings(source, kernel, n_components, metric, drawn, candidates, moves)
    return found


def _labellings(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metric: Covariance,
    positions: FloatArray,
    candidates: int,
    moves: int,
) -> list[IntArray]:
    if isinstance(source, ArraySource) and isinstance(kernel, NativeKernel):
        _, labels = kernel.kmeans(
            source.values, source.weight, metric, source.moments.mean, np.ascontiguousarray(positions), n_components,
            order=source.order, candidates=candidates, steps=MANY_STEPS if moves else LLOYD_STEPS, moves=moves,
        )  # fmt: skip
        return [] if labels is None else list(labels)
    centres = (_spread(source, kernel, n_components, metric, one, candidates) for one in positions)
    return [lloyd(source, kernel, one, metric) for one in centres]


def lloyd(source: Resident, kernel: Kernel, centres: FloatArray, metric: Covariance) -> IntArray:
    """(n,) labels: the nearest centre, after a few steps that move each centre to the mean of its group."""
    labels = source.classify(kernel, hard(centres, metric))
    for _ in range(LLOYD_STEPS):
        centres = means_of(source, kernel, labels, len(centres))
        before, labels = labels, source.classify(kernel, hard(centres, metric))
        if np.array_equal(before, labels):
            break
    return labels


def spread_centres(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metric: Covariance,
    rng: np.random.Generator,
    candidates: int = 1,
) -> FloatArray:
    """(K, D) rows, each drawn with probability proportional to its squared distance from those before."""
    positions = _positions(source, n_components, rng, 1, candidates)
    return _spread(source, kernel, n_components, metric, positions[0], candidates)


def _positions(source: Resident, n_components: int, rng: np.random.Generator, n: int, candidates: int) -> FloatArray:
    """(n, P) positions in [0, 1): one for the first centre, where it is not known, and for each other candidates."""
    known = len(source.anchored)
    each = candidates * (n_components - known) if known else 1 + candidates * (n_components - 1)
    return rng.random((n, max(0, each)))


def _spread(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metric: Covariance,
    positions: FloatArray,
    candidates: int,
) -> FloatArray:
    whole = source.whole if isinstance(source, Labelled) else source
    if not isinstance(whole, ArraySource) or not isinstance(kernel, NativeKernel):
        return spread_centres_slowly(source, kernel, n_components, metric, positions, candidates)
    anchors = source.anchors
    if len(anchors) >= n_components:
        return anchors
    drawn, _ = kernel.kmeans(
        whole.values, whole.weight, metric, whole.moments.mean, positions[None], n_components,
        order=whole.order, anchors=anchors, candidates=candidates,
    )  # fmt: skip
    return placed(np.concatenate([anchors, whole.values[drawn[0]].astype(np.float64)]), source.anchored)


def spread_centres_slowly(
    source: Resident,
    kernel: Kernel,
    n_components: int,
    metric: Covariance,
    positions: FloatArray,
    candidates: int = 1,
) -> FloatArray:
    """The same by any kernel; ``positions`` of the cumulated weight, then of weight times squared distance."""
    left = iter(positions.tolist())
    centres = list(source.anchors) or [source.draw(np.array([next(left)]))[0].astype(np.float64)]
    nearest = np.full(source.n_rows, np.inf)
    for centre in centres:
        nearest = np.minimum(nearest, squared_distances(source, kernel, centre, metric))
    while len(centres) < n_components:
        drawn = [source.draw_by(nearest, next(left)).astype(np.float64) for _ in range(candidates)]
        found = [np.minimum(nearest, squared_distances(source, kernel, row, metric)) for row in drawn]
        best = int(np.argmin([_total(source, one) for one in found])) if candidates > 1 else 0
        centres.append(drawn[best])
        nearest = found[best]
    return placed(np.array(centres), source.anchored)


def placed(centres: FloatArray, anchored: IntArray) -> FloatArray:
    """(K, D) centres by the numbers of their components; those of the components ``anchored`` come first."""
    others = np.setdiff1d(np.arange(len(centres)), anchored)
    found = np.empty_like(centres)
    found[np.concatenate([anchored, others])] = centres
    return found


def _total(source: Resident, values: FloatArray) -> float:
    """The weighted sum of (n,) values of the rows."""
    whole = source.whole if isinstance(source, Labelled) else source
    weight = whole.weight if isinstance(whole, ArraySource) else None
    return float(values.sum() if weight is None else values @ weight)


def hard(centres: FloatArray, metric: Covariance) -> Parameters:
    """The mixture whose classification is "the nearest of (K, D) centres" in a metric."""
    k = len(centres)
    tied = metric if k == metric.n_components else metric.select(np.zeros(k, dtype=np.intp))
    return Parameters(np.full(k, 1 / k), centres, tied)


def squared_distances(source: Resident, kernel: Kernel, centre: FloatArray, metric: Covariance) -> FloatArray:
    """(n,) squared Mahalanobis distances of the rows from one (D,) centre."""
    parameters = hard(centre[None], metric)
    peak = kernel.log_densities(centre[None], parameters)[0]
    return np.asarray(np.maximum(-2 * (source.log_densities(kernel, parameters) - peak), 0.0))
