"""Rows to fit and a mixture to begin from, the same for every contestant.

Lobes stand about 6 standard deviations apart whatever D is, and all are equally large. Further apart, responsibilities
would underflow to zero, and bactrian's kernel would skip work that its rivals do; of unequal size, some components of
the largest K would hold fewer rows than features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bactrian as bt


@dataclass(frozen=True)
class Shape:
    covariance: str
    n: int
    d: int
    k: int

    def __str__(self) -> str:
        return f"{self.covariance} {self.n:.0e}, {self.d}, {self.k}".replace("e+0", "e")


def make_rows(n: int, d: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) rows of K unit lobes, and the (K, D) means they were drawn around."""
    rng = np.random.default_rng(seed)
    means = 3 * np.sqrt(2 / d) * rng.normal(size=(k, d))
    rows = rng.normal(size=(n, d))
    rows += means[rng.permutation(np.arange(n) % k)]
    return rows, means


def make_problem(shape: Shape) -> tuple[np.ndarray, bt.Mixture]:
    """Rows of K lobes, and a mixture near them to begin from: equal weights, unit covariances."""
    rows, means = make_rows(shape.n, shape.d, shape.k)
    start = means + 0.1 * np.random.default_rng(1).normal(size=means.shape)
    eye = np.eye(shape.d)
    numbers, form = {
        "full": (np.repeat(eye[None], shape.k, axis=0), "full"),
        "tied": (eye, "tied"),
        "diag": (np.ones((shape.k, shape.d)), "diagonal"),
        "spherical": (np.ones(shape.k), "spherical"),
    }[shape.covariance]
    return rows, bt.Mixture(np.full(shape.k, 1 / shape.k), start, numbers, form=form)
