"""Iterations made in the core are those of the loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bactrian import acceleration, em
from bactrian.families import FAMILIES
from bactrian.kernels import NativeKernel, Noise
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment

PATIENCE = 16  # steps before the core strides: kPatience in climb.cpp


class OnlyFolds(ArraySource):
    """Rows whose climbs are left to the loop."""

    def climber(self, *arguments):
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
    # a common orientation that leaves a saddle magnifies rounding
    near, close = (1e-8, 1e-5) if family in ("EVE", "VVE") else (1e-12, 1e-9)
    assert mine.history[:n] == pytest.approx(expected.history[:n], rel=near)
    assert mine.status is expected.status
    if len(mine.history) == len(expected.history):
        assert np.allclose(mine.mixture.means, expected.mixture.means, rtol=0, atol=close)
        assert np.allclose(mine.mixture.covariance.array, expected.mixture.covariance.array, rtol=0, atol=close)
        assert mine.map_log_responsibility == pytest.approx(expected.map_log_responsibility, rel=close, abs=close)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("d", [1, 3])
def test_the_same_strides(family, d):
    """After a while the core strides as the loop does.

    A stride magnifies rounding, so that they are compared over few.
    """
    x = np.random.default_rng(3).normal(size=(240, d))  # one lobe for three components: strides are long
    plain = climbs(ArraySource(x), family, tol=0.0, max_iter=28)
    mine = climbs(ArraySource(x), family, tol=0.0, max_iter=28, acceleration="squarem")
    sooner = PATIENCE - acceleration.PATIENCE  # the loop waits less
    here = climbs(ArraySource(x), family, tol=0.0, max_iter=sooner)
    floor, kernel = make_floor(ArraySource(x), None, None), NativeKernel(2)
    start = em.Climb(Objective(FAMILIES[family], floor), here.mixture)
    (expected,) = em.run(OnlyFolds(x), kernel, [start], tol=0.0, max_iter=28 - sooner, acceleration="squarem")
    assert mine.history[: PATIENCE + 3] == plain.history[: PATIENCE + 3]
    assert mine.history != plain.history
    near = 1e-6 if family in ("EVE", "VVE") else 1e-9
    assert mine.history[sooner:] == pytest.approx(expected.history, rel=near)


def test_several_climbs_go_side_by_side():
    source, kernel = ArraySource(lobes(80, 3)), NativeKernel(2)
    floor, labels = make_floor(source, None, None), np.random.default_rng(1).integers(0, 3, source.n_rows)
    starts = [from_assignment(source, kernel, Objective(f, floor), labels, 3) for f in FAMILIES.values()]
    how = {"tol": 1e-6, "max_iter": 300, "acceleration": "squarem"}
    together = em.run(source, kernel, starts, **how)
    assert [c.history for c in together] == [em.run(source, kernel, [s], **how)[0].history for s in starts]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("acceleration", [None, "squarem"])
def test_watched_or_not_the_bits_are_the_same(family, acceleration):
    source, seen = ArraySource(lobes(80, 3)), []
    how = {"tol": 1e-6, "max_iter": 200, "acceleration": acceleration}
    alone = climbs(source, family, **how)
    watched = climbs(source, family, **how, observe=lambda now: seen.append(now[0].history))
    lengths = [len(history) for history in seen]  # a stride that is taken back adds nothing
    assert lengths == sorted(lengths)
    assert sorted(set(lengths)) == list(range(1, len(watched.history) + 1))
    assert (len(lengths) == len(watched.history)) or acceleration
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


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("rules", [{"equal_weights": True}, {"noise": -9.0}, {"equal_weights": True, "noise": -9.0}])
def test_equal_weights_and_noise_climb_ahead_too(family, rules):
    x = np.concatenate([lobes(60, 3), np.random.default_rng(5).uniform(-12, 12, (40, 3))])
    labels = np.append(np.repeat([0, 1, 2], 60), np.arange(40) % 3)
    found = []
    for source in (ArraySource(x), OnlyFolds(x)):
        objective = Objective(FAMILIES[family], make_floor(source, None, None), **rules)
        start = from_assignment(source, NativeKernel(2), objective, labels, 3)
        if "noise" in rules:
            noisy = replace(start.mixture, weights=0.9 * start.mixture.weights, noise=Noise(0.1, rules["noise"]))
            start = replace(start, mixture=noisy)
        found.append(em.run(source, NativeKernel(2), [start], tol=0, max_iter=30)[0])
    mine, expected = found
    assert mine.history == pytest.approx(expected.history, rel=1e-11)
    assert np.allclose(mine.mixture.weights, expected.mixture.weights, rtol=1e-7)
    assert ("noise" in rules) == (mine.mixture.log_noise > -20)
    assert mine.mixture.log_noise == pytest.approx(expected.mixture.log_noise, rel=1e-7)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_collapse_ahead_is_that_of_the_loop(family):
    """The floor binds in the core as it does in the loop, and says so."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(80, 3)), 6 + rng.normal(size=(40, 3)) * [1, 1, 0]])
    labels = np.repeat([0, 1], [80, 40])
    found = []
    for source in (ArraySource(x), OnlyFolds(x)):
        floor = make_floor(source, None, None)
        start = from_assignment(source, NativeKernel(1), Objective(FAMILIES[family], floor), labels, 2)
        found.append(em.run(source, NativeKernel(1), [start], tol=0, max_iter=10)[0])
    assert found[0].held == found[1].held
    assert found[0].history == pytest.approx(found[1].history, rel=1e-6)
    assert found[0].n_iter == 10


