"""The reference kernel: plain NumPy, readable, and the definition of the result.

It makes (n, K) arrays and is slow; it exists to be obviously right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.kernels.kernel import Parameters, Whole
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

LOG_2PI = float(np.log(2 * np.pi))
LEAST = -1e300  # a weight of 0, or a row farther away than float64 can square, without infinities


@dataclass(frozen=True)
class ReferenceKernel:
    """All arithmetic in float64, whatever the rows are."""

    def accumulate(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        parameters: Parameters,
        scatter: Scatter,
        whole: Whole | None = None,
    ) -> Statistics:
        weight = np.ones(len(rows)) if sample_weight is None else sample_weight
        joint = _joint_log_densities(rows, parameters)
        with_noise = _beside_noise(joint, parameters)
        log_density = _log_sum_exp(with_noise)
        z = _softmax(with_noise)[:, : joint.shape[1]] * weight[:, None]
        counts, first, second = _moments(rows, z, parameters.means, scatter)
        return Statistics(
            log_likelihood=float(weight @ log_density),
            map_log_responsibility=float(weight @ (with_noise.max(axis=1) - log_density)),
            total=float(weight.sum()),
            counts=counts,
            shift=parameters.means,
            first=first,
            second=second,
            scatter=scatter,
        )

    def accumulate_given(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        assignment: FloatArray | IntArray,
        shift: FloatArray,
        scatter: Scatter,
    ) -> Statistics:
        weight = np.ones(len(rows)) if sample_weight is None else sample_weight
        labels = np.arange(len(shift))
        given = (assignment[:, None] == labels).astype(np.float64) if assignment.ndim == 1 else assignment
        counts, first, second = _moments(rows, given * weight[:, None], shift, scatter)
        return Statistics(0.0, 0.0, float(weight.sum()), counts, shift, first, second, scatter)

    def log_densities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        return _log_sum_exp(_beside_noise(_joint_log_densities(rows, parameters), parameters))

    def responsibilities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        with_noise = _beside_noise(_joint_log_densities(rows, parameters), parameters)
        return _softmax(with_noise)[:, : len(parameters.weights)]

    def classify(self, rows: FloatArray, parameters: Parameters) -> IntArray:
        return np.asarray(_joint_log_densities(rows, parameters).argmax(axis=1))


def _joint_log_densities(rows: FloatArray, parameters: Parameters) -> FloatArray:
    """log w_k + log N(x; mu_k, Sigma_k), (n, K)."""
    covariance = parameters.covariance
    n_components, n_features = parameters.means.shape
    joint = np.empty((len(rows), n_components))
    with np.errstate(divide="ignore"):
        constant = np.log(parameters.weights) - 0.5 * (n_features * LOG_2PI + covariance.log_determinants)
    for k in range(n_components):
        centred = rows.astype(np.float64) - parameters.means[k]
        whitener = covariance.whiteners[covariance.slot(k)]
        whitened = centred @ whitener.T if whitener.ndim == 2 else centred * whitener
        with np.errstate(over="ignore"):
            joint[:, k] = constant[k] - 0.5 * np.einsum("nd,nd->n", whitened, whitened)
    return np.maximum(joint, LEAST)


def _beside_noise(joint: FloatArray, parameters: Parameters) -> FloatArray:
    """With a last column for the noise, if there is any."""
    if parameters.log_noise == -np.inf:
        return joint
    return np.column_stack([joint, np.full(len(joint), parameters.log_noise)])


def _log_sum_exp(joint: FloatArray) -> FloatArray:
    top = joint.max(axis=1)
    return np.asarray(top + np.log(np.exp(joint - top[:, None]).sum(axis=1)))


def _softmax(joint: FloatArray) -> FloatArray:
    odds = np.exp(joint - joint.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _moments(
    rows: FloatArray, z: FloatArray, shift: FloatArray, scatter: Scatter
) -> tuple[FloatArray, FloatArray, FloatArray]:
    n_components, n_features = shift.shape
    first = np.empty((n_components, n_features))
    full = np.empty((n_components, n_features, n_features))
    for k in range(n_components):
        centred = rows.astype(np.float64) - shift[k]
        first[k] = z[:, k] @ centred
        full[k] = (z[:, k, None] * centred).T @ centred
    second = {
        Scatter.TRACE: np.einsum("kdd->k", full),
        Scatter.DIAGONAL: np.einsum("kdd->kd", full).copy(),
        Scatter.FULL: full,
        Scatter.POOLED: full.sum(axis=0),
    }
    return z.sum(axis=0), first, second[scatter]
