"""The distribution of some features, given values of the others."""

from __future__ import annotations

import numpy as np

from bactrian.covariance import Covariance, Full
from bactrian.errors import ParameterError
from bactrian.kernels import Kernel, Parameters
from bactrian.typing import FloatArray, IntArray

FARTHEST = -1e299  # kernels say -1e300 where a squared distance overflows


def condition(
    parameters: Parameters, free: IntArray, given: IntArray, values: FloatArray, kernel: Kernel
) -> list[Parameters]:
    """p(x_free | x_given = v) for each row v of ``values`` (B, len(given)).

    A Gaussian stays Gaussian under conditioning (Bishop 2006, eqs. 2.81-2.82); the new weights are the
    responsibilities of the components for v under the marginal of the given features.
    """
    covariance = parameters.covariance
    marginal = Parameters(parameters.weights, parameters.means[:, given], covariance.marginal(given))
    weights = kernel.responsibilities(values, marginal)
    if (kernel.log_densities(values, marginal) < FARTHEST).any():
        raise ParameterError(
            "the values conditioned on lie so far from every component that squared distances leave the "
            "range of float64, so no weights can be found"
        )
    weights = weights / weights.sum(axis=1, keepdims=True)
    remaining, regression = _conditional(covariance, free, given)
    offsets = values[:, None, :] - marginal.means  # (B, K, G)
    means = parameters.means[:, free] + np.einsum("kfg,bkg->bkf", regression, offsets)
    return [Parameters(w, m, remaining) for w, m in zip(weights, means, strict=True)]


def _conditional(covariance: Covariance, free: IntArray, given: IntArray) -> tuple[Covariance, FloatArray]:
    """The covariance of what is left, and the (K, free, given) regression coefficients.

    Read off the Cholesky factor of the features in the order (given, free), which keeps the result positive
    definite where the textbook's difference of matrices need not be.
    """
    k, n_free, n_given = covariance.n_components, len(free), len(given)
    if not isinstance(covariance, Full):
        return covariance.marginal(free), np.zeros((k, n_free, n_given))
    ordered = covariance.marginal(np.concatenate([given, free]))
    lower = ordered.cholesky
    left = lower[:, n_given:, n_given:]
    regression = lower[:, n_given:, :n_given] @ ordered.whiteners[:, :n_given, :n_given]
    remaining = Full(left @ left.swapaxes(1, 2), k, covariance.tied)
    return remaining, np.broadcast_to(regression, (k, n_free, n_given))
