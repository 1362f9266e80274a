"""Rows and a start that every cluster is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.sources import Source
from tests.fit.cases import lobes

X = lobes(4000, 3, 3)
WEIGHT = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
START = bt.Mixture(np.full(3, 1 / 3), X[:3], np.repeat(3 * np.eye(3)[None], 3, axis=0))


def climb(source: Source, code: str = "VVV", n: int = 8, observe: Callable[[Any], None] | None = None) -> em.Climb:
    """EM for n iterations from the start."""
    objective = Objective(FAMILIES[code], Floor(np.full(3, 1e-8)))
    first = em.Climb(objective, START.parameters)
    return em.run(source, NativeKernel(), [first], tol=0, max_iter=n, observe=observe)[0]


def assert_close(one: em.Climb, other: em.Climb, tolerance: float = 1e-10) -> None:
    for a, b in zip(numbers(one), numbers(other), strict=True):
        assert np.abs(a - b).max() <= tolerance * np.abs(b).max()


def assert_same_bits(one: em.Climb, other: em.Climb) -> None:
    for a, b in zip(numbers(one), numbers(other), strict=True):
        assert np.array_equal(a, b)


def numbers(climb: em.Climb) -> list[np.ndarray]:
    p = climb.mixture
    return [p.weights, p.means, p.covariance.array, np.array(climb.history)]
