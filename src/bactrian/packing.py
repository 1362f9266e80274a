"""Statistics and parameters as flat float64 vectors: what travels between the machines of a cluster.

Symmetric matrices travel as their lower triangles, so a full mixture and its statistics have about
K (D+1)(D+2)/2 numbers. Packed statistics of the same shape add like any vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.kernels import Noise, Parameters
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

SCALARS = 3  # log-likelihood, log of the largest responsibility, total weight


def pack(statistics: Statistics) -> FloatArray:
    """The sums as one vector; the shift stays behind, for whoever asked knows it."""
    s = statistics
    second = lower_triangles(s.second) if s.scatter in (Scatter.FULL, Scatter.POOLED) else s.second
    scalars = [s.log_likelihood, s.map_log_responsibility, s.total]
    return np.concatenate([scalars, s.counts, s.first.ravel(), second.ravel()])


def packed_size(shift: FloatArray, scatter: Scatter) -> int:
    """Numbers in ``pack`` of statistics about a (K, D) shift."""
    k, d = shift.shape
    size: int = SCALARS + k + k * d + np.prod(_packed_shape(k, d, scatter), dtype=int)
    return size


def unpack(vector: FloatArray, shift: FloatArray, scatter: Scatter) -> Statistics:
    """What was packed, about the (K, D) shift it was taken about."""
    k, d = shift.shape
    scalars, counts, first, second = np.split(vector, np.cumsum([SCALARS, k, k * d]))
    second = second.reshape(_packed_shape(k, d, scatter))
    if scatter in (Scatter.FULL, Scatter.POOLED):
        second = from_lower_triangles(second, d)
    log_likelihood, map_log_responsibility, total = map(float, scalars)
    return Statistics(
        log_likelihood, map_log_responsibility, total, counts, shift, first.reshape(k, d), second, scatter
    )


def unpack_all(vector: FloatArray, shifts: Sequence[FloatArray], scatters: Sequence[Scatter]) -> list[Statistics]:
    """Several packed one behind the other."""
    pairs = list(zip(shifts, scatters, strict=True))
    ends = np.cumsum([packed_size(shift, scatter) for shift, scatter in pairs])
    vectors = np.split(vector, ends[:-1])
    return [unpack(v, shift, scatter) for v, (shift, scatter) in zip(vectors, pairs, strict=True)]


@dataclass(frozen=True, eq=False)
class PackedParameters:
    """A mixture on its way, or at rest: factors are left behind and made again when it arrives, to the same bits.

    ``numbers`` : weights (K,), means (K, D) and the covariances' own numbers, one behind the other.
    """

    kind: str
    tied: bool
    n_components: int
    n_features: int
    numbers: FloatArray
    noise: Noise | None

    @classmethod
    def of(cls, parameters: Parameters) -> PackedParameters:
        covariance = parameters.covariance
        array = lower_triangles(covariance.array) if covariance.kind == "full" else covariance.array
        k, d = parameters.means.shape
        numbers = np.concatenate([parameters.weights, parameters.means.ravel(), array.ravel()])
        return cls(covariance.kind, covariance.tied, k, d, numbers, parameters.noise)

    @property
    def shape(self) -> tuple[int, int]:
        """(K, D)."""
        return self.n_components, self.n_features

    def read(self, name: str) -> dict[str, Any]:
        """As a ``Holder``: of its numbers those that are asked for, in full."""
        if name == "covariance":
            return {name: self._covariance()}
        k, d = self.shape
        return {"weights": self.numbers[:k], "means": self.numbers[k : k + k * d].reshape(k, d)}

    def unpack(self) -> Parameters:
        return Parameters(**self.read("means"), **self.read("covariance"), noise=self.noise)

    def _covariance(self) -> Covariance:
        k, d = self.shape
        numbers, matrices = self.numbers[k + k * d :], 1 if self.tied else k
        if self.kind == "spherical":
            return Spherical(numbers, k, d, self.tied)
        if self.kind == "diagonal":
            return Diagonal(numbers.reshape(matrices, d), k, self.tied)
        return Full(from_lower_triangles(numbers.reshape(matrices, -1), d), k, self.tied)


def resting(parameters: Parameters) -> Parameters:
    """The same, packed until it is asked for."""
    return Parameters.standing(PackedParameters.of(parameters), parameters.noise)


def lower_triangles(matrices: FloatArray) -> FloatArray:
    """(..., D(D+1)/2) lower triangles, row by row, of (..., D, D) matrices."""
    return np.asarray(matrices[..., *np.tril_indices(matrices.shape[-1])])


def from_lower_triangles(triangles: FloatArray, n_features: int) -> FloatArray:
    """(..., D, D) symmetric matrices."""
    i, j = np.indices((n_features, n_features))
    row, column = np.maximum(i, j), np.minimum(i, j)
    return np.asarray(triangles[..., row * (row + 1) // 2 + column])


def _packed_shape(k: int, d: int, scatter: Scatter) -> tuple[int, ...]:
    """The shape of the second moments once symmetric matrices are triangles."""
    triangle = d * (d + 1) // 2
    return {Scatter.FULL: (k, triangle), Scatter.POOLED: (triangle,)}.get(scatter, scatter.shape(k, d))
