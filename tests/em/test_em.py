"""The loop: what it counts, when it ends, and that climbs in lock-step do not feel each other."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.acceleration import remaining
from bactrian.em import Climb, Status, run
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from tests.fit.cases import DATA

KERNEL = NativeKernel()
FLOOR = Floor(np.full(2, 1e-10))
SOURCE = ArraySource(DATA["2-D"])


def climb(code: str, seed: int) -> Climb:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, SOURCE.n_rows)
    objective = Objective(FAMILIES[code], FLOOR)
    statistics = SOURCE.fold_given(KERNEL, labels, np.zeros((3, 2)), objective.family.scatter)
    return Climb(objective, objective.maximize(statistics)[0])


def test_lock_step_changes_nothing():
    starts = [climb("VVV", 0), climb("EEE", 1), climb("VII", 2)]
    together = run(SOURCE, KERNEL, starts, tol=1e-6, max_iter=500)
    alone = [run(SOURCE, KERNEL, [s], tol=1e-6, max_iter=500)[0] for s in starts]
    assert len({len(c.history) for c in together}) > 1  # they end at different times
    for a, b in zip(together, alone, strict=True):
        assert a.history == b.history
        assert np.array_equal(a.mixture.means, b.mixture.means)


def test_a_climb_can_go_on_where_it_stopped():
    (whole,) = run(SOURCE, KERNEL, [climb("VVV", 0)], tol=0, max_iter=30)
    (half,) = run(SOURCE, KERNEL, [climb("VVV", 0)], tol=0, max_iter=10)
    (rest,) = run(SOURCE, KERNEL, [half], tol=0, max_iter=20)
    assert rest.history == whole.history
    assert rest.n_iter == 30


@pytest.mark.parametrize("n", [0, 1, 7])
def test_tol_zero_runs_exactly_max_iter(n):
    passes = []
    (end,) = run(SOURCE, KERNEL, [climb("VVI", 0)], tol=0, max_iter=n, observe=passes.append)
    assert end.status is Status.MAX_ITER
    assert end.n_iter == n
    assert len(passes) == n + 1  # the last one gives the log-likelihood of what is returned
    assert end.log_likelihood == pytest.approx(KERNEL.log_densities(SOURCE.values, end.mixture).sum(), rel=1e-12)


@pytest.mark.parametrize("code", FAMILIES)
def test_native_and_reference_climb_the_same_path(code):
    start = climb(code, 0)
    ends = [run(SOURCE, k, [start], tol=0, max_iter=40)[0] for k in (KERNEL, ReferenceKernel())]
    assert np.allclose(ends[0].history, ends[1].history, rtol=1e-12)
    assert np.allclose(ends[0].mixture.means, ends[1].mixture.means, rtol=1e-8, atol=1e-8)


def test_what_is_left_is_the_sum_of_the_gains_to_come():
    gains = 0.9 ** np.arange(40)
    history = tuple(np.concatenate([[0.0], np.cumsum(gains)]))
    assert remaining(history) == pytest.approx(0.9**40 / 0.1, rel=1e-9)


@pytest.mark.parametrize(
    ("history", "left"),
    [((), np.inf), ((1.0,), np.inf), ((0.0, 1.0), np.inf), ((0.0, 1.0, 3.0), np.inf), ((1.0, 2.0, 2.0), 0.0)],
)
def test_too_little_is_known_or_nothing_is_left(history, left):
    assert remaining(history) == left
