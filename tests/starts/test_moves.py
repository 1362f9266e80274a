"""Merging and splitting: what is promised before is kept after, and chance maxima are told apart."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel, Parameters, ReferenceKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from bactrian.starts.halves import Halves
from bactrian.starts.moves import mover
from bactrian.starts.parts import Parts, mixture_of, parts_of
from bactrian.starts.support import doubtful, enough, is_supported, merit
from bactrian.starts.unions import cheapest_unions
from tests.fit.cases import lobes

KERNEL = NativeKernel(2)
X = lobes(300, 3, 4)
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
FREE = ["VVV", "VVI", "VII"]  # nothing is shared, so that a part can change alone


def at_rest(source, family, k, kernel=KERNEL, steps=40) -> em.Climb:
    goal = Objective(FAMILIES[family], Floor(np.full(3, 1e-10)))
    labels = np.random.default_rng(k).integers(0, k, source.n_rows)
    (end,) = em.run(source, kernel, [from_assignment(source, kernel, goal, labels, k)], tol=0.0, max_iter=steps)
    return end


def height(source, mixture) -> float:
    log_density = source.log_densities(KERNEL, mixture)
    return float(log_density.sum() if source.weight is None else log_density @ source.weight)


def as_they_are(parts: Parts) -> Parameters:
    """The mixture with these moments, without an M-step."""
    full = FAMILIES["VVV"]
    return mixture_of(parts, 1.0, Objective(full, Floor(np.zeros(parts.means.shape[1]))))


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("steps", [3, 200])
@pytest.mark.parametrize("family", FREE)
def test_a_split_gains_what_it_promises(family, steps, weight):
    source = ArraySource(X, weight)
    climb = at_rest(source, family, 5, steps=steps)
    z = KERNEL.responsibilities(source.values, climb.mixture)
    splits = Halves(source, KERNEL, climb.objective, np.random.default_rng(0)).of(climb.mixture, z, 0.0)
    assert len({split.c for split in splits}) >= 3
    parts, before = parts_of(climb.mixture), height(source, climb.mixture)
    for split in splits:
        others = np.delete(np.arange(5), split.c)
        share = parts.weights[split.c] * split.two.weights
        after = Parts(
            np.concatenate([parts.weights[others], share]),
            np.concatenate([parts.means[others], split.two.means]),
            np.concatenate([parts.covariances[others], split.two.covariances]),
        )
        # rows with a responsibility below 1e-3 were left out
        assert height(source, as_they_are(after)) >= before + split.gain - 0.5


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_union_loses_no_more_than_it_says(weight):
    source = ArraySource(X, weight)
    climb = at_rest(source, "VVV", 5, steps=300)
    parts, before = parts_of(climb.mixture), height(source, climb.mixture)
    z = KERNEL.responsibilities(source.values, climb.mixture)
    unions = cheapest_unions(parts, z, source.weight, source.total, 10, KERNEL)
    assert len(unions) == 10
    assert [u.loss for u in unions] == sorted(u.loss for u in unions)
    for union in unions:
        others = np.delete(np.arange(5), [union.i, union.j])
        after = Parts(
            np.append(parts.weights[others], union.one.weights),
            np.concatenate([parts.means[others], union.one.means]),
            np.concatenate([parts.covariances[others], union.one.covariances]),
        )
        lost = before - height(source, as_they_are(after))
        assert lost <= union.loss + 1e-5 * source.total  # responsibilities below 1e-6 count as certain


def test_a_union_of_equals_loses_nothing():
    source = ArraySource(X)
    climb = at_rest(source, "VVV", 3, steps=500)
    parts = parts_of(climb.mixture)[np.array([0, 0, 1, 2])]
    twin = as_they_are(replace(parts, weights=parts.weights * [0.3, 0.7, 1, 1]))
    z = KERNEL.responsibilities(X, twin)
    best = cheapest_unions(parts_of(twin), z, None, source.total, 6, KERNEL)[0]
    assert (best.i, best.j) == (0, 1)
    assert best.loss == pytest.approx(0, abs=1e-8 * source.total)


def two_wrong():
    """Six lobes: a source, what is climbed, the true labels, and others that cut two lobes in two and join four."""
    truth = np.repeat(np.arange(6), 80)
    centres = 30.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [2, 1]])
    x = np.random.default_rng(0).normal(size=(480, 2)) + centres[truth]
    wrong = np.array([0, 1, 2, 2, 3, 3])[truth]
    wrong[:40], wrong[80:120] = 4, 5
    return ArraySource(x), Objective(FAMILIES["VVV"], Floor(np.full(2, 1e-10))), truth, wrong


@pytest.mark.parametrize("kernel", [KERNEL, ReferenceKernel()])
def test_moves_that_do_not_meet_are_made_at_once(kernel, monkeypatch):
    """Two lobes cut in two and two pairs of lobes under one component each: one round of moves, one climb."""
    source, goal, truth, wrong = two_wrong()
    (right,) = em.run(source, kernel, [from_assignment(source, kernel, goal, truth, 6)], tol=1e-8, max_iter=99)
    (stuck,) = em.run(source, kernel, [from_assignment(source, kernel, goal, wrong, 6)], tol=1e-8, max_iter=99)
    climbs = []
    climb = em.run
    monkeypatch.setattr(em, "run", lambda s, *args, **how: climbs.append(s is source) or climb(s, *args, **how))
    moved = mover(source, kernel, goal, np.random.default_rng(0), tol=1e-8).improve(stuck, tries=0)
    assert stuck.value < right.value - 100
    assert moved.value == pytest.approx(right.value, abs=1e-3)
    assert sum(climbs) == 1


def test_halves_are_remembered_while_a_component_stays(monkeypatch):
    source = ArraySource(X)
    climb = at_rest(source, "VVV", 4, steps=300)
    z = KERNEL.responsibilities(X, climb.mixture)
    halves = Halves(source, KERNEL, climb.objective, np.random.default_rng(0))
    first = halves.of(climb.mixture, z, 0.0)
    asked = []
    local = em.run_apart
    monkeypatch.setattr(em, "run_apart", lambda k, climbs, **how: asked.append(climbs) or local(k, climbs, **how))
    assert [s.gain for s in halves.of(climb.mixture, z, 0.0)] == [s.gain for s in first]
    assert not asked
    elsewhere = replace(climb.mixture, means=climb.mixture.means + np.eye(4, 3))  # the last one stays
    halves.of(elsewhere, KERNEL.responsibilities(X, elsewhere), 0.0)
    assert len({id(part) for part, _ in asked[0]}) == 3


def test_splits_that_promise_far_less_than_a_union_loses_are_followed_once_one_loses_less(monkeypatch):
    x = np.random.default_rng(0).normal(size=(4000, 3))
    source = ArraySource(x)
    climb = at_rest(source, "VVV", 3, steps=100)
    z = KERNEL.responsibilities(x, climb.mixture)
    asked = []
    local = em.run_apart
    monkeypatch.setattr(em, "run_apart", lambda k, climbs, **how: asked.append(len(climbs)) or local(k, climbs, **how))
    halves = Halves(source, KERNEL, climb.objective, np.random.default_rng(0))

    def gains(loss):
        splits = halves.of(climb.mixture, z, loss)
        return np.array([max(split.gain for split in splits if split.c == c) for c in range(3)])

    rough, once = gains(1e300), asked.copy()
    assert once == [9, 0]  # three ways for each, none of which goes on
    assert (gains(1e300) == rough).all()
    assert asked == once  # remembered
    fine = gains(-1e300)
    assert asked == [*once, 9, 3]  # the best of each goes on
    assert fine.sum() > rough.sum() + 1


def test_a_move_that_nothing_supports_does_not_spoil_the_others(monkeypatch):
    """Of two moves that gain one is turned down: the other is made."""
    source, goal, _, wrong = two_wrong()
    (stuck,) = em.run(source, KERNEL, [from_assignment(source, KERNEL, goal, wrong, 6)], tol=1e-8, max_iter=99)
    moves = import_module("bactrian.starts.moves")
    made = moves.Mover._made
    asked = []

    def one_at_a_time(self, climb, some, strides):
        asked.append(len(some))
        return made(self, climb, some, strides) if len(some) == 1 else None

    monkeypatch.setattr(moves.Mover, "_made", one_at_a_time)
    moved = mover(source, KERNEL, goal, np.random.default_rng(0), tol=1e-8).improve(stuck, tries=0)
    assert asked[:2] == [2, 1]
    assert moved.value > stuck.value + 100


def test_climbs_apart_are_the_climbs_one_by_one():
    parts = [ArraySource(X[:100]), ArraySource(X[100:220], WEIGHT[100:220]), ArraySource(X[220:])]
    goal = Objective(FAMILIES["VEI"], Floor(np.full(3, 1e-10)))
    labels = [np.arange(part.n_rows) % 2 for part in parts]
    starts = [from_assignment(part, KERNEL, goal, one, 2) for part, one in zip(parts, labels, strict=True)]
    ends = em.run_apart(KERNEL, list(zip(parts, starts, strict=True)), tol=1e-4, max_iter=12)
    for part, start, end in zip(parts, starts, ends, strict=True):
        (alone,) = em.run(part, KERNEL, [start], tol=1e-4, max_iter=12)
        assert end.history == alone.history
        assert end.status is alone.status


LINEAR = np.array([[1.0, 5.0, 0.0], [0.0, 1e3, -3.0], [0.0, 0.0, 2e-3]])


@pytest.mark.parametrize("linear", [np.eye(3), LINEAR])
@pytest.mark.parametrize(
    ("n", "size", "family", "supported"),
    [
        (6, 1e-3, "VVV", False),  # few rows, close together
        (6, 1e-3, "EEE", True),  # shared: no component is narrower than another
        (6, 1.0, "VVV", True),  # few rows, as wide as others
        (enough(3) + 1, 1e-3, "VVV", True),  # narrow, of rows enough
    ],
)
def test_few_rows_close_together_do_not_support_a_component(n, size, family, supported, linear):
    rng = np.random.default_rng(1)
    few = np.array([40.0, 0, 0]) + size * rng.normal(size=(max(n, 12), 3))[:n]
    x = np.concatenate([rng.normal(size=(300, 3)), few]) @ linear
    source, goal = ArraySource(x), Objective(FAMILIES[family], Floor(np.full(3, 1e-20)))
    labels = np.repeat([0, 1], [300, n])
    start = from_assignment(source, KERNEL, goal, labels, 2)
    if size == 1.0:  # a sample covariance of so few rows is narrow by chance
        start = replace(start, mixture=replace(start.mixture, covariance=start.mixture.covariance.select([0, 0])))
    assert is_supported(start.mixture, source.total) is supported


def test_what_three_rows_gain_by_lying_close_together_does_not_count():
    """Three features, each of a thousandth of the spread: 3 x 3 x log(1000), or 62 nats."""
    source = ArraySource(X)
    low, high = at_rest(source, "VVV", 2), at_rest(source, "VVV", 3)
    spike = replace(high, mixture=bt.Mixture([0.99, 0.01], np.zeros((2, 3)), [np.eye(3), 1e-6 * np.eye(3)]).parameters)
    assert doubtful(spike.mixture, 300.0) == pytest.approx(9 * np.log(1000), rel=0.01)
    for more, better in ((50, False), (75, True)):
        higher = replace(spike, history=(*low.history[:-1], low.value + more))
        assert (merit(higher, source) > merit(low, source)) is better
    assert merit(replace(low, held=(1,)), source) < merit(spike, source)


@pytest.mark.filterwarnings("error")
def test_a_weight_of_nothing_is_like_no_other():
    source = ArraySource(X)
    end = at_rest(source, "VVV", 4)
    halves = Halves(source, KERNEL, end.objective, np.random.default_rng(0))
    halves.of(end.mixture, KERNEL.responsibilities(X, end.mixture), 0.0)
    for least in (0.0, 5e-324, 1e-300):
        weights = np.append(end.mixture.weights[:3], least)
        other = replace(end.mixture, weights=weights / weights.sum())
        assert {split.c for split in halves.of(other, KERNEL.responsibilities(X, other), 0.0)} <= {0, 1, 2}
