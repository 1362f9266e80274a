"""Cumulative probabilities, and their inverse in one dimension."""

from __future__ import annotations

import numpy as np

from bactrian.errors import ParameterError
from bactrian.kernels import Parameters
from bactrian.typing import FloatArray


def cdf(parameters: Parameters, rows: FloatArray) -> FloatArray:
    """P(X <= x) for each row, (n,): exact for one feature, else by SciPy's quasi-Monte Carlo (about 1e-5)."""
    from scipy import special, stats

    if parameters.means.shape[1] == 1:
        return np.asarray(special.ndtr(_standardised(parameters, rows[:, 0])) @ parameters.weights)
    dense = parameters.covariance.dense()
    parts = [
        np.atleast_1d(stats.multivariate_normal.cdf(rows, mean, covariance))
        for mean, covariance in zip(parameters.means, dense, strict=True)
    ]
    return np.asarray(parameters.weights @ np.array(parts))


def quantile(parameters: Parameters, q: FloatArray) -> FloatArray:
    """The x with P(X <= x) = q, for one feature.

    The root lies between the smallest and the largest of the components' own quantiles. Above the median the
    survival function is solved instead, so that both tails are exact.
    """
    from scipy import special
    from scipy.optimize import elementwise

    if parameters.means.shape[1] != 1:
        raise ParameterError(
            f"quantiles are defined for one feature, but the mixture has {parameters.means.shape[1]}; "
            "take a marginal first, as in mixture.marginal([0]).quantile(q)"
        )
    if not ((q >= 0) & (q <= 1)).all():
        raise ParameterError("quantiles are taken at probabilities between 0 and 1")
    means, sds = parameters.means[:, 0], np.sqrt(parameters.covariance.dense()[:, 0, 0])
    upper = q > 0.5
    inner = (q > 0) & (q < 1)
    tail = np.where(inner, np.where(upper, 1 - q, q), 0.5)
    sign = np.where(upper, -1.0, 1.0)
    held = parameters.weights > 0
    z = sign[:, None] * special.ndtri(tail)[:, None] * sds[held] + means[held]

    def excess(x: FloatArray, sign: FloatArray, tail: FloatArray) -> FloatArray:
        z = sign[..., None] * (x[..., None] - means) / sds
        return np.asarray(special.ndtr(z) @ parameters.weights - tail)

    low, high = z.min(axis=1), z.max(axis=1)
    pad = 1e-6 * sds.max() + 1e-12 * np.abs(means).max()
    tight = {"xatol": 0.0, "xrtol": 4e-16, "fatol": 0.0, "frtol": 0.0}
    solved = elementwise.find_root(excess, (low - pad, high + pad), args=(sign, tail), tolerances=tight, maxiter=500).x
    return np.where(inner, solved, np.where(q == 0, -np.inf, np.inf))


def _standardised(parameters: Parameters, x: FloatArray) -> FloatArray:
    sds = np.sqrt(parameters.covariance.dense()[:, 0, 0])
    return np.asarray((x[:, None] - parameters.means[:, 0]) / sds)
