"""First M-steps in the core are those of the families; climbs that come to one top are improved once."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from bactrian import em
from bactrian.families import FAMILIES
from bactrian.kernels import NativeKernel, Parameters, ReferenceKernel
from bactrian.objective import Objective
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource
from bactrian.starts.first_steps import FirstSteps
from bactrian.starts.tops import Tops, on_one_top
from bactrian.statistics import Scatter

CENTRES = np.repeat([[0, 0, 0], [4, 0, 2], [0, 9, 1]], 60, axis=0)
X = np.random.default_rng(1).normal(size=(180, 3)) * [1, 2, 0.5] + CENTRES
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
TRUTH = np.repeat(np.arange(3), 60)
LABELLINGS = [TRUTH, np.roll(TRUTH, 30), np.arange(len(X)) % 3]


def goal(source, family, **rules) -> Objective:
    return Objective(FAMILIES[family], make_floor(source, None, None), **rules)


def steps(source, kernel=None, scatter=Scatter.FULL, labellings=LABELLINGS) -> FirstSteps:
    return FirstSteps(source, kernel or NativeKernel(2), labellings, 3, scatter)


def same(a: em.Climb, b: em.Climb) -> None:
    assert a.held == b.held
    assert np.allclose(a.mixture.weights, b.mixture.weights, rtol=1e-12)
    assert np.allclose(a.mixture.means, b.mixture.means, rtol=1e-10, atol=1e-12)
    assert np.allclose(a.mixture.covariance.dense(), b.mixture.covariance.dense(), rtol=1e-6, atol=1e-12)
    assert a.mixture.covariance.kind == b.mixture.covariance.kind
    assert a.mixture.covariance.tied == b.mixture.covariance.tied


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("rules", [{}, {"equal_weights": True}])
@pytest.mark.parametrize("scatter", ["full", "own"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_core_begins_where_the_family_does(family, scatter, rules, weight):
    source, own = ArraySource(X, weight), FAMILIES[family].scatter
    objective, of = goal(source, family, **rules), Scatter.FULL if scatter == "full" else own
    mine = steps(source, scatter=of).starts(objective)
    slow = steps(source, ReferenceKernel(), scatter=of).starts(objective)
    assert len(mine) == len(slow) == len(LABELLINGS)
    assert all(climb.mixture.holder is not None for climb in mine)
    for a, b in zip(mine, slow, strict=True):
        same(a, b)


@pytest.mark.parametrize("family", ["EII", "VVI", "EEE", "VVV", "EVE"])
def test_what_is_out_of_the_ordinary_begins_slowly(family):
    """A group without rows, a prior's or noise's rules: the loop's M-step, as ever."""
    source = ArraySource(X)
    none_in_two = np.where(TRUTH == 2, 1, TRUTH)
    found = steps(source, labellings=[TRUTH, none_in_two]).starts(goal(source, family))
    assert found[1].held == (2,)
    assert found[0].mixture.holder is not None
    assert found[1].mixture.holder is None
    assert steps(source).starts(goal(source, family, noise=-9.0))[0].mixture.holder is None
    single = steps(ArraySource(np.repeat(X, 600, axis=0).astype(np.float32)), labellings=[np.repeat(TRUTH, 600)])
    assert single.starts(goal(source, family))[0].mixture.holder is None


@pytest.mark.parametrize("family", ["VII", "VVI", "EEE", "VVV"])
def test_a_mixture_in_the_core_is_one_like_others(family):
    """Its numbers are there when asked for, in copies, pickles and changed copies too, and climb to the same bits."""
    source = ArraySource(X)
    (start, *_) = steps(source).starts(goal(source, family))
    held = start.mixture
    assert held.shape == (3, 3)
    written = Parameters(held.weights, held.means, held.covariance)
    for one in (pickle.loads(pickle.dumps(held)), copy.copy(held), replace(held, weights=held.weights)):
        assert one.holder is None
        assert np.array_equal(one.means, written.means)
        assert np.array_equal(one.covariance.dense(), written.covariance.dense())
    with pytest.raises(AttributeError, match="no attribute 'median'"):
        _ = held.median
    how = {"tol": 1e-8, "max_iter": 50, "acceleration": "squarem"}
    (a,) = em.run(source, NativeKernel(1), [start], **how)
    (b,) = em.run(source, NativeKernel(1), [replace(start, mixture=written)], **how)
    assert a.history == b.history
    assert np.array_equal(a.mixture.means, b.mixture.means)


def at_top(labels) -> em.Climb:
    source = ArraySource(X)
    (start,) = steps(source, labellings=[labels]).starts(goal(source, "VVV"))
    return em.run(source, NativeKernel(1), [start], tol=1e-8, max_iter=500)[0]


def test_what_is_done_at_one_top_is_done_once():
    first, renumbered = at_top(TRUTH), at_top((TRUTH + 1) % 3)
    other = at_top(np.where(TRUTH == 2, 1, np.where(TRUTH == 0, np.arange(len(X)) % 2 * 2, TRUTH)))
    assert on_one_top(first, renumbered, 1e-3)
    assert not on_one_top(first, other, 1e-3)
    assert not on_one_top(first, replace(first, held=(0,)), 1e-3)
    asked: list[em.Climb] = []

    def improved(climb: em.Climb) -> em.Climb:
        asked.append(climb)
        return replace(climb, held=(1,))

    tops = Tops(1e-3)
    found = [tops.after(climb, partial(improved, climb)) for climb in (first, renumbered, other, first)]
    assert asked == [first, other]
    assert found[0] is found[1] is found[3] is not found[2]
