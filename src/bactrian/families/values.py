"""Variances along axes that are known: the best ones when volumes and shapes are equal or variable.

All four functions take ``energies`` (K, D), the diagonals of D_k^T W_k D_k; ``counts`` (K,) n_k, positive; and
``least`` (K, D), what the floor allows along each axis. They return (K, D) variances v_kj = lambda_k a_kj that maximise
-1/2 sum_kj (n_k log v_kj + energies_kj / v_kj) with every v_kj >= least_kj (Celeux & Govaert 1995). ``volumes`` (K,) is
where an iteration may begin. An axis without energy and without floor gets variance 0, which no covariance accepts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from bactrian.typing import FloatArray

Values: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, FloatArray | None], FloatArray]

TIGHT = 1e-13  # relative change at which an iteration has converged
MOST = 2000
NOTHING = -200.0  # logarithm of an energy, for the least, that is as good as none
WIDEST = 1e100


def equal_equal(
    energies: FloatArray, counts: FloatArray, least: FloatArray, volumes: FloatArray | None = None
) -> FloatArray:
    """lambda A: the average, held where any component's floor holds it."""
    return np.broadcast_to(np.maximum(energies.sum(0) / counts.sum(), least.max(0)), energies.shape)


def variable_variable(
    energies: FloatArray, counts: FloatArray, least: FloatArray, volumes: FloatArray | None = None
) -> FloatArray:
    """lambda_k A_k: each component's own variances."""
    return np.asarray(np.maximum(energies / counts[:, None], least))


def variable_equal(
    energies: FloatArray, counts: FloatArray, least: FloatArray, volumes: FloatArray | None = None
) -> FloatArray:
    """lambda_k A: volumes and the shape in turn, each the best for the other; convex in logarithms, so one optimum.

    At the floor too each is the best that the other allows, so the objective never falls.
    """
    if not least.all() and ((energies.sum(1) == 0).any() or (energies.sum(0) == 0).any()):
        return np.asarray(energies / counts[:, None])
    n_features, total = energies.shape[1], counts.sum()
    volume = energies.sum(1) / counts / n_features if volumes is None else volumes
    volume = np.maximum(volume, least.min(1))
    for _ in range(MOST):
        shape = np.maximum((energies / volume[:, None]).sum(0) / total, (least / volume[:, None]).max(0))
        last, volume = volume, np.maximum((energies / shape).sum(1) / (n_features * counts), (least / shape).max(1))
        if (np.abs(volume - last) <= TIGHT * volume).all():
            break
    return np.asarray(volume[:, None] * shape)


def equal_variable(
    energies: FloatArray, counts: FloatArray, least: FloatArray, volumes: FloatArray | None = None, span: float = np.inf
) -> FloatArray:
    """lambda A_k: geometric means.

    A component without energy along some axis would need endless variance along the others for its volume to be
    theirs, so no variance may be more than ``span`` times the least. Where this or the floor binds the optimum is
    v_kj = energies_kj / mu_k within its bounds, with one volume for all and sum_k mu_k = N (Karush-Kuhn-Tucker).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(energies)
        geometric = np.exp(logs.mean(1, keepdims=True))
        free = energies * (geometric.sum() / counts.sum() / geometric)
    if not least.all():
        return np.where(energies > 0, free, 0.0)
    if (free >= least).all() and (free <= span * least).all():
        return np.asarray(free)
    low = np.log(least)
    return _within_bounds(np.maximum(logs, low + NOTHING), low, low + np.log(min(span, WIDEST)), np.log(counts.sum()))


def _within_bounds(logs: FloatArray, low: FloatArray, high: FloatArray, log_total: float) -> FloatArray:
    """Newton's steps for the common log-volume theta, in a bracket, until sum_k mu_k = N; all in logarithms."""
    n_features = logs.shape[1]
    left, right = float(low.mean(1).max()), float(high.mean(1).min())
    theta = left
    for _ in range(200):
        log_mu, free = _multipliers(logs, low, high, n_features * theta)
        shift = log_mu.max()
        mu = np.exp(log_mu - shift)
        above = shift + np.log(mu.sum()) - log_total
        left, right = (theta, right) if above > 0 else (left, theta)
        with np.errstate(divide="ignore"):
            ahead = theta + above / (n_features * (mu / free).sum() / mu.sum())
        last, theta = theta, ahead if left < ahead < right else (left + right) / 2
        if abs(theta - last) <= TIGHT:
            break
    return np.exp(np.clip(logs - log_mu[:, None], low, high))


def _multipliers(logs: FloatArray, low: FloatArray, high: FloatArray, size: float) -> tuple[FloatArray, FloatArray]:
    """log mu_k with sum_j clip(logs_kj - log mu_k, low_kj, high_kj) = size, and how many axes are at no bound there.

    The sum is linear in log mu_k between the points where an axis meets a bound.
    """
    points = np.sort(np.concatenate([logs - high, logs - low], axis=1), axis=1)  # the sum falls from one to the next
    sums = np.clip(logs[:, None, :] - points[:, :, None], low[:, None, :], high[:, None, :]).sum(2)
    after = np.clip((sums > size).sum(1), 1, points.shape[1] - 1)
    at = np.arange(len(logs))
    ahead, behind = points[at, after], points[at, after - 1]
    fall, length = sums[at, after - 1] - sums[at, after], ahead - behind
    part = np.clip((sums[at, after - 1] - size) / np.where(fall > 0, fall, 1.0), 0.0, 1.0)
    return behind + part * length, np.where(length > 0, fall / np.where(length > 0, length, 1.0), 1.0)
