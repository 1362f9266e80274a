"""Cumulative probabilities and quantiles: inverse to each other, into both far tails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import bactrian as bt

from .cases import FORMS, make

HUMPS = bt.Mixture([0.3, 0.7], [-2.0, 3.0], [1.0, 0.25], form="spherical")


@pytest.mark.parametrize("form", FORMS)
def test_cdf_against_scipy(form):
    mixture = make(form, 1, 3)
    sds = np.sqrt(mixture.parameters.covariance.dense()[:, 0, 0])
    x = np.linspace(-12, 12, 50)
    expected = stats.norm.cdf(x[:, None], mixture.means[:, 0], sds) @ mixture.weights
    np.testing.assert_allclose(mixture.cdf(x), expected, rtol=1e-12)


@given(st.floats(1e-300, 1e-3) | st.floats(1e-3, 1 - 1e-3))
def test_quantile_inverts_the_cdf_below(q):
    assert HUMPS.cdf(HUMPS.quantile(q)) == pytest.approx(q, rel=1e-9)


@given(st.floats(0, 8), st.sampled_from([-1.0, 1.0]))
def test_quantile_inverts_the_cdf_in_x(distance, side):
    x = 0.5 + side * distance
    q = HUMPS.cdf(x)
    if q < 1 - 1e-12:
        # dx = dq / p(x), and q is known to eps near 1
        assert HUMPS.quantile(q) == pytest.approx(x, abs=1e-12 + 4e-16 / HUMPS.pdf(x))


def test_the_tails_mirror_each_other():
    mirrored = HUMPS.affine(-1.0)
    for q in (2.0**-50, 2.0**-20, 0.125):
        assert HUMPS.quantile(1 - q) == pytest.approx(-mirrored.quantile(q), rel=1e-12)


def test_far_tails_against_one_normal():
    # so far out that only the wide component counts
    mixture = bt.Mixture([0.5, 0.5], [0.0, 1.0], [1.0, 0.01], form="spherical")
    for q in (1e-300, 1e-100, 1e-30):
        assert mixture.quantile(q) == pytest.approx(stats.norm.ppf(2 * q), rel=1e-11)


def test_a_gap_between_components():
    mixture = bt.Mixture([0.5, 0.5], [0.0, 1e6], [1.0, 1.0], form="spherical")
    np.testing.assert_allclose(mixture.quantile([0.25, 0.75]), [0, 1e6], atol=1e-9)
    assert mixture.cdf(mixture.quantile(0.5)) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("transform", [(1e-9, 0.0), (1e9, 0.0), (1.0, 1e8)])
def test_units_and_origin_do_not_matter(transform):
    scale, shift = transform
    q = np.array([1e-12, 0.1, 0.5, 0.9])
    expected = HUMPS.quantile(q) * scale + shift
    np.testing.assert_allclose(HUMPS.affine(scale, shift).quantile(q), expected, rtol=1e-10)


def test_the_ends():
    assert HUMPS.quantile(0) == -np.inf
    assert HUMPS.quantile(1) == np.inf


def test_shapes():
    assert isinstance(HUMPS.quantile(0.5), float)
    assert HUMPS.quantile([[0.1, 0.2], [0.3, 0.4]]).shape == (2, 2)
    assert HUMPS.quantile([]).shape == (0,)
    assert isinstance(HUMPS.cdf(0.5), float)
    assert HUMPS.cdf([0.5, 1.0]).shape == (2,)


def test_components_of_weight_zero_do_not_widen_the_search():
    mixture = bt.Mixture([0, 1], [1e12, 0], [1e20, 1], form="spherical")
    assert mixture.quantile(0.5) == pytest.approx(0, abs=1e-12)


def test_cdf_of_several_features():
    mixture = make("diagonal", 2, 2)
    row = np.array([0.3, -0.5])
    sds = np.sqrt(mixture.covariances)
    expected = stats.norm.cdf(row, mixture.means, sds).prod(axis=1) @ mixture.weights
    assert mixture.cdf(row) == pytest.approx(expected, abs=1e-4)
    assert mixture.cdf([row, row + 1]).shape == (2,)
    assert make("full", 2, 3).cdf([[1e3, 1e3]])[0] == pytest.approx(1, abs=1e-4)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_densities_beyond_float64():
    narrow = bt.Mixture([1.0], np.zeros((1, 8)), np.full(8, 1e-200), form="tied diagonal")
    assert narrow.pdf(np.zeros(8)) == np.inf
    assert narrow.density_level(0.5) == np.inf
    assert 1000 < narrow.density_level(0.5, log=True) < np.inf