@pytest.mark.parametrize("family", ["VVV", "VVI", "EVV"])
@pytest.mark.parametrize("sort", [ArraySource, OnlyFolds])
def test_a_collapsed_climb_ends_as_without_strides(sort, family):
    """No stride begins while the floor holds a component, so that rounding is not waited for either."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(80, 3)), 1.5 + rng.normal(size=(80, 3)), 6 + rng.normal(size=(40, 3))])
    x[160:, 2] = 6.0  # flat
    source = sort(x)
    objective = Objective(FAMILIES[family], make_floor(source, None, None))
    start = from_assignment(source, NativeKernel(1), objective, np.repeat([0, 1, 2], [80, 80, 40]), 3)
    how = {"tol": 1e-6, "max_iter": 400}
    (strides,) = em.run(source, NativeKernel(1), [start], acceleration="squarem", **how)
    (plain,) = em.run(source, NativeKernel(1), [start], **how)
    assert strides.held == plain.held == (2,)
    assert strides.history == plain.history
    assert strides.status is em.Status.CONVERGED


PRIORS = {
    "default": ConjugatePrior(),
    "means are free": ConjugatePrior(mean_strength=0.0),
    "firm": ConjugatePrior(np.ones(3), 50.0, 40.0, np.diag([1.0, 2.0, 3.0]) + 0.5, 20.0),
}


def with_prior(source, family, prior, **rules):
    """A start on three lobes in dirt."""
    moments = source.moments
    about = PRIORS[prior].about(moments.mean, moments.covariance, source.total, 3)
    objective = Objective(FAMILIES[family], make_floor(source, None, None), about, **rules)
    labels = np.append(np.repeat([0, 1, 2], 60), np.arange(40) % 3)
    start = from_assignment(source, NativeKernel(2), objective, labels, 3)
    if "noise" not in rules:
        return start
    noisy = replace(start.mixture, weights=0.9 * start.mixture.weights, noise=Noise(0.1, rules["noise"]))
    return replace(start, mixture=noisy)


def dirty_lobes():
    return np.concatenate([lobes(60, 3), np.random.default_rng(5).uniform(-12, 12, (40, 3))])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(
    "rules", [{}, {"equal_weights": True}, {"noise": -9.0}, {"equal_weights": True, "noise": -9.0}]
)
@pytest.mark.parametrize("acceleration", [None, "squarem"])
def test_a_posterior_is_climbed_ahead_too(family, prior, rules, acceleration):
    x, kernel = dirty_lobes(), NativeKernel(2)
    weight = np.random.default_rng(2).uniform(0.5, 2, len(x))
    how = {"tol": 0.0, "max_iter": 14, "acceleration": None}
    mine, expected = (
        em.run(source, kernel, [with_prior(source, family, prior, **rules)], **how)[0]
        for source in (ArraySource(x, weight), OnlyFolds(x, weight))
    )
    near, close = (1e-9, 1e-6) if family in ("EVE", "VVE") else (1e-12, 1e-9)
    assert mine.history == pytest.approx(expected.history, rel=near)
    assert mine.log_likelihood == pytest.approx(expected.log_likelihood, rel=near)
    assert mine.value != mine.log_likelihood
    for name in ("weights", "means"):
        assert np.allclose(getattr(mine.mixture, name), getattr(expected.mixture, name), rtol=0, atol=close)
    assert np.allclose(mine.mixture.covariance.array, expected.mixture.covariance.array, rtol=close, atol=close)
    assert mine.mixture.log_noise == pytest.approx(expected.mixture.log_noise, rel=close)
    assert mine.map_log_responsibility == pytest.approx(expected.map_log_responsibility, rel=1e-7)
    (end,) = em.run(ArraySource(x, weight), kernel, [mine], tol=1e-9, max_iter=3000, acceleration=acceleration)
    assert end.status is em.Status.CONVERGED
    assert min(np.diff(end.history)) >= -1e-11 * abs(end.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_posteriors_are_not_left_to_the_loop(family):
    source, kernel = ArraySource(dirty_lobes()), NativeKernel(2)
    start = with_prior(source, family, "default")
    ahead = em.Ahead(source, kernel, 1e-6, 10, "squarem")
    assert ahead.climber(start, 10) is not None
    assert ahead.go([start], [0], [10]) == []


@pytest.mark.parametrize("family", ["VVV", "VVI", "EII", "EEE"])
def test_under_a_prior_a_mixture_of_another_form_is_looked_at_by_the_loop(family):
    """What the prior says of covariances depends on the form that they are held in."""
    source, kernel = ArraySource(dirty_lobes()), NativeKernel(2)
    other = "VII" if family != "EII" else "VVV"
    start = with_prior(source, family, "firm")
    start = replace(start, mixture=with_prior(source, other, "firm").mixture)
    assert em.Ahead(source, kernel, 1e-6, 10, None).climber(start, 10) is None
    how = {"tol": 0.0, "max_iter": 10}
    mine, expected = (em.run(s, kernel, [start], **how)[0] for s in (source, OnlyFolds(dirty_lobes())))
    assert mine.history == pytest.approx(expected.history, rel=1e-12)
    assert mine.n_iter == 10
