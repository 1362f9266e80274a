"""Scatter that all families are tried on, and the objective of an M-step."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from bactrian.covariance import Covariance
from bactrian.families import FAMILIES, Family, Floor, Scatters
from bactrian.statistics import Scatter
from tests.fit.cases import lobes

K, D = 3, 4
NO_FLOOR = Floor(np.zeros(D))

# mclust's order; each family is within those that follow it in a chain
CHAINS = [
    ("EII", "VII", "VEI", "VVI", "VVE", "VVV"), ("EII", "EEI", "VEI", "VEE", "VEV", "VVV"),
    ("EEI", "EVI", "VVI", "VVE"), ("EVI", "EVE", "EVV", "VVV"), ("EEI", "EEE", "VEE", "VVE", "VVV"),
    ("EEE", "EVE", "VVE"), ("EEE", "EEV", "VEV", "VVV"), ("EEV", "EVV", "VVV"), ("EVE", "EVV"), ("VEE", "VEV"),
]  # fmt: skip

# the linear maps under which each family is closed
ROTATIONS = ("EII", "VII", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
AXIS_SCALES = ("EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVV", "VVV")
ALL_MAPS = ("EEE", "VEE", "EVV", "VVV")


def moments(x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """W_k (K, D, D) and n_k (K,) of rows under responsibilities."""
    counts = z.sum(0)
    means = z.T @ x / np.where(counts > 0, counts, 1)[:, None]
    return np.stack([((x - m) * w[:, None]).T @ (x - m) for m, w in zip(means, z.T, strict=True)]), counts


def case(d: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = lobes(60 * d, d, k, seed)
    return moments(x, np.random.default_rng(seed).dirichlet(np.full(k, 0.3), len(x)))


X = lobes(300, D, K)
Z = np.random.default_rng(0).dirichlet(np.ones(K), len(X))
WITHIN, COUNTS = moments(X, Z)


def scatters(family: Family, within: np.ndarray = WITHIN, counts: np.ndarray = COUNTS) -> Scatters:
    """What the family's M-step sees of (K, D, D) scatter."""
    shown = {
        Scatter.TRACE: np.einsum("kii->k", within),
        Scatter.DIAGONAL: np.einsum("kii->ki", within),
        Scatter.FULL: within,
        Scatter.POOLED: within.sum(0),
    }
    return Scatters(shown[family.scatter], counts, within.shape[1])


def m_step(code: str, within: np.ndarray = WITHIN, counts: np.ndarray = COUNTS, floor=None, before=None):
    family = FAMILIES[code]
    floor = Floor(np.zeros(within.shape[1])) if floor is None else floor
    return family.m_step(scatters(family, within, counts), floor, before)


def objective(covariance: Covariance | np.ndarray, within: np.ndarray = WITHIN, counts: np.ndarray = COUNTS) -> float:
    """What the M-step maximises: -1/2 sum_k { n_k log|Sigma_k| + tr(W_k Sigma_k^-1) }."""
    dense = covariance if isinstance(covariance, np.ndarray) else covariance.dense()
    traces = np.einsum("kij,kji->k", within, np.linalg.inv(dense))
    return float(-0.5 * (counts @ np.linalg.slogdet(dense)[1] + traces.sum()))


def neighbour(code: str, covariance: Covariance, step: float, rng: np.random.Generator) -> np.ndarray:
    """(K, D, D) matrices of the same family, a random step away in volume, shape and orientation."""
    volume, shape, orientation = code
    parts = FAMILIES[code].decompose(covariance)
    k, d = parts.shapes.shape
    logs = step * rng.normal(size=(k if volume == "V" else 1, 1))
    if shape != "I":
        bent = step * rng.normal(size=(k if shape == "V" else 1, d))
        logs = logs + bent - bent.mean(1, keepdims=True)
    values = parts.volumes[:, None] * parts.shapes * np.exp(logs)
    axes = parts.orientations
    if orientation != "I":
        skew = step * rng.normal(size=(k if orientation == "V" else 1, d, d))
        axes = axes @ expm(skew - skew.swapaxes(1, 2))
    return (axes * values[:, None, :]) @ axes.swapaxes(1, 2)


def assert_in_family(code: str, dense: np.ndarray, tolerance: float = 1e-9) -> None:
    """The matrices share what the letters say, judged without the family's own decomposition."""
    volume, shape, orientation = code
    d = dense.shape[1]
    volumes = np.exp(np.linalg.slogdet(dense)[1] / d)
    shapes = np.linalg.eigvalsh(dense) / volumes[:, None]
    if volume == "E":
        assert np.allclose(volumes, volumes[0], rtol=tolerance)
    if shape == "I":
        assert np.allclose(shapes, 1, rtol=tolerance)
    if shape == "E":
        assert np.allclose(shapes, shapes[0], rtol=tolerance)
    size = np.sqrt(np.einsum("kii->ki", dense))
    unit = dense / size[:, :, None] / size[:, None, :]
    if orientation == "I":
        assert np.allclose(unit, np.eye(d), atol=tolerance)
    if orientation == "E":  # the same axes: the matrices commute
        scaled = dense / volumes[:, None, None]
        products = scaled[:, None] @ scaled[None]
        assert np.allclose(products, products.swapaxes(2, 3), atol=tolerance * np.abs(products).max())


def slopes(code: str, covariance: Covariance, within: np.ndarray = WITHIN, counts: np.ndarray = COUNTS) -> np.ndarray:
    """The objective's derivatives by every parameter of the family, for each row: log-volumes, log-shapes, angles.

    With axes Q_k and variances v_k along them, M_k = Q_k' W_k Q_k: by log v_kd it is (M_kdd / v_kd - n_k) / 2, by the
    angle in the plane of axes i and j M_kij (1 / v_ki - 1 / v_kj); what components share adds up over them.
    """
    volume, shape, orientation = code
    parts = FAMILIES[code].decompose(covariance)
    values, axes = parts.volumes[:, None] * parts.shapes, parts.orientations
    turned = axes.swapaxes(1, 2) @ within @ axes
    by_log = 0.5 * (np.einsum("kdd->kd", turned) / values - counts[:, None])
    shared = {"V": lambda each: each, "E": lambda each: each.sum(0, keepdims=True)}
    found = [shared[volume](by_log.sum(1, keepdims=True))]
    if shape != "I":
        by_shape = shared[shape](by_log)
        found.append(by_shape - by_shape.mean(1, keepdims=True))
    if orientation != "I":
        found.append(shared[orientation](turned * (1 / values[:, :, None] - 1 / values[:, None, :])))
    return np.concatenate([f.ravel() for f in found]) / counts.sum()
