"""Components combined two by two, those first that rows tell apart least (Baudry et al. 2010, JCGS 19:332).

The entropy of a row's memberships, -sum_k z_k log z_k, falls by a gain g(z_a, z_b) when a and b become one
cluster, so the gain of every pair is a sum over rows. One pass over the rows finds it for all pairs, and one
for the pairs of each new cluster. Entropies are sums of gains from the end, where one cluster has none, so that
nothing cancels however well the clusters are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.kernels import Kernel, Parameters
from bactrian.operations.pairs import Pairs
from bactrian.typing import FloatArray, IntArray

CHUNK = 8192
NUMBERS = 1 << 17  # responsibilities held at a time


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to fold: ``values`` (N, D), ``weight`` (N,) or None."""

    values: FloatArray
    weight: FloatArray | None

    def memberships(self, parameters: Parameters, kernel: Kernel) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Responsibilities (n, K) and weights (n,) of one chunk after another."""
        size = max(1, min(CHUNK, NUMBERS // len(parameters.weights)))
        for begin in range(0, len(self.values), size):
            rows = self.values[begin : begin + size]
            weight = np.ones(len(rows)) if self.weight is None else self.weight[begin : begin + size]
            yield kernel.responsibilities(rows, parameters), weight


def combine(parameters: Parameters, rows: Rows, kernel: Kernel) -> tuple[IntArray, FloatArray, FloatArray]:
    """The whole hierarchy.

    Returns
    -------
    labels : (K, K) array
        Row n - 1: the cluster of each component when there are n, numbered by their first components.
    gains : (K - 1,) array
        Entropy lost from n + 1 clusters to n, in nats, at n - 1.
    counts : (K - 1,) array
        Row weight expected in the two clusters joined there.
    """
    k = len(parameters.weights)
    table, sizes = _first_pass(parameters, rows, kernel)
    pairs, owner, weights = Pairs(-table), np.arange(k), parameters.weights
    labels, gains, counts = np.tile(owner, (k, 1)), np.zeros(k - 1), np.zeros(k - 1)
    i = int(weights.argmax())
    for n in range(k - 1, 0, -1):
        others = pairs.others(i)
        # components of weight 0 are no clusters: they join the heaviest before anything else is joined
        forced = (weights[others] == 0) & (owner[weights.argmax()] == i)
        pairs.update(i, np.where(forced, -np.inf, -table[i, others]))
        i, j = pairs.best()
        gains[n - 1], counts[n - 1] = table[i, j], sizes[i] + sizes[j]
        sizes[i] += sizes[j]
        owner[owner == j] = i
        labels[n - 1] = np.unique(owner, return_inverse=True)[1]
        pairs.drop(j)
        if n > 1:
            others = pairs.others(i)
            table[i, others] = table[others, i] = _later_pass(parameters, rows, kernel, owner, i, others)
    return labels, gains, counts


def gain(a: FloatArray, b: FloatArray) -> FloatArray:
    """(a + b) log(a + b) - a log a - b log b, exact where either is 0 or tiny; at most (a + b) log 2."""
    from scipy.special import xlogy

    low, high = np.minimum(a, b), np.maximum(a, b)
    ratio = np.divide(low, high, out=np.zeros_like(high), where=high > 0)
    return np.asarray((low + high) * np.log1p(ratio) - xlogy(low, ratio))


def grouped(memberships: FloatArray, owner: IntArray, clusters: IntArray) -> FloatArray:
    """(n, len(clusters)) sums of the (n, K) responsibilities of the components that belong to each cluster."""
    return np.asarray(memberships @ (owner[:, None] == clusters).astype(np.float64))


def clustered(parameters: Parameters, rows: Rows, kernel: Kernel, labels: IntArray, soft: bool) -> NDArray[Any]:
    """(N, n) responsibilities of the clusters in ``labels`` (K,) or, if not soft, (N,) the most probable ones."""
    clusters = np.arange(labels.max() + 1)
    made = np.empty((len(rows.values), len(clusters)) if soft else len(rows.values), np.float64 if soft else np.intp)
    begin = 0
    for z, _ in rows.memberships(parameters, kernel):
        sums = grouped(z, labels, clusters)
        made[begin : begin + len(z)] = sums if soft else sums.argmax(axis=1)
        begin += len(z)
    return made


def _first_pass(parameters: Parameters, rows: Rows, kernel: Kernel) -> tuple[FloatArray, FloatArray]:
    """(K, K) gains of all pairs, and the (K,) row weight expected in each component."""
    k = len(parameters.weights)
    table, sizes = np.zeros((k, k)), np.zeros(k)
    for z, weight in rows.memberships(parameters, kernel):
        sizes += weight @ z
        for a in range(k - 1):
            table[a, a + 1 :] += weight @ gain(z[:, a, None], z[:, a + 1 :])
    return table + table.T, sizes


def _later_pass(
    parameters: Parameters, rows: Rows, kernel: Kernel, owner: IntArray, i: int, others: IntArray
) -> FloatArray:
    """Gains of the cluster i with each of the others."""
    total = np.zeros(len(others))
    for z, weight in rows.memberships(parameters, kernel):
        total += weight @ gain(grouped(z, owner, np.array([i])), grouped(z, owner, others))
    return total
