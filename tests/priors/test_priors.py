"""MAP: one log-posterior that never falls, the mode stationary, the numbers of mclust where it is consistent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bactrian as bt
from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.families import FAMILIES, Family, Floor
from bactrian.kernels import NativeKernel, Parameters
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from tests.families.cases import neighbour
from tests.fit.cases import lobes

K, D = 3, 4
X = lobes(300, D, K)
SOURCE = ArraySource(X)
PRIORS = {
    "default": ConjugatePrior(),
    "no mean": ConjugatePrior(mean_strength=0),
    "firm": ConjugatePrior(np.ones(D), 50.0, 40.0, np.diag([1.0, 2.0, 3.0, 4.0]) + 0.5, 20.0),
    "own diagonal": ConjugatePrior(scale=np.arange(1.0, 5.0), weight_concentration=3.0),
}


def objective(code: str, prior: str, **how) -> Objective:
    moments = SOURCE.moments
    about = PRIORS[prior].about(moments.mean, moments.covariance, SOURCE.total, K)
    return Objective(FAMILIES[code], Floor(np.zeros(D)), about, **how)


def of_form(family: Family, dense: np.ndarray) -> Covariance:
    """(K, D, D) matrices in the form in which the family's covariances are held."""
    some = dense[:1] if family.tied else dense
    if family.kind == "full":
        return Full(some, K, family.tied)
    variances = np.einsum("kdd->kd", some)
    if family.kind == "diagonal":
        return Diagonal(variances, K, family.tied)
    return Spherical(variances[:, 0], K, D, family.tied)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("code", FAMILIES)
def test_no_neighbour_has_a_larger_posterior(code, prior):
    """The M-step under fixed responsibilities, against the log-posterior of the completed data."""
    goal = objective(code, prior)
    z = np.random.default_rng(0).dirichlet(np.ones(K), len(X))
    shift = np.repeat(SOURCE.moments.mean[None], K, axis=0)
    mixture, held = goal.maximize(SOURCE.fold_given(NativeKernel(), z, shift, goal.family.scatter))
    assert held == ()

    def complete(p: Parameters) -> float:
        logs = [stats.multivariate_normal(m, c).logpdf(X) for m, c in zip(p.means, p.covariance.dense(), strict=True)]
        return float((z * (np.array(logs).T + np.log(p.weights))).sum()) + goal.value(0.0, p)

    best = complete(mixture)
    rng = np.random.default_rng(1)
    for step in (0.1, 0.01):
        for _ in range(5):
            other = of_form(goal.family, neighbour(code, mixture.covariance, step, rng))
            assert complete(Parameters(mixture.weights, mixture.means, other)) < best
        for _ in range(5):
            moved = mixture.means + step * rng.normal(size=(K, D))
            assert complete(Parameters(mixture.weights, moved, mixture.covariance)) < best
            tilted = mixture.weights * np.exp(step * rng.normal(size=K))
            assert complete(Parameters(tilted / tilted.sum(), mixture.means, mixture.covariance)) < best


def test_the_log_density_is_the_textbook_one():
    """Normal-inverse-Wishart and Dirichlet, up to a constant: differences between two mixtures."""
    prior = objective("VVV", "firm").prior
    assert prior is not None
    rng = np.random.default_rng(0)

    def textbook(p: Parameters) -> float:
        value = float(stats.dirichlet(np.full(K, 20.0)).logpdf(p.weights))
        for mean, matrix in zip(p.means, p.covariance.dense(), strict=True):
            value += stats.multivariate_normal(np.ones(D), matrix / 50.0).logpdf(mean)
            value += stats.invwishart(40.0, prior.scale).logpdf(matrix)
        return value

    found = []
    for _ in range(2):
        roots = np.eye(D) + 0.2 * rng.normal(size=(K, D, D))
        mixture = bt.Mixture(rng.dirichlet(np.ones(K)), rng.normal(size=(K, D)), roots @ roots.swapaxes(1, 2))
        p = mixture.parameters
        found.append((prior.log_density(p.weights, p.means, p.covariance), textbook(p)))
    assert found[0][0] - found[1][0] == pytest.approx(found[0][1] - found[1][1], rel=1e-10)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("prior", [None, "firm"])
@pytest.mark.parametrize("code", FAMILIES)
def test_the_objective_never_falls_beside_noise(code, prior, equal):
    rng = np.random.default_rng(2)
    x = np.concatenate([X, rng.uniform(-12, 12, (60, D))])
    weight = rng.integers(0, 3, len(x))
    start = rng.integers(0, K, len(x))
    fit = bt.fit(
        x, K, code, start=start, sample_weight=weight, prior=None if prior is None else PRIORS[prior],
        noise=True, equal_weights=equal, tol=1e-8, max_iter=80,
    )  # fmt: skip
    rises = np.diff(fit.history)
    assert rises.min() > -1e-10 * abs(fit.history[-1])
    assert rises.max() > 0
    if equal:
        assert np.ptp(fit.mixture.weights) < 1e-12


