"""Random rows, and the numbers that are estimated with them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bactrian.kernels import Kernel, Parameters
from bactrian.typing import FloatArray, IntArray


class Estimate(NamedTuple):
    """A number known up to Monte Carlo error."""

    value: float
    standard_error: float


def sample(parameters: Parameters, n: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """(n, D) independent rows in no particular order, and their (n,) components."""
    n_components, n_features = parameters.means.shape
    labels = rng.choice(n_components, size=n, p=parameters.weights)
    rows = rng.standard_normal((n, n_features))
    for k in range(n_components):
        own = labels == k
        rows[own] = parameters.means[k] + parameters.covariance.color(k, rows[own])
    return rows, labels


def entropy(parameters: Parameters, n: int, rng: np.random.Generator, kernel: Kernel) -> Estimate:
    """-E log p(X) in nats: exact for one component, else the mean over n draws."""
    if len(parameters.weights) == 1:
        n_features = parameters.means.shape[1]
        log_determinant = float(parameters.covariance.log_determinants[0])
        return Estimate(0.5 * (n_features * (1 + np.log(2 * np.pi)) + log_determinant), 0.0)
    surprise = -kernel.log_densities(sample(parameters, n, rng)[0], parameters)
    return Estimate(float(surprise.mean()), float(surprise.std(ddof=1) / np.sqrt(n)))


def log_density_level(
    parameters: Parameters, mass: FloatArray, n: int, rng: np.random.Generator, kernel: Kernel
) -> FloatArray:
    """log c with {x : p(x) >= c} of that mass, a quantile of log p(X) (Hyndman 1996, Am. Stat. 50:120)."""
    if len(parameters.weights) == 1:
        from scipy import special

        n_features = parameters.means.shape[1]
        top = -0.5 * (n_features * np.log(2 * np.pi) + parameters.covariance.log_determinants[0])
        return np.asarray(top - special.gammaincinv(n_features / 2, mass))  # half a chi-square quantile
    drawn = kernel.log_densities(sample(parameters, n, rng)[0], parameters)
    return np.asarray(np.quantile(drawn, 1 - mass))
