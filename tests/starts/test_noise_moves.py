"""Components that dissolve in noise and condense out of it: what is promised before is kept after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel, Noise, ReferenceKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts.moves import mover
from bactrian.starts.noise_moves import NoiseMoves, outside
from bactrian.starts.parts import NOISE, Parts, mixture_of, parts_of
from tests.fit.cases import lobes

KERNEL = NativeKernel(2)
RNG = np.random.default_rng(0)
LOBES = lobes(300, 2, 3)
DIRT = RNG.uniform(LOBES.min(axis=0) - 2, LOBES.max(axis=0) + 2, (100, 2))
X = np.concatenate([LOBES, DIRT])
WEIGHT = RNG.integers(1, 4, len(X)).astype(float)
VOLUME = float(np.log(np.ptp(X, axis=0)).sum())
FAR = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])


def goal(family="VVV", **how) -> Objective:
    return Objective(FAMILIES[family], Floor(np.full(2, 1e-10)), noise=-VOLUME, **how)


def at_rest(source, k, share=0.2, seed=0) -> em.Climb:
    rng = np.random.default_rng([k, seed])
    means = rng.choice(source.values, k, replace=False)
    parts = Parts(np.full(k, (1 - share) / k), means, np.tile(np.eye(2), (k, 1, 1)))
    objective = goal()
    start = em.Climb(objective, mixture_of(parts, source.total, objective))
    (end,) = em.run(source, KERNEL, [start], tol=0.0, max_iter=500, acceleration="squarem")
    return end


def climbed(source, objective, parts) -> em.Climb:
    start = em.Climb(objective, mixture_of(parts, source.total, objective))
    (end,) = em.run(source, KERNEL, [start], tol=1e-8, max_iter=2000)
    return end


def height(source, mixture) -> float:
    log_density = source.log_densities(KERNEL, mixture)
    return float(log_density.sum() if source.weight is None else log_density @ source.weight)


def as_they_are(parts: Parts):
    """The mixture with these moments, and the noise with what is left."""
    mixture = mixture_of(parts, 1.0, Objective(FAMILIES["VVV"], Floor(np.zeros(2))))
    share = float(parts.weights.sum())
    return replace(mixture, weights=parts.weights, noise=Noise(1 - share, -VOLUME))


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("seed", range(3))
def test_a_component_that_dissolves_loses_no_more_than_it_says(seed, weight):
    source = ArraySource(X, weight)
    climb = at_rest(source, 4, seed=seed)
    assert climb.mixture.noise.weight > 0.01
    z = KERNEL.responsibilities(source.values, climb.mixture)
    unions = NoiseMoves(source, KERNEL, climb.objective, RNG).unions(climb.mixture, z)
    parts, before = parts_of(climb.mixture), height(source, climb.mixture)
    assert [u.j for u in unions] == [NOISE] * 4
    assert [u.loss for u in unions] == sorted(u.loss for u in unions)
    for union in unions:
        after = parts[np.delete(np.arange(4), union.i)]
        lost = before - height(source, as_they_are(after))
        assert lost <= union.loss + 1e-5 * source.total  # responsibilities below 1e-6 count as certain
        assert union.loss <= lost + 0.5 * source.total  # and not much more


@pytest.mark.parametrize("kernel", [KERNEL, ReferenceKernel()])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_component_that_condenses_gains_what_it_promises(weight, kernel):
    """Three lobes, of which two components can have two: the third is in the noise."""
    source = ArraySource(X, weight)
    climb = at_rest(source, 1, share=0.5)
    z = kernel.responsibilities(source.values, climb.mixture)
    splits = NoiseMoves(source, kernel, climb.objective, np.random.default_rng(0)).splits(climb.mixture, z)
    assert max(split.gain for split in splits) > 10
    parts, before = parts_of(climb.mixture), height(source, climb.mixture)
    for split in splits:
        assert split.c == NOISE
        assert len(split.two.weights) == 1
        new = replace(split.two, weights=climb.mixture.noise.weight * split.two.weights)
        # rows with a responsibility below 1e-3 were left out
        assert height(source, as_they_are(parts + new)) >= before + split.gain - 0.5


def test_where_noise_has_no_weight_nothing_dissolves_or_condenses():
    source = ArraySource(X)
    climb = at_rest(source, 2)
    p = climb.mixture
    p = replace(p, weights=p.weights / p.weights.sum(), noise=Noise(0.0, -VOLUME))
    z = KERNEL.responsibilities(X, p)
    moves = NoiseMoves(source, KERNEL, climb.objective, RNG)
    assert moves.unions(p, z) == moves.splits(p, z) == []
    assert outside(z).max() < 1e-12


@pytest.mark.parametrize("how", [{}, {"equal_weights": True}])
@pytest.mark.parametrize("family", FAMILIES)
def test_moves_lead_up_and_the_noise_stays(family, how):
    """Three far lobes, one of them left to the noise while a component has a few rows in the dirt."""
    rng = np.random.default_rng(1)
    few = 0.5 * rng.normal(size=(15, 2)) + [32, 32]
    x = np.concatenate([rng.normal(size=(100, 2)) + c for c in FAR] + [few, rng.uniform(-20, 40, (105, 2))])
    source, objective = ArraySource(x), replace(goal(family, **how), noise=-2 * np.log(60))
    right = Parts(np.full(3, 0.24), FAR, np.tile(np.eye(2), (3, 1, 1)))
    wrong = replace(right, means=np.array([[0.0, 0.0], [20.0, 0.0], [32.0, 32.0]]))
    stuck, best = climbed(source, objective, wrong), climbed(source, objective, right)
    assert not stuck.held
    assert best.value > stuck.value + 20 or family != "VVV"  # elsewhere EM may find out by itself
    moved = mover(source, KERNEL, objective, np.random.default_rng(0), tol=1e-8).improve(stuck)
    assert moved.value >= best.value - 1e-2
    assert moved.value >= stuck.value
    assert moved.mixture.noise.weight == pytest.approx(120 / 420, abs=0.06)
    assert moved.mixture.weights.sum() + moved.mixture.noise.weight == pytest.approx(1, abs=1e-12)


def test_one_component_leaves_the_dirt():
    """Between noise and a single component too: it dissolves where it is and condenses where the rows are."""
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(size=(60, 2)) * 0.1 + [8, 8], rng.uniform(-10, 10, (400, 2))])
    source, objective = ArraySource(x), replace(goal(), noise=-np.log(400.0))
    stuck = climbed(source, objective, Parts(np.array([0.5]), np.array([[-5.0, -5.0]]), 9.0 * np.eye(2)[None]))
    best = climbed(source, objective, Parts(np.array([0.2]), np.array([[8.0, 8.0]]), np.eye(2)[None]))
    moved = mover(source, KERNEL, objective, np.random.default_rng(0), tol=1e-8).improve(stuck)
    assert not stuck.held
    assert stuck.value < best.value - 20
    assert moved.value == pytest.approx(best.value, abs=1e-3)
    assert bt.fit(x, 1, "VVV", noise=400.0).log_likelihood == pytest.approx(best.value, abs=1e-2)
