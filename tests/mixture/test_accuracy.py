"""Log-densities agree with 50-digit arithmetic, also where float64 is easily lost."""

import numpy as np
import pytest

import bactrian as bt

from . import exact
from .cases import FORMS, definite, make, over_all_cases, rows_of


def check(mixture, rows, tolerance):
    expected = exact.logpdf(mixture, rows)
    error = np.abs(mixture.logpdf(rows) - expected) / np.maximum(1, np.abs(expected))
    assert error.max() < tolerance


@over_all_cases()
def test_every_form(mixture):
    check(mixture, rows_of(mixture, 8), 1e-13)


@pytest.mark.parametrize(("condition", "tolerance"), [(1e2, 1e-12), (1e4, 1e-12), (1e6, 1e-10), (1e8, 1e-9)])
@pytest.mark.parametrize("form", ["full", "tied", "diagonal"])
@pytest.mark.parametrize("n_features", [2, 3, 8])
def test_ill_conditioned(form, n_features, condition, tolerance):
    for seed in range(3):
        mixture = make(form, n_features, 2, condition, seed=seed)
        check(mixture, rows_of(mixture, 6), tolerance)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_features", [1, 2, 8])
def test_far_from_the_origin(form, n_features):
    mixture = make(form, n_features, 3, 1e4).affine(1.0, 1e8)
    check(mixture, rows_of(mixture, 6), 1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_features", [1, 2, 8])
def test_forty_standard_deviations_out(form, n_features):
    mixture = make(form, n_features, 3, 1e4)
    rows = mixture.mean + 40 * (rows_of(mixture, 6) - mixture.mean)
    assert mixture.logpdf(rows).min() < -300
    check(mixture, rows, 1e-12)


@pytest.mark.parametrize("scale", [1e-140, 1e-6, 1e6, 1e140])
@pytest.mark.parametrize("form", FORMS)
def test_extreme_units(form, scale):
    mixture = make(form, 3, 2, 1e3).affine(scale)
    check(mixture, rows_of(mixture, 5), 1e-12)


def test_features_in_units_that_differ_by_200_orders():
    units = np.array([1e-100, 1.0, 1e100])
    mixture = make("full", 3, 2, 1e3).affine(units)
    check(mixture, rows_of(mixture, 5), 1e-12)


def test_a_component_of_weight_zero_takes_no_part():
    mixture = bt.Mixture([0.0, 1.0], [[0, 0], [3, 3]], [1.0, 2.0], form="spherical")
    check(mixture, [[0, 0], [50, -50]], 1e-14)
    np.testing.assert_array_equal(mixture.responsibilities([[0, 0]]), [[0, 1]])


def test_weights_of_very_different_size():
    mixture = bt.Mixture([1e-300, 1 - 1e-300], [[0.0], [80.0]], [1.0, 1.0], form="spherical")
    check(mixture, [[0.0], [1.0], [30.0], [80.0]], 1e-13)


@over_all_cases()
def test_responsibilities_are_bayes_rule(mixture):
    rows = rows_of(mixture)
    r = mixture.responsibilities(rows)
    parts = [mixture.component(k).logpdf(rows) for k in range(mixture.n_components)]
    expected = mixture.weights * np.exp(np.transpose(parts) - mixture.logpdf(rows)[:, None])
    np.testing.assert_allclose(r, expected, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(r.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_array_equal(mixture.classify(rows), r.argmax(axis=1))
    np.testing.assert_array_equal(mixture.pdf(rows), np.exp(mixture.logpdf(rows)))


def test_far_away_responsibilities_still_sum_to_one():
    mixture = make("full", 3, 3)
    r = mixture.responsibilities([[1e6, -1e6, 1e6], [-1e150, 0, 0]])
    np.testing.assert_allclose(r.sum(axis=1), 1)


def test_the_density_integrates_to_one():
    mixture = make("full", 1, 3)
    grid = np.linspace(-30, 30, 60_001)
    assert np.trapezoid(mixture.pdf(grid), grid) == pytest.approx(1, abs=1e-10)


def test_integers_are_not_truncated():
    # scikit-learn casts the means to the rows' integer type
    mixture = make("full", 2, 3)
    whole = np.array([[1, 2], [0, 3]])
    for kind in (np.int64, np.uint8, np.int16, np.float32, bool):
        rows = whole.astype(kind)
        np.testing.assert_allclose(mixture.logpdf(rows), mixture.logpdf(rows.astype(float)), rtol=1e-5)
    np.testing.assert_array_equal(mixture.logpdf(whole), mixture.logpdf(whole.astype(float)))


def test_any_memory_layout():
    mixture = make("full", 3, 2)
    rows = rows_of(mixture, 12)
    expected = mixture.logpdf(rows)
    wide = np.zeros((24, 6))
    wide[::2, ::2] = rows
    for same in (np.asfortranarray(rows), wide[::2, ::2], rows[::-1][::-1], rows.astype(">f8")):
        np.testing.assert_allclose(mixture.logpdf(same), expected, rtol=1e-14)


def test_a_random_rotation_changes_nothing():
    rng = np.random.default_rng(3)
    mixture = make("full", 6, 3, 1e4)
    q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    rows = rows_of(mixture)
    np.testing.assert_allclose(mixture.affine(q).logpdf(rows @ q.T), mixture.logpdf(rows), rtol=1e-9)
    assert np.linalg.cond(definite(6, 1e4, rng)) == pytest.approx(1e4, rel=1e-6)