def test_a_prior_keeps_a_lonely_row_from_collapsing():
    x = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), [[40.0, 40.0]]])
    start = np.repeat([0, 1], [50, 1])
    with pytest.warns(bt.CollapseWarning):
        bt.fit(x, 2, "VVV", start=start)
    fit = bt.fit(x, 2, "VVV", start=start, prior="conjugate")
    assert fit.converged
    assert "conjugate prior" in fit.summary()


@pytest.mark.parametrize(
    ("prior", "sentence"),
    [
        (ConjugatePrior(mean=[1.0]), "mean should have shape"),
        (ConjugatePrior(mean=[np.nan, 1, 2, 3]), r"mean should be finite numbers, but entry 0 is NaN \(a missing"),
        (ConjugatePrior(mean=[0, 1, -np.inf, 3]), "mean should be finite numbers, but entry 2 is infinite"),
        (ConjugatePrior(mean=["a", "b"]), "mean should be numbers, but"),
        (ConjugatePrior(scale=[1, np.inf, 2, 3]), "scale should be finite numbers, but entry 1 is infinite"),
        (ConjugatePrior(scale=np.full((4, 4), np.nan)), r"scale should be finite numbers, but entry \(0, 0\) is NaN"),
        (ConjugatePrior(scale=np.nan), "scale should be a number greater than 0, but got nan"),
        (
            ConjugatePrior(degrees_of_freedom=np.inf),
            "degrees_of_freedom should be a number greater than 3, but got inf",
        ),
        (ConjugatePrior(mean_strength=-1), "mean_strength should be a number at least 0"),
        (ConjugatePrior(mean_strength=1e300), r"mean_strength should be at most 1e\+12 rows, but got 1e\+300"),
        (ConjugatePrior(degrees_of_freedom=1e13), "degrees_of_freedom should be at most"),
        (ConjugatePrior(weight_concentration=1e15), "weight_concentration should be at most"),
        (ConjugatePrior(degrees_of_freedom=2.0), "degrees_of_freedom should be a number greater than 3"),
        (ConjugatePrior(scale=-1.0), "scale should be a number greater than 0"),
        (ConjugatePrior(scale=np.eye(3)), "scale should have shape"),
        (ConjugatePrior(scale=np.diag([1.0, 1.0, 1.0, -1.0])), "positive definite"),
        (ConjugatePrior(weight_concentration=0.5), "weight_concentration should be a number at least 1"),
        ("normal", "prior should be None, 'conjugate' or a ConjugatePrior"),
    ],
)
def test_bad_priors(prior, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.fit(X, 2, "VVV", prior=prior)


def test_prior_noise_and_equal_weights_are_saved(tmp_path):
    fit = bt.fit(X, 2, "VVI", prior="conjugate", noise=True, equal_weights=True)
    fit.save(tmp_path / "fit.bactrian")
    again = bt.load(tmp_path / "fit.bactrian")
    assert again.summary() == fit.summary()
    assert again.noise == fit.noise
    assert np.array_equal(again.responsibilities(X), fit.responsibilities(X))


@pytest.mark.parametrize("code", FAMILIES)
def test_fewer_rows_than_features(code):
    """The rows' covariance is singular, and still no component collapses."""
    x = np.random.default_rng(0).normal(size=(8, 12))
    fit = bt.fit(x, 2, code, prior="conjugate", max_iter=200)
    assert fit.best.usable
    assert np.diff(fit.history).min(initial=0.0) > -1e-8


@pytest.mark.parametrize("name", ["mean_strength", "weight_concentration"])
def test_the_firmest_belief_that_is_allowed(name):
    """Climbs still go up, and end where the belief is all there is."""
    x = np.random.default_rng(0).normal(size=(100, 2)) + np.repeat([[0], [4]], 50, axis=0)
    belief = {"mean": np.array([0.3, 2.7])} if name == "mean_strength" else {}
    fit = bt.fit(x, 2, "VVV", prior=ConjugatePrior(**{name: 1e12}, **belief))
    assert np.diff(fit.history).min() >= -1e-15 * max(1.0, abs(fit.history[-1]))
    if name == "mean_strength":
        assert np.allclose(fit.mixture.means, [0.3, 2.7], rtol=1e-9)
    else:
        assert np.allclose(fit.mixture.weights, 0.5)


def test_a_scale_that_leaves_the_range_of_float64_is_refused():
    rows = np.random.default_rng(0).normal(size=(30, 2)) * 1e150
    with pytest.raises(bt.ParameterError, match=r"scale, 1e\+12 times the covariance of the rows, leaves the range"):
        bt.fit(rows, 2, "VVV", prior=bt.ConjugatePrior(scale=1e12))
