"""A mixture of fewer components that is nearly the same distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.kernels import Parameters
from bactrian.operations import factors
from bactrian.operations.pairs import Pairs
from bactrian.typing import FloatArray, IntArray

ROUNDS = 100


def runnalls(parameters: Parameters, n: int) -> IntArray:
    """(K,) which of n groups each component falls into, by joining the cheapest pair again and again.

    Runnalls 2007 (IEEE T-AES 43:989): a pair is replaced by the Gaussian of its mean and covariance, and costs
    what this adds at most to the Kullback-Leibler divergence from the mixture.
    """
    pool = _Pool.of(parameters)
    k = len(parameters.weights)
    costs = np.full((k, k), np.inf)
    for i in range(k - 1):
        costs[i, i + 1 :] = costs[i + 1 :, i] = pool.costs(i, np.arange(i + 1, k))
    pairs, labels = Pairs(costs), np.arange(k)
    for _ in range(k - n):
        i, j = pairs.best()
        pool.join(i, j)
        pairs.drop(j)
        pairs.update(i, pool.costs(i, pairs.others(i)))
        labels[labels == j] = i
    return np.unique(labels, return_inverse=True)[1]


def regrouped(parameters: Parameters, n: int) -> IntArray:
    """``runnalls``, then components change groups as long as that lowers the sum of all that joining cost.

    Goldberger and Roweis 2004 (Advances in NIPS 17): each component goes to the group it diverges least from, then
    each group gets the mean and covariance of its members. Neither step raises sum_i w_i KL(p_i | group of i),
    which bounds the divergence of the whole; it is the sum of Runnalls' costs.
    """
    labels = runnalls(parameters, n)
    for _ in range(ROUNDS):
        divergences = _divergences(parameters, collapse(parameters, labels))
        chosen = _without_empty(labels, divergences)
        if (chosen == labels).all():
            break
        labels = chosen
    return labels


METHODS: dict[str, Callable[[Parameters, int], IntArray]] = {"runnalls": runnalls, "regrouped": regrouped}


def collapse(parameters: Parameters, labels: IntArray) -> Parameters:
    """The mixture in which each group of components is the one Gaussian of its weight, mean and covariance."""
    n, k = int(labels.max()) + 1, len(labels)
    members = labels == np.arange(n)[:, None]
    weights = members @ parameters.weights
    # components of weight 0 by themselves have a mean all the same
    own = np.where(weights[labels] > 0, parameters.weights, 1.0)
    shares = members * own / (members @ own)[:, None]
    first = parameters.means[members.argmax(axis=1)]
    means = first + shares @ (parameters.means - first[labels])  # a group of one keeps its mean to the last bit
    gaps = parameters.means - means[labels]
    outer = gaps[:, :, None] * gaps[:, None, :]
    matrices = (shares @ (parameters.covariance.dense() + outer).reshape(k, -1)).reshape(n, *outer.shape[1:])
    return Parameters(weights, means, _form(parameters.covariance, matrices))


def _form(before: Covariance, matrices: FloatArray) -> Covariance:
    """Between means lie correlations, so that only one feature keeps its kind."""
    if matrices.shape[1] == 1 and isinstance(before, Diagonal):
        return Diagonal(matrices[:, :, 0], len(matrices))
    if matrices.shape[1] == 1 and isinstance(before, Spherical):
        return Spherical(matrices[:, 0, 0], len(matrices), 1)
    return Full(matrices, len(matrices))


@dataclass
class _Pool:
    """Components while they are joined, about the mixture's mean and in units of its standard deviations."""

    weights: FloatArray
    means: FloatArray
    matrices: FloatArray
    log_determinants: FloatArray

    @classmethod
    def of(cls, p: Parameters) -> _Pool:
        gaps = p.means - p.weights @ p.means
        dense = p.covariance.dense()
        sds = np.sqrt(p.weights @ (np.einsum("kdd->kd", dense) + gaps**2))
        matrices = dense / sds[:, None] / sds
        return cls(p.weights.copy(), gaps / sds, matrices, np.linalg.slogdet(matrices)[1])

    def costs(self, i: int, others: IntArray) -> FloatArray:
        """Runnalls' bound for i with each of the others."""
        after = np.linalg.slogdet(self._joined(i, others)[1])[1]
        own = self.weights[i] * (after - self.log_determinants[i])
        return np.asarray((own + self.weights[others] * (after - self.log_determinants[others])) / 2)

    def join(self, i: int, j: int) -> None:
        means, matrices = self._joined(i, np.array([j]))
        self.means[i], self.matrices[i] = means[0], matrices[0]
        self.log_determinants[i] = np.linalg.slogdet(matrices[0])[1]
        self.weights[i] += self.weights[j]

    def _joined(self, i: int, others: IntArray) -> tuple[FloatArray, FloatArray]:
        """Means and covariances of i joined with each of the others."""
        weights = self.weights[i] + self.weights[others]
        share = np.divide(self.weights[others], weights, out=np.full(len(others), 0.5), where=weights > 0)[:, None]
        gaps = self.means[others] - self.means[i]
        matrices = ((1 - share) * gaps)[:, :, None] * gaps[:, None, :]
        matrices += self.matrices[others]
        matrices *= share[:, :, None]
        matrices += (1 - share)[:, :, None] * self.matrices[i]
        return self.means[i] + share * gaps, matrices


def _divergences(a: Parameters, b: Parameters) -> FloatArray:
    """(K, n) KL(a_i | b_j) in nats, up to a constant of each row."""
    roots, found = factors.cholesky(a.covariance), []
    inverses, volumes = factors.whiteners(b.covariance), b.covariance.log_determinants
    for mean, inverse, volume in zip(b.means, inverses, volumes, strict=True):
        spread = ((inverse @ roots) ** 2).sum(axis=(1, 2))
        found.append((spread + (((a.means - mean) @ inverse.T) ** 2).sum(axis=1) + volume) / 2)
    return np.array(found).T


def _without_empty(labels: IntArray, divergences: FloatArray) -> IntArray:
    """The nearest group of each component, but one that would lose all members keeps the one that gains least."""
    chosen = divergences.argmin(axis=1)
    while len(empty := np.setdiff1d(labels, chosen)):
        members = np.flatnonzero(labels == empty[0])
        gains = divergences[members, empty[0]] - divergences[members, chosen[members]]
        chosen[members[gains.argmin()]] = empty[0]
    return np.asarray(chosen)
