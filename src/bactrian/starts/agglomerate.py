"""Model-based agglomeration of micro-clusters: labels for every K from one tree, at any number of rows.

Rows are first gathered into a few hundred small groups by k-means++; then the two groups whose union costs the
classification likelihood of unconstrained Gaussians least are merged, again and again (Fraley 1998, SIAM J. Sci.
Comput. 20:270; the criterion for groups of few rows: Fraley & Raftery 2002). It needs the count, mean and scatter
of each group only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.sources import ArraySource
from bactrian.starts.given import means_of
from bactrian.starts.kmeans import data_metric, kmeans_labels
from bactrian.statistics import Scatter
from bactrian.typing import FloatArray, IntArray

GROUPS = 150  # micro-clusters, or one for each so many rows where there are few
ROWS_EACH = 4


@dataclass(frozen=True, eq=False)
class Tree:
    """``groups`` : (n,) micro-cluster of each row. ``merges`` : (M - 1, 2), the second of each pair joins the first."""

    groups: IntArray
    merges: IntArray

    def labels(self, n_components: int) -> IntArray | None:
        """(n,) labels from 0 to K-1; None where there are fewer micro-clusters than K."""
        n_groups = len(self.merges) + 1
        if n_components > n_groups:
            return None
        of_group = np.arange(n_groups)
        for kept, joined in self.merges[: n_groups - n_components]:
            of_group[of_group == joined] = kept
        return np.unique(of_group, return_inverse=True)[1][self.groups].astype(np.intp)


def agglomerate(source: ArraySource, kernel: Kernel, floor: Floor, most: int, rng: np.random.Generator) -> Tree:
    """The tree over the rows of a source; ``most`` is the largest K that will be asked for."""
    n_groups = int(min(source.n_rows, max(min(GROUPS, source.n_rows // ROWS_EACH), 2 * most)))
    metric = data_metric(source, floor, full=True)
    groups = kmeans_labels(source, kernel, n_groups, metric, rng)
    groups = np.unique(groups, return_inverse=True)[1].astype(np.intp)  # none is empty
    n_groups = int(groups.max()) + 1
    centres = means_of(source, kernel, groups, n_groups)
    statistics = source.fold_given(kernel, groups, centres, Scatter.FULL)
    whitener = metric.whiteners[0]
    means = (statistics.means() - source.moments.mean) @ whitener.T
    return Tree(groups, _merge(statistics.counts, means, whitener @ statistics.within() @ whitener.T))


def _merge(counts: FloatArray, means: FloatArray, within: FloatArray) -> IntArray:
    """(M - 1, 2) the pairs in the order of merging."""
    counts, means, within = counts.copy(), means.copy(), within.copy()
    m = len(means)
    alpha = 1.0 / m  # rows are whitened: tr(W) / (N D) is 1, of which a micro-cluster holds its share
    terms = _terms(counts, within, alpha)
    costs = np.full((m, m), np.inf)
    for i in range(m - 1):
        others = np.arange(i + 1, m)
        costs[i, others] = _union_terms(counts, means, within, i, others, alpha) - terms[i] - terms[others]
    alive = np.ones(m, dtype=bool)
    merges = np.empty((m - 1, 2), dtype=np.intp)
    for step in range(m - 1):
        i, j = divmod(int(np.argmin(costs)), m)
        merges[step] = i, j
        within[i] += within[j] + _between(counts[i], counts[j], means[i] - means[j])
        means[i] = (counts[i] * means[i] + counts[j] * means[j]) / (counts[i] + counts[j])
        counts[i] += counts[j]
        alive[j] = False
        costs[j, :] = costs[:, j] = np.inf
        terms[i] = _terms(counts[i : i + 1], within[i : i + 1], alpha)[0]
        others = np.flatnonzero(alive & (np.arange(m) != i))
        fresh = _union_terms(counts, means, within, i, others, alpha) - terms[i] - terms[others]
        costs[np.minimum(i, others), np.maximum(i, others)] = fresh
    return merges


def _terms(counts: FloatArray, within: FloatArray, alpha: float) -> FloatArray:
    """n_k log(|W_k / n_k| + (tr W_k + alpha) / n_k), without the determinant where n_k <= D."""
    d = within.shape[-1]
    spread = (np.einsum("...dd->...", within) + alpha) / counts
    sizes = np.linalg.det(within / counts[..., None, None])
    return np.asarray(counts * np.log(np.where(counts > d, np.maximum(sizes, 0.0), 0.0) + spread))


def _union_terms(
    counts: FloatArray, means: FloatArray, within: FloatArray, i: int, others: IntArray, alpha: float
) -> FloatArray:
    both = counts[i] + counts[others]
    apart = means[i] - means[others]
    share = counts[i] * counts[others] / both
    union = within[i] + within[others] + share[:, None, None] * apart[:, :, None] * apart[:, None, :]
    return _terms(both, union, alpha)


def _between(a: float, b: float, apart: FloatArray) -> FloatArray:
    return np.asarray(a * b / (a + b) * np.outer(apart, apart))
