"""EM never loses: families x priors x equal weights x row weights, in one table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bactrian.em import run
from bactrian.families import FAMILIES
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from tests.fit.cases import lobes

PRIORS = {
    "no prior": None,
    "default": ConjugatePrior(),
    "firm": ConjugatePrior(mean_strength=5.0, degrees_of_freedom=30.0, weight_concentration=3.0),
}
CASES = list(product(FAMILIES, PRIORS, (False, True), (False, True)))


@pytest.mark.parametrize(("code", "prior", "equal", "weighted"), CASES)
@pytest.mark.parametrize("k", [2, 5])
def test_the_objective_never_decreases(code, prior, equal, weighted, k):
    x = lobes(150, 3, 3, seed=1)
    weight = np.random.default_rng(0).uniform(0, 2, len(x)) if weighted else None
    source = ArraySource(x, weight)
    moments = source.moments
    believed = PRIORS[prior] and PRIORS[prior].about(moments.mean, moments.covariance, source.total, k)
    objective = Objective(FAMILIES[code], make_floor(source, None), believed, equal_weights=equal)
    labels = np.random.default_rng(k).integers(0, k, source.n_rows)
    kernel = NativeKernel()
    start = from_assignment(source, kernel, objective, labels, k)
    history = np.array(run(source, kernel, [start], tol=0, max_iter=40)[0].history)
    assert np.isfinite(history).all()
    assert (np.diff(history) >= -1e-12 * np.abs(history[:-1])).all()
    assert history[-1] > history[0]


@pytest.mark.parametrize("code", FAMILIES)
@pytest.mark.parametrize("kernel", [NativeKernel(), ReferenceKernel()], ids=["native", "reference"])
@pytest.mark.parametrize(("offset", "sd"), [(1e15, 1.0), (1e15, 0.5), (1e12, 1e-2), (-1e6, 1e-7), (1e8, 1e-6)])
def test_nor_so_far_from_the_origin_that_means_are_rounded(code, kernel, offset, sd):
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(size=(150, 2)), rng.normal(3, 0.7, (75, 2)) @ np.array([[1, 0.9], [0, 0.1]])])
    source = ArraySource(x * sd + offset)
    objective = Objective(FAMILIES[code], make_floor(source, None))
    for seed in range(3):
        labels = np.random.default_rng(seed).integers(0, 3, source.n_rows)
        start = from_assignment(source, kernel, objective, labels, 3)
        history = np.array(run(source, kernel, [start], tol=0, max_iter=60)[0].history)
        assert np.diff(history).min() >= -1e-12 * len(x)
