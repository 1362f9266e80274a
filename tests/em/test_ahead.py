"""Iterations made in the core are those of the loop."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian import em
from bactrian.families import FAMILIES
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment


class OnlyFolds(ArraySource):
    """Rows whose climbs are left to the loop."""

    def climb(self, *arguments):
        return None


def lobes(n: int, d: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(n, d)) + 3 * rng.normal(size=d) for _ in range(3)])


def climbs(source, family, **how):
    kernel = NativeKernel(2)
    floor = make_floor(source, None, None)
    labels = np.random.default_rng(1).integers(0, 3, source.n_rows)
    start = from_assignment(source, kernel, Objective(FAMILIES[family], floor), labels, 3)
    return em.run(source, kernel, [start], **how)[0]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [1, 2, 5, 14])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "how", [{"tol": 0.0, "max_iter": 7}, {"tol": 1e-6, "max_iter": 500}, {"tol": 1e-3, "max_iter": 0}]
)
def test_the_same_climb(family, d, weighted, how):
    x = lobes(80, d)
    weight = np.random.default_rng(2).uniform(0.5, 2, len(x)) if weighted else None
    mine, expected = (climbs(source(x, weight), family, **how) for source in (ArraySource, OnlyFolds))
    # a gain at the tolerance may round to either side of it
    assert abs(len(mine.history) - len(expected.history)) <= (how["tol"] > 0)
    n = min(len(mine.history), len(expected.history))
    assert mine.history[:n] == pytest.approx(expected.history[:n], rel=1e-12)
    assert mine.status is expected.status
    if len(mine.history) == len(expected.history):
        assert np.allclose(mine.mixture.means, expected.mixture.means, rtol=0, atol=1e-9)
        assert np.allclose(mine.mixture.covariance.array, expected.mixture.covariance.array, rtol=0, atol=1e-9)
        assert mine.map_log_responsibility == pytest.approx(expected.map_log_responsibility, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_watched_or_not_the_bits_are_the_same(family):
    source, seen = ArraySource(lobes(80, 3)), []
    alone = climbs(source, family, tol=1e-6, max_iter=200)
    watched = climbs(source, family, tol=1e-6, max_iter=200, observe=lambda now: seen.append(now[0].history))
    assert [len(history) for history in seen] == list(range(1, len(watched.history) + 1))
    assert alone.history == watched.history
    assert np.array_equal(alone.mixture.covariance.array, watched.mixture.covariance.array)


@pytest.mark.parametrize("family", ["VII", "VVI", "VVV"])
def test_a_collapse_is_handed_to_the_loop(family):
    x = lobes(30, 2)
    x[:30] = x[0]  # a lobe without any spread
    labels = np.repeat([0, 1, 2], 30)
    found = []
    for source in (ArraySource(x), OnlyFolds(x)):
        floor = make_floor(source, None, None)
        start = from_assignment(source, NativeKernel(1), Objective(FAMILIES[family], floor), labels, 3)
        found.append(em.run(source, NativeKernel(1), [start], tol=1e-6, max_iter=50)[0])
    assert found[0].held == found[1].held == (0,)
    assert found[0].history == pytest.approx(found[1].history, rel=1e-12)
