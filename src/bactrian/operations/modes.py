"""The maxima of a mixture's density.

Carreira-Perpinan 2000 (IEEE PAMI 22:1318): climb from every mean by the fixed-point iteration
x <- (sum r_k P_k)^-1 sum r_k P_k mu_k, which never descends, and end with Newton steps.
"""

from __future__ import annotations

import numpy as np

from bactrian.kernels import Kernel, Parameters
from bactrian.typing import FloatArray

CLIMBS = 1000
NEAR = 0.5  # standard deviations between ends that may be the same top


def modes(parameters: Parameters, kernel: Kernel) -> FloatArray:
    """(M, D) array of the distinct maxima, highest density first; 1 <= M."""
    precisions = np.linalg.inv(parameters.covariance.dense())
    scale = np.sqrt(np.einsum("kdd->kd", parameters.covariance.dense()).min(axis=0))
    points = _climb(parameters.means, parameters, precisions, kernel, scale)
    points = _leave_saddles(points, parameters, precisions, kernel, scale)
    points = points[np.argsort(-kernel.log_densities(points, parameters), kind="stable")]
    found: list[FloatArray] = []
    for point in points:
        for i, other in enumerate(found):
            top = _common_top(point, other, parameters, kernel, scale)
            if top is not None:
                found[i] = top
                break
        else:
            found.append(point)
    return _newton(np.array(found), parameters, precisions, kernel, scale)


def _common_top(
    a: FloatArray, b: FloatArray, parameters: Parameters, kernel: Kernel, scale: FloatArray
) -> FloatArray | None:
    """The highest point between two near ends, if no valley lies between: on a flat top climbs stop early."""
    if np.abs((a - b) / scale).max() > NEAR:
        return None
    between = a + np.linspace(0, 1, 33)[:, None] * (b - a)
    heights = kernel.log_densities(between, parameters)
    valley = heights.min() < min(heights[0], heights[-1]) - 1e-12
    return None if valley else np.asarray(between[heights.argmax()])


def _climb(
    points: FloatArray, parameters: Parameters, precisions: FloatArray, kernel: Kernel, scale: FloatArray
) -> FloatArray:
    for _ in range(CLIMBS):
        r = kernel.responsibilities(points, parameters)
        matrices = np.einsum("nk,kde->nde", r, precisions)
        # the step is taken about the point itself, so that data far from the origin lose nothing
        pulls = np.einsum("nk,kde,nke->nd", r, precisions, parameters.means - points[:, None, :])
        steps = np.linalg.solve(matrices, pulls[:, :, None])[:, :, 0]
        points = points + steps
        if np.abs(steps / scale).max() < 1e-9:
            break
    return _newton(points, parameters, precisions, kernel, scale)


def _newton(
    points: FloatArray, parameters: Parameters, precisions: FloatArray, kernel: Kernel, scale: FloatArray
) -> FloatArray:
    for _ in range(5):
        gradient, hessian = _derivatives(points, parameters, precisions, kernel)
        downhill = np.linalg.eigvalsh(hessian)[:, -1] < 0
        if not downhill.any():
            return points
        steps = np.linalg.solve(hessian[downhill], -gradient[downhill][:, :, None])[:, :, 0]
        steps[np.abs(steps / scale).max(axis=1) > 1e-2] = 0.0  # Newton is only for the last digits
        points = points.copy()
        points[downhill] += steps
    return points


def _leave_saddles(
    points: FloatArray, parameters: Parameters, precisions: FloatArray, kernel: Kernel, scale: FloatArray
) -> FloatArray:
    """A climb from a symmetric place can end on a saddle: step off both ways, where it curves most."""
    _, hessian = _derivatives(points, parameters, precisions, kernel)
    values, vectors = np.linalg.eigh(hessian * scale[:, None] * scale)
    saddle = values[:, -1] > 1e-9
    if not saddle.any():
        return points
    step = 1e-2 * scale * vectors[saddle, :, -1]
    off = _climb(np.concatenate([points[saddle] + step, points[saddle] - step]), parameters, precisions, kernel, scale)
    return np.concatenate([points[~saddle], off])


def _derivatives(
    points: FloatArray, parameters: Parameters, precisions: FloatArray, kernel: Kernel
) -> tuple[FloatArray, FloatArray]:
    """Gradient (n, D) and Hessian (n, D, D) of the density, both divided by the density."""
    r = kernel.responsibilities(points, parameters)
    scores = np.einsum("kde,nke->nkd", precisions, parameters.means - points[:, None, :])
    gradient = np.einsum("nk,nkd->nd", r, scores)
    hessian = np.einsum("nk,nkd,nke->nde", r, scores, scores) - np.einsum("nk,kde->nde", r, precisions)
    return gradient, hessian
