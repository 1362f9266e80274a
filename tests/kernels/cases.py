"""One table of problems for every kernel: forms x shapes x dtypes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.kernels import Parameters

SHAPES = [(1, 1, 1), (5, 1, 3), (193, 2, 1), (400, 2, 7), (300, 3, 4), (97, 4, 2), (250, 5, 3), (511, 8, 5)]
LARGE_SHAPES = [(205, 9, 3), (130, 13, 2), (101, 34, 3), (64, 67, 2), (230, 200, 2)]
ABREAST = [(97, 16, 6), (410, 14, 15), (500, 17, 23), (210, 13, 37), (390, 45, 8), (130, 20, 70)]  # components in lanes
LARGE_SHAPES += ABREAST
FORMS = list(product(("full", "diagonal", "spherical"), (False, True)))


@dataclass(frozen=True)
class Case:
    rows: NDArray[np.floating]
    weight: NDArray[np.float64]
    parameters: Parameters


def make_case(n: int, d: int, k: int, kind: str, tied: bool, dtype: type, seed: int = 0) -> Case:
    rng = np.random.default_rng([seed, n, d, k])
    rows = (rng.normal(size=(n, d)) * 2 + 3).astype(dtype)
    parameters = Parameters(rng.dirichlet(np.ones(k)), rng.normal(size=(k, d)) + 3, covariance(rng, kind, tied, k, d))
    return Case(rows, rng.uniform(0, 2, n), parameters)


def covariance(rng: np.random.Generator, kind: str, tied: bool, k: int, d: int) -> Covariance:
    m = 1 if tied else k
    if kind == "full":
        a = rng.normal(size=(m, d, d))
        return Full(a @ a.swapaxes(1, 2) / d + np.eye(d) * 0.5, k, tied)
    if kind == "diagonal":
        return Diagonal(rng.uniform(0.3, 2, (m, d)), k, tied)
    return Spherical(rng.uniform(0.3, 2, m), k, d, tied)
