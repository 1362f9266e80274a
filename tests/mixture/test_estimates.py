"""Entropy and density levels, which are estimated by sampling, against exact numbers."""

import numpy as np
import pytest
from scipy import stats

import bactrian as bt

from .cases import make, over_all_cases


def entropy_by_quadrature(mixture):
    grid = np.linspace(-40, 40, 400_001)
    log_density = mixture.logpdf(grid)
    return -np.trapezoid(np.exp(log_density) * log_density, grid)


@pytest.mark.parametrize("seed", range(4))
def test_entropy_lies_within_its_standard_errors(seed):
    mixture = make("spherical", 1, 3, seed=seed)
    estimate = mixture.entropy(20_000, rng=seed)
    assert 0 < estimate.standard_error < 0.02
    assert abs(estimate.value - entropy_by_quadrature(mixture)) < 4 * estimate.standard_error


def test_the_standard_error_is_the_spread_of_the_estimate():
    mixture = make("spherical", 1, 3)
    estimates = [mixture.entropy(500, rng=seed) for seed in range(300)]
    spread = np.std([e.value for e in estimates])
    assert np.mean([e.standard_error for e in estimates]) == pytest.approx(spread, rel=0.15)


@over_all_cases()
def test_entropy_of_one_component_is_exact(mixture):
    one = mixture.component(0)
    value, error = one.entropy()
    expected = stats.multivariate_normal(one.means[0], one.covariance).entropy()
    assert value == pytest.approx(expected, rel=1e-11)
    assert error == 0


@pytest.mark.parametrize("n_features", [1, 2, 5])
def test_levels_hold_the_mass_they_say(n_features):
    mixture = make("full", n_features, 3)
    drawn = mixture.logpdf(mixture.sample(100_000, rng=99))
    for mass in (0.05, 0.5, 0.9, 0.99):
        held = (drawn >= mixture.density_level(mass, log=True)).mean()
        assert held == pytest.approx(mass, abs=0.01)
    levels = mixture.density_level([0.5, 0.9])
    assert levels.shape == (2,)
    assert levels[0] > levels[1] > 0
    np.testing.assert_allclose(levels, np.exp(mixture.density_level([0.5, 0.9], log=True)))


def test_the_level_repeats_by_default():
    mixture = make("full", 2, 3)
    assert mixture.density_level(0.9) == mixture.density_level(0.9)
    assert mixture.density_level(0.9) != mixture.density_level(0.9, rng=1)


@over_all_cases()
def test_levels_of_one_component_are_exact(mixture):
    one = mixture.component(0)
    chi2 = stats.chi2(one.n_features).ppf(0.9)
    edge = one.affine(1.0, -one.means[0])
    edge = edge.affine(np.linalg.inv(np.linalg.cholesky(edge.covariance)))  # a standard normal
    row = np.zeros((1, one.n_features))
    row[0, 0] = np.sqrt(chi2)
    log_scale = 0.5 * np.linalg.slogdet(one.covariance)[1]
    assert one.density_level(0.9, log=True) == pytest.approx(edge.logpdf(row)[0] - log_scale, rel=1e-10)


def test_a_level_that_underflows_is_there_as_a_logarithm():
    wide = bt.Mixture([0.5, 0.5], np.zeros((2, 5)), [1e200, 2e200], form="spherical")
    assert wide.density_level(0.5) == 0
    assert wide.density_level(0.5, log=True) < -1000
