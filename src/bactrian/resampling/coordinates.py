"""The free numbers of a mixture as one vector, and the gradient of the objective along them.

Every number of a mixture is linear in them, so that errors need no further approximation. Families whose covariances
are averages have such coordinates: one variance, one for each feature, or a lower triangle, for each or for all.
They are in units in which features vary by about 1: squares of variances would leave the range of float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.errors import DataError
from bactrian.kernels import Noise, Parameters
from bactrian.priors import Prior
from bactrian.resampling.numbers import Numbers, written_out
from bactrian.resampling.subject import Subject
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

# Rows, below which noise is taken for none: EM only comes near to a weight of 0, and the error of so small a weight
# would be many times the weight itself.
NO_NOISE = 0.01


@dataclass(frozen=True, eq=False)
class Coordinates:
    """P numbers: those of the weights, then K D means, then those of the covariances.

    Attributes
    ----------
    at : Parameters
        The fit, at the origin, in the units.
    units : (D,) array
        Powers of two, so that they round nothing.
    mixing : (U, F) array
        How the U = K weights, or K + 1 with noise as the last, follow F free ones.
    prior : Prior or None
    scales : (P,) array
        The errors there would be if all labels were known: the units of the vector's entries.
    """

    at: Parameters
    units: FloatArray
    mixing: FloatArray
    prior: Prior | None
    scales: FloatArray

    @classmethod
    def of(cls, subject: Subject) -> Coordinates:
        """Those of a fit.

        Raises
        ------
        DataError
            A weight is 0, or that of the noise next to it: the fit is at the edge of its family.
        """
        p, objective, total = subject.mixture, subject.objective, subject.source.total
        if p.noise is not None and p.noise.weight * total < NO_NOISE:
            raise DataError(
                f"the noise of this fit has next to no weight ({p.noise.weight:.2g}), so the maximum lies on the "
                "boundary, where derivatives say nothing; fit without noise, or use method='bootstrap'"
            )
        if not p.weights.all():
            raise DataError(
                "a component of this fit has weight 0, where derivatives say nothing; fit with fewer components, or "
                "use method='bootstrap'"
            )
        mixing = _mixing(len(p.weights), p.noise is not None, objective.equal_weights)
        units = _units(p.covariance)
        at = replace(p, means=p.means / units, covariance=p.covariance.affine(np.diag(1 / units)))
        return cls(at, units, mixing, objective.prior, _scales(at, mixing, total))

    def mixture(self, by: FloatArray) -> Parameters:
        """The fit moved by a vector (P,)."""
        w, m, c = self._split(by)
        weights = all_weights(self.at) + self.mixing @ w
        noise = None if self.at.noise is None else Noise(float(weights[-1]), self.at.noise.log_density)
        means = (self.at.means + m.reshape(self.at.means.shape)) * self.units
        covariance = _moved(self.at.covariance, c).affine(np.diag(self.units))
        return Parameters(weights[: len(means)], means, covariance, noise)

    def gradient(self, mixture: Parameters, statistics: Statistics) -> FloatArray:
        """(P,) of the log-likelihood, or log-posterior, at a mixture, from the statistics of a pass under it."""
        covariance, counts, first, second = mixture.covariance, statistics.counts, statistics.first, statistics.second
        shares = np.append(counts, statistics.total - counts.sum()) if mixture.noise else counts
        if self.prior is not None:
            believed = self.prior.moments_about(mixture.means, statistics.scatter, covariance.kind, covariance.tied)
            shares = shares + (self.prior.weight_concentration - 1) * (np.arange(len(shares)) < len(counts))
            counts, first, second = counts + believed[0], first + believed[1], second + believed[2]
        covariance = covariance.affine(np.diag(1 / self.units))
        first, second = first / self.units, _divided(second, self.units, statistics.scatter)
        if covariance.tied:
            counts = counts.sum(keepdims=True)
            second = second[None] if statistics.scatter is Scatter.POOLED else second.sum(axis=0, keepdims=True)
        along_weights = self.mixing.T @ (shares / all_weights(mixture))
        along_means = np.array([_solved(covariance, k, f) for k, f in enumerate(first)])
        return np.concatenate([along_weights, along_means.ravel(), _along_covariance(covariance, counts, second)])

    def errors(self, variance: FloatArray) -> Numbers:
        """Standard errors of all numbers, from the (P, P) covariance of the vector."""
        _, m, c = self._split(np.sqrt(np.diagonal(variance)))
        whole, f = all_weights(self.at), self.mixing.shape[1]
        k = len(self.at.weights)
        share = self.at.weights / whole[:k].sum()  # among the components, where there is noise too
        jacobian = (self.mixing[:k] - np.outer(share, self.mixing[:k].sum(axis=0))) / whole[:k].sum()
        noise = None
        if self.at.noise is not None:
            noise = float(np.sqrt(self.mixing[-1] @ variance[:f, :f] @ self.mixing[-1]))
        covariance = self.at.covariance
        return Numbers(
            weights=np.sqrt(np.einsum("kf,fg,kg->k", jacobian, variance[:f, :f], jacobian)),
            means=m.reshape(self.at.means.shape) * self.units,
            covariances=written_out(_numbers(c, covariance).reshape(covariance.array.shape), covariance)
            * self.units[:, None]
            * self.units,
            noise=noise,
        )

    def _split(self, vector: FloatArray) -> list[FloatArray]:
        f = self.mixing.shape[1]
        return np.split(vector, [f, f + self.at.means.size])


def all_weights(mixture: Parameters) -> FloatArray:
    """(U,) the weights, that of the noise as the last if there is any."""
    return mixture.weights if mixture.noise is None else np.append(mixture.weights, mixture.noise.weight)


def _units(covariance: Covariance) -> FloatArray:
    """(D,) about the standard deviation of each feature within components; of spheres one for all."""
    deviations = np.sqrt(np.einsum("kdd->kd", covariance.dense())).mean(axis=0)
    return np.asarray(np.ldexp(1.0, np.frexp(deviations)[1]))


def _divided(second: FloatArray, units: FloatArray, scatter: Scatter) -> FloatArray:
    """Second moments of rows divided by (D,) ``units``, for spheres all the same."""
    if scatter is Scatter.TRACE:
        return np.asarray(second / units[0] / units[0])
    return np.asarray(second / units / (units if scatter is Scatter.DIAGONAL else units[:, None]))


def _mixing(k: int, noise: bool, equal: bool) -> FloatArray:
    """(U, F): the last of U weights is what the others leave; equal ones move together, against the noise."""
    if equal:
        return np.append(np.full(k, 1 / k), -1.0)[:, None] if noise else np.empty((k, 0))
    free = k - 1 + noise
    return np.concatenate([np.eye(free), -np.ones((1, free))])


def _scales(mixture: Parameters, mixing: FloatArray, total: float) -> FloatArray:
    """(P,) errors of the complete data."""
    counts, c = total * mixture.weights, mixture.covariance
    dense = c.dense()
    variances = np.einsum("kdd->kd", dense)
    spreads = np.sqrt(all_weights(mixture) * (1 - all_weights(mixture)) / total)
    of_weights = np.full(mixing.shape[1], spreads[-1]) if len(spreads) > mixing.shape[1] + 1 else spreads[:-1]
    each = np.array([counts.sum()]) if c.tied else counts
    squares = dense**2 + variances[:, :, None] * variances[:, None, :]
    if c.kind == "spherical":
        of_covariances = np.sqrt(2 * variances[: len(each), :1] ** 2 / (each[:, None] * c.n_features))
    elif c.kind == "diagonal":
        of_covariances = np.sqrt(2 * variances[: len(each)] ** 2 / each[:, None])
    else:
        of_covariances = _triangles(np.sqrt(squares[: len(each)] / each[:, None, None]))
    return np.concatenate([of_weights, np.sqrt(variances / counts[:, None]).ravel(), of_covariances.ravel()])


def _solved(covariance: Covariance, k: int, vector: FloatArray) -> FloatArray:
    """Sigma_k^-1 v for v (D,)."""
    whitener = covariance.whiteners[covariance.slot(k)]
    return np.asarray(whitener.T @ (whitener @ vector) if whitener.ndim == 2 else whitener**2 * vector)


def _along_covariance(covariance: Covariance, counts: FloatArray, second: FloatArray) -> FloatArray:
    """d/dSigma of -1/2 (n log|Sigma| + tr(S Sigma^-1)) along the free entries, from (M,) n and (M, ...) S."""
    w = covariance.whiteners
    if covariance.kind == "spherical":
        return np.asarray(0.5 * (second * w**4 - counts * covariance.n_features * w**2))
    if covariance.kind == "diagonal":
        return np.asarray(0.5 * (second * w**4 - counts[:, None] * w**2)).ravel()
    precision = w.swapaxes(1, 2) @ w
    along = 0.5 * (precision @ second @ precision - counts[:, None, None] * precision)
    twice = 2 - np.eye(covariance.n_features)  # an entry off the diagonal stands twice
    return _triangles(along * twice).ravel()


def _moved(covariance: Covariance, by: FloatArray) -> Covariance:
    """The covariance with its free entries moved."""
    k, tied = covariance.n_components, covariance.tied
    numbers = covariance.array + _numbers(by, covariance).reshape(covariance.array.shape)
    if covariance.kind == "spherical":
        return Spherical(np.atleast_1d(numbers), k, covariance.n_features, tied)
    if covariance.kind == "diagonal":
        return Diagonal(np.atleast_2d(numbers), k, tied)
    return Full(numbers[None] if tied else numbers, k, tied)


def _triangles(matrices: FloatArray) -> FloatArray:
    """(M, D(D+1)/2) lower triangles of (M, D, D)."""
    i, j = np.tril_indices(matrices.shape[1])
    return matrices[:, i, j]


def _numbers(free: FloatArray, covariance: Covariance) -> FloatArray:
    """Free entries in the order of a form's ``array``: for full covariances whole matrices, both triangles."""
    if covariance.kind != "full":
        return free
    d = covariance.n_features
    i, j = np.tril_indices(d)
    whole = np.empty((len(free) // len(i), d, d))
    whole[:, i, j] = whole[:, j, i] = free.reshape(-1, len(i))
    return whole
