"""k-means++ in the metric of the data: units, and with full whitening also correlations, do not matter.

k-means on whitened rows is EM's classification with one covariance, the data's own, held fixed (Celeux & Govaert
1992): so the kernels do it on the rows as they are, and no whitened copy is made.
"""

from __future__ import annotations

import numpy as np

from bactrian.covariance import Covariance, Diagonal
from bactrian.families import Floor
from bactrian.kernels import Kernel, NativeKernel, Parameters
from bactrian.sources import ArraySource, Resident, Source
from bactrian.starts.given import means_of
from bactrian.typing import FloatArray, IntArray

LLOYD_STEPS = 5


def data_metric(source: Source, floor: Floor, full: bool) -> Covariance:
    """The tied covariance whose Mahalanobis distance whitens the rows: full, or feature by feature."""
    variances = np.maximum(np.diagonal(source.moments.covariance), floor.minimum)
    variances = np.where(variances > 0, variances, 1.0)
    if not full:
        return Diagonal(variances[None], 1, tied=True)
    lenient = Floor(np.maximum(floor.minimum, 1e-6 * variances))  # collinear features must not dominate
    return lenient.full(source.moments.covariance[None], 1, tied=True)[0]


def kmeans_labels(
    source: Resident, kernel: Kernel, n_components: int, metric: Covariance, rng: np.random.Generator
) -> IntArray:
    """(n,) labels from k-means++ (Arthur & Vassilvitskii 2007) and a few Lloyd steps."""
    centres = spread_centres(source, kernel, n_components, metric, rng)
    if isinstance(source, ArraySource) and isinstance(kernel, NativeKernel):
        first = hard(centres, metric)
        return kernel.lloyd(source.values, source.weight, first, source.moments.mean, LLOYD_STEPS)
    return lloyd(source, kernel, centres, metric)


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
    source: Resident, kernel: Kernel, n_components: int, metric: Covariance, rng: np.random.Generator
) -> FloatArray:
    """(K, D) rows, each drawn with probability proportional to its squared distance from those before."""
    centres = list(source.anchors) or [source.draw(rng.random(1))[0].astype(np.float64)]
    nearest, measured = np.full(source.n_rows, np.inf), 0
    while len(centres) < n_components:
        for centre in centres[measured:]:
            nearest = np.minimum(nearest, squared_distances(source, kernel, centre, metric))
        measured = len(centres)
        centres.append(source.draw_by(nearest, rng.random()).astype(np.float64))
    return np.array(centres)


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
