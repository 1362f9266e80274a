"""Marginals and conditionals: p(a, b) = p(a | b) p(b), against integration, and closed under themselves."""

import numpy as np
import pytest
from scipy import stats

import bactrian as bt

from .cases import make, over_all_cases, rows_of

NAMES = ("a", "b", "c", "d", "e")


@over_all_cases()
def test_bayes_rule_at_random_points(mixture):
    d = mixture.n_features
    if d == 1:
        pytest.skip("one feature leaves nothing to condition on")
    for given in ([0], [d - 1], list(range(d - 1))[::-1]):
        free = [i for i in range(d) if i not in given]
        marginal = mixture.marginal(given)
        for row in rows_of(mixture, 4):
            conditional = mixture.condition({i: row[i] for i in given})
            assert isinstance(conditional, bt.Mixture)
            assert conditional.n_features == len(free)
            got = conditional.logpdf(row[free][None])[0] + marginal.logpdf(row[given][None])[0]
            assert got == pytest.approx(mixture.logpdf(row[None])[0], rel=1e-11, abs=1e-11)


@over_all_cases()
def test_forms_are_kept(mixture):
    d = mixture.n_features
    assert mixture.marginal([0]).form == mixture.form
    if d > 1:
        assert mixture.condition({0: 0.5}).form == mixture.form


def test_a_marginal_is_the_integral():
    mixture = make("full", 2, 3)
    grid = np.linspace(-25, 25, 20_001)
    for value in (-1.0, 0.3, 2.0):
        rows = np.column_stack([np.full(grid.size, value), grid])
        assert np.trapezoid(mixture.pdf(rows), grid) == pytest.approx(mixture.marginal(0).pdf(value), rel=1e-9)


def test_conditional_moments_by_integration():
    mixture = make("full", 2, 3, condition=8)
    grid = np.linspace(-25, 25, 20_001)
    density = mixture.pdf(np.column_stack([np.full(grid.size, 0.7), grid]))
    density /= np.trapezoid(density, grid)
    mean = np.trapezoid(grid * density, grid)
    variance = np.trapezoid((grid - mean) ** 2 * density, grid)
    conditional = mixture.condition({0: 0.7})
    assert conditional.mean[0] == pytest.approx(mean, rel=1e-8)
    assert conditional.covariance[0, 0] == pytest.approx(variance, rel=1e-8)


def test_one_gaussian_by_the_textbook():
    # Bishop 2006, eqs. 2.81 and 2.82
    mixture = make("full", 5, 1)
    s, mu = mixture.covariances[0], mixture.means[0]
    a, b, value = np.array([1, 3, 4]), np.array([2, 0]), np.array([0.3, -1.0])
    regression = s[np.ix_(a, b)] @ np.linalg.inv(s[np.ix_(b, b)])
    conditional = mixture.condition({2: 0.3, 0: -1.0})
    np.testing.assert_allclose(conditional.means[0], mu[a] + regression @ (value - mu[b]), rtol=1e-11)
    np.testing.assert_allclose(
        conditional.covariances[0], s[np.ix_(a, a)] - regression @ s[np.ix_(b, a)], rtol=1e-10, atol=1e-13
    )


def test_the_order_of_what_is_given_does_not_matter():
    mixture = make("full", 4, 2)
    one = mixture.condition({0: 0.1, 3: -0.4, 1: 1.0})
    other = mixture.condition({1: 1.0, 0: 0.1, 3: -0.4})
    assert one.allclose(other, rtol=1e-11)


def test_conditioning_in_two_steps_is_one():
    mixture = make("tied", 4, 3)
    steps = mixture.condition({1: 0.5}).condition({0: -0.2})  # feature 0 is still the first
    assert steps.allclose(mixture.condition({0: -0.2, 1: 0.5}), rtol=1e-10)


def test_a_batch_is_one_by_one():
    mixture = make("full", 3, 3, names=NAMES[:3])
    x, y = np.array([0.1, 2.0, -1.0]), np.array([0.0, 5.0, 1.0])
    batch = mixture.condition({"c": x, "a": y})
    assert len(batch) == 3
    for i, made in enumerate(batch):
        assert made.allclose(mixture.condition({"c": x[i], "a": y[i]}), rtol=1e-12)
        assert made.feature_names == ("b",)
    broadcast = mixture.condition({"c": x, "a": 0.5})
    assert broadcast[1].allclose(mixture.condition({"c": 2.0, "a": 0.5}), rtol=1e-12)
    assert mixture.condition({"a": []}) == []


def test_far_from_everything_a_conditional_is_still_a_mixture():
    mixture = make("full", 3, 3)
    conditional = mixture.condition({0: 1e6})
    assert conditional.weights.sum() == pytest.approx(1)
    assert np.isfinite(conditional.means).all()


def test_nearly_collinear_features():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((4, 4)) * [1, 1e-1, 1e-3, 1e-5]
    mixture = bt.Mixture([1], [[1e3, 0, 0, 0]], (factor @ factor.T)[None])
    row = rows_of(mixture, 1)[0]
    conditional = mixture.condition({0: row[0], 1: row[1]})
    joint = conditional.logpdf(row[None, 2:])[0] + mixture.marginal([0, 1]).logpdf(row[None, :2])[0]
    assert joint == pytest.approx(mixture.logpdf(row[None])[0], rel=1e-6)


def test_names_follow_the_features():
    mixture = make("full", 5, 2, names=NAMES)
    assert mixture.marginal(["d", "a"]).feature_names == ("d", "a")
    assert mixture.marginal("d").feature_names == ("d",)
    assert mixture.marginal([3, -5]) == mixture.marginal(["d", "a"])
    assert mixture.marginal(np.array([1])).feature_names == ("b",)
    assert mixture.condition({"d": 0, "a": 1}).feature_names == ("b", "c", "e")
    assert mixture.condition({"d": 0, 0: 1}) == mixture.condition({"d": 0, "a": 1})


def test_marginal_reorders_features():
    mixture = make("full", 3, 2)
    rows = rows_of(mixture)
    turned = mixture.marginal([2, 0, 1])
    np.testing.assert_allclose(turned.logpdf(rows[:, [2, 0, 1]]), mixture.logpdf(rows), rtol=1e-12)


def test_against_scipys_multivariate_normal():
    mixture = make("full", 3, 2)
    rows = rows_of(mixture)
    parts = [
        w * stats.multivariate_normal(m[[0, 2]], s[np.ix_([0, 2], [0, 2])]).pdf(rows[:, [0, 2]])
        for w, m, s in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ]
    np.testing.assert_allclose(mixture.marginal([0, 2]).pdf(rows[:, [0, 2]]), np.sum(parts, axis=0), rtol=1e-10)
