"""Climbs on ever larger samples: where they are made, what they save, and where they are not asked for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.acceleration import Squarem
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts import Levels
from bactrian.starts.levels import LEAST, STEP

N, K = 60_000, 4
KERNEL = NativeKernel(2)


@pytest.fixture(scope="module")
def rows():
    """Overlapping lobes, so that climbs are long."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, 2)) + np.array([[0, 0], [2.5, 0], [0, 3], [5, 5]])[rng.integers(0, 4, N)]


@pytest.fixture
def reads(monkeypatch):
    """How often sources of each size were read under a mixture."""
    seen: dict[int, int] = {}
    fold = ArraySource.fold

    def counted(self, kernel, mixtures, scatters):
        for mixture in mixtures:
            if len(mixture.weights) > 1:  # one: the moments
                seen[self.n_rows] = seen.get(self.n_rows, 0) + 1
        return fold(self, kernel, mixtures, scatters)

    monkeypatch.setattr(ArraySource, "fold", counted)
    monkeypatch.setattr(ArraySource, "climber", lambda *_: None)  # every pass is the loop's
    return seen


def test_samples_grow_to_all_rows_and_few_rows_have_none(rows):
    assert [s.n_rows for s in Levels(ArraySource(rows)).samples] == [N // STEP]
    assert [s.n_rows for s in Levels(ArraySource(np.tile(rows, (3, 1)))).samples] == [3 * N // STEP**2, 3 * N // STEP]
    assert Levels(ArraySource(rows[: STEP * LEAST - 1])).samples == []


def test_samples_hold_few_bytes_however_many_rows_there_are():
    wide = np.broadcast_to(np.random.default_rng(0).normal(size=(1, 1000)), (400_000, 1000))
    sizes = [s.values.nbytes for s in Levels(ArraySource(wide)).samples]
    assert sum(sizes) < 24 << 20


def test_fewer_passes_over_all_rows_lead_as_high(reads, monkeypatch):
    rng = np.random.default_rng(1)
    n, k = 100_000, 12
    rows = rng.normal(size=(n, 4)) + (2.1 * rng.normal(size=(k, 4)))[rng.integers(0, k, n)]
    with_levels = bt.fit(rows, k, "VVV", tol=1e-5)
    passes = reads.pop(n)
    monkeypatch.setattr(Levels, "samples", [])
    without = bt.fit(rows, k, "VVV", tol=1e-5)
    assert with_levels.log_likelihood > without.log_likelihood - 5e-4 * n  # they may end on other maxima
    assert passes < 0.85 * reads[n]


def test_weights_count(rows):
    weight = np.ones(N)
    weight[rows[:, 0] > 3] = 0.0
    whole = bt.fit(rows[weight > 0], K, "VVV")
    weighted = bt.fit(rows, K, "VVV", sample_weight=weight)
    assert weighted.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-5 * N)


def test_a_start_that_was_given_is_climbed_from(rows, reads):
    start = bt.Mixture([1 / K] * K, rows[:K], np.repeat(np.eye(2)[None], K, axis=0))
    fit = bt.fit(rows, families="VVV", start=start, max_iter=200)
    assert fit.history[0] == pytest.approx(start.logpdf(rows).sum())
    assert set(reads) == {N}


def test_a_given_number_of_iterations_is_made_on_all_rows(rows, reads):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bt.GaussianMixture(K, max_iter=7, tol=0.0).fit(rows)
    assert reads[N] == 8
    assert N // STEP not in reads


@pytest.mark.parametrize("moves", [False, True])
def test_a_sample_is_left_where_it_collapses(moves):
    """A component on rows that are all the same shrinks to a point: the start stays as it was, and is climbed from."""
    rows = np.random.default_rng(1).normal(size=(N, 2))
    rows[::100] = 100.0
    source, goal = ArraySource(rows), Objective(FAMILIES["VVV"], Floor(np.full(2, 1e-10)))
    two = bt.Mixture([0.99, 0.01], [[0, 0], [100, 100]], np.repeat(np.eye(2)[None], 2, axis=0))
    start = em.Climb(goal, two.parameters)
    (end,) = em.run(Levels(source).samples[0], KERNEL, [start], tol=1e-6, max_iter=100)
    assert end.held == (1,)
    assert Levels(source).climbed(KERNEL, start, tol=1e-6, moves=moves) is start


def test_near_the_top_a_climb_is_not_ended_by_its_first_gains(rows):
    """The fast part of what was left is gained at once, and hides the slow part from who sees the first gains only."""
    source, goal = ArraySource(rows), Objective(FAMILIES["VVV"], Floor(np.full(2, 1e-10)))
    begin = bt.fit(rows[: N // STEP], K, "VVV", tol=1e-8).mixture.parameters
    (end,) = em.run(source, KERNEL, [em.Climb(goal, begin)], tol=1e-6, max_iter=500, acceleration="squarem", near=True)
    assert end.status is em.Status.CONVERGED
    (top,) = em.run(source, KERNEL, [em.Climb(goal, end.mixture)], tol=1e-10, max_iter=5000, acceleration="squarem")
    assert top.value - end.value < 2e-6 * N


def test_strides_begin_at_once_only_near_the_top():
    goal = Objective(FAMILIES["VVV"], Floor(np.full(2, 1e-10)))
    assert vars(em._pace("squarem", goal, near=True)) == vars(Squarem(goal, patience=0, wary=True))
    assert vars(em._pace("squarem", goal, near=False)) == vars(Squarem(goal))
