"""affine, reorder, sorted, component: new mixtures, same distribution up to what was asked."""

import numpy as np
import pytest

import bactrian as bt

from .cases import make, over_all_cases, rows_of


@over_all_cases()
def test_affine_moves_the_density_with_the_rows(mixture):
    d = mixture.n_features
    rng = np.random.default_rng(8)
    rows = rows_of(mixture)
    for matrix in (rng.standard_normal((d, d)), np.diag(rng.uniform(0.5, 2, d))):
        shift = rng.standard_normal(d)
        moved = mixture.affine(matrix, shift)
        log_scale = np.linalg.slogdet(matrix)[1]
        np.testing.assert_allclose(
            moved.logpdf(rows @ matrix.T + shift) + log_scale, mixture.logpdf(rows), rtol=1e-9, atol=1e-9
        )


@over_all_cases()
def test_affine_moments(mixture):
    d = mixture.n_features
    matrix, shift = np.random.default_rng(9).standard_normal((d, d)), np.arange(d)
    moved = mixture.affine(matrix, shift)
    np.testing.assert_allclose(moved.mean, matrix @ mixture.mean + shift, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moved.covariance, matrix @ mixture.covariance @ matrix.T, rtol=1e-9, atol=1e-11)


@over_all_cases()
def test_scaling_and_shifting_keep_the_form(mixture):
    assert mixture.affine(2.5, -1.0).form == mixture.form
    assert mixture.affine(-1.0).form == mixture.form
    scales = np.arange(1, mixture.n_features + 1)
    if "spherical" not in mixture.form or mixture.n_features == 1:
        assert mixture.affine(scales).form == mixture.form


def test_scales_are_a_diagonal_matrix():
    mixture = make("full", 3, 2)
    assert mixture.affine([1, 2, 3], 5) == mixture.affine(np.diag([1, 2, 3]), [5, 5, 5])


def test_a_projection_is_the_density_of_a_sum():
    mixture = make("full", 3, 2)
    total = mixture.affine([[1, 1, 1]])
    assert total.n_features == 1
    drawn = mixture.sample(50_000, rng=0).sum(axis=1)
    for q in (0.1, 0.5, 0.9):
        assert (drawn < total.quantile(q)).mean() == pytest.approx(q, abs=0.01)


def test_names_stay_where_features_stay():
    mixture = make("full", 2, 2, names=("a", "b"))
    assert mixture.affine(2.0).feature_names == ("a", "b")
    assert mixture.affine([[1, 1]]).feature_names is None


@over_all_cases()
def test_reorder_is_the_same_distribution(mixture):
    order = np.random.default_rng(0).permutation(mixture.n_components)
    turned = mixture.reorder(order)
    assert turned.form == mixture.form
    rows = rows_of(mixture)
    np.testing.assert_allclose(turned.logpdf(rows), mixture.logpdf(rows), rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(turned.means, mixture.means[order])
    np.testing.assert_allclose(turned.responsibilities(rows), mixture.responsibilities(rows)[:, order], rtol=1e-12)


def test_leaving_components_out_renormalises():
    mixture = make("diagonal", 2, 3)
    kept = mixture.reorder([2, 0])
    np.testing.assert_allclose(kept.weights, mixture.weights[[2, 0]] / mixture.weights[[2, 0]].sum())
    np.testing.assert_array_equal(kept.covariances, mixture.covariances[[2, 0]])


def test_component():
    mixture = make("full", 2, 3, names=("a", "b"))
    assert mixture.component(-1) == mixture.component(2)
    assert mixture.component(1).weights.tolist() == [1.0]
    assert mixture.component(1).feature_names == ("a", "b")
    np.testing.assert_array_equal(mixture.component(1).means, mixture.means[1:2])


def test_sorted():
    mixture = bt.Mixture([0.2, 0.5, 0.3], [[1, 2], [1, -2], [0, 9]], [1, 2, 3])
    assert mixture.sorted().means.tolist() == [[0, 9], [1, -2], [1, 2]]
    assert mixture.sorted("weight").weights.tolist() == [0.5, 0.3, 0.2]
    assert mixture.sorted().covariances.tolist() == [3, 2, 1]
    assert mixture.sorted().sorted() == mixture.sorted()
    assert mixture.reorder([2, 1, 0]).sorted() == mixture.sorted()


@over_all_cases()
def test_moments_of_the_whole(mixture):
    dense = mixture.parameters.covariance.dense()
    second = sum(w * (s + np.outer(m, m)) for w, m, s in zip(mixture.weights, mixture.means, dense, strict=True))
    np.testing.assert_allclose(mixture.covariance, second - np.outer(mixture.mean, mixture.mean), atol=1e-12)
    np.testing.assert_allclose(mixture.mean, mixture.weights @ mixture.means, rtol=1e-14)
