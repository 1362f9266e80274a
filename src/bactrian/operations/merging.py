"""Merging: components combined into clusters, from all of them down to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.operations.elbow import elbow
from bactrian.operations.merging_table import as_text
from bactrian.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bactrian.mixture import Mixture

# nats lost for each row joined, up to which two clusters are apart: of equal Gaussians 4.4 standard deviations away,
# whose rows are told apart with 1.4 % of errors (docs/benchmarks/merging.md has other limits)
APART = 0.04


@dataclass(frozen=True, eq=False, repr=False)
class Merging:
    """Clusters of components: a hierarchy from K clusters of one component to one cluster of K.

    Attributes
    ----------
    mixture : Mixture
    labels : (K, K) array
        ``labels[n - 1, k]``: the cluster that component k belongs to when there are n clusters. Clusters are
        numbered by their first components.
    gains : (K - 1,) array
        ``gains[n - 1]``: the entropy that is lost where n + 1 clusters become n, in nats.
    counts : (K - 1,) array
        ``counts[n - 1]``: the row weight expected in the two clusters that are joined there.
    total_weight : float
        Sum of the row weights; the number of rows without weights.
    entropies : (K,) array
        ``entropies[n - 1]``: sum over rows of -sum_c z_c log z_c for n clusters, in nats; 0 for one.
    """

    mixture: Mixture
    labels: IntArray
    gains: FloatArray
    counts: FloatArray
    total_weight: float
    entropies: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entropies", np.cumsum([0.0, *self.gains]))
        for array in (self.labels, self.gains, self.counts, self.entropies):
            array.flags.writeable = False

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.labels)

    @property
    def suggested(self) -> int:
        """The most clusters of which all are told apart by their rows (see ``Mixture.merge``)."""
        return suggested(self.drops)

    @property
    def elbow(self) -> FloatArray | None:
        """(3, 2) ends and meeting point of the two lines that fit the entropy over ``joined``; None for K < 3."""
        return None if self.n_components < 3 else elbow(self.joined, self.entropies)[1]

    @property
    def joined(self) -> FloatArray:
        """(K,) row weight that was joined on the way from n clusters to one, at n - 1."""
        return np.asarray(np.cumsum([0.0, *self.counts]))

    @property
    def drops(self) -> FloatArray:
        """(K - 1,) entropy lost for each unit of row weight joined: 0 told apart, log 2 halves of one."""
        return np.divide(self.gains, self.counts, out=np.zeros_like(self.gains), where=self.counts > 0)

    def groups(self, n: int | None = None) -> tuple[tuple[int, ...], ...]:
        """The components of each of n clusters; the suggested number for None."""
        labels = self._labels(n)
        return tuple(tuple(np.flatnonzero(labels == c).tolist()) for c in range(labels.max() + 1))

    def clusters(self, n: int | None = None) -> tuple[Mixture, ...]:
        """Each of n clusters as a mixture of its own, its weights renormalised; see ``weights``."""
        return tuple(self.mixture.reorder(group) for group in self.groups(n))

    def weights(self, n: int | None = None) -> FloatArray:
        """(n,) weights of the clusters in the whole mixture, sum 1."""
        labels = self._labels(n)
        return np.asarray((labels == np.arange(labels.max() + 1)[:, None]) @ self.mixture.weights)

    def responsibilities(self, data: Any, n: int | None = None) -> FloatArray:
        """P(cluster | x): (N, n) for rows (N, D), (n,) for one row; rows sum to 1."""
        return np.asarray(self.mixture._clustered(data, self._labels(n), soft=True))

    def classify(self, data: Any, n: int | None = None) -> IntArray | Any:
        """The most probable of n clusters: (N,) integers from 0 to n-1, an int for one row."""
        return self.mixture._clustered(data, self._labels(n), soft=False)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The entropy against the row weight joined: ``bactrian.plot.merging``. Returns the Axes."""
        from bactrian import plot

        return plot.merging(self, ax=ax)

    def _labels(self, n: Any) -> IntArray:
        n = self.suggested if n is None else n
        if isinstance(n, (bool, np.bool_)) or not isinstance(n, (int, np.integer)) or not 1 <= n <= len(self.labels):
            raise ParameterError(
                f"n should be a number of clusters from 1 to {len(self.labels)}, or None for the suggested "
                f"{self.suggested}, but got {n!r}"
            )
        return np.asarray(self.labels[n - 1])

    def __repr__(self) -> str:
        return as_text(self.labels, self.entropies, self.drops, self.suggested, self.total_weight)


def suggested(drops: FloatArray, apart: float = APART) -> int:
    """How many clusters are left where joins lose no more than ``apart`` from there on; see ``Merging.drops``."""
    return 1 + int((np.maximum.accumulate(drops) <= apart).sum())
