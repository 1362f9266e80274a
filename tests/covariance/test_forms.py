"""Every storage form does what the dense matrices it stands for would do."""

import numpy as np
import pytest
from tests.mixture.cases import over_all_cases

from bactrian.covariance import Diagonal, Full, Spherical, parse_covariance


def check(form, dense):
    """Hold a form against the (K, D, D) matrices it means."""
    k, d, _ = dense.shape
    assert (form.n_components, form.n_features) == (k, d)
    np.testing.assert_allclose(form.dense(), dense, rtol=1e-12, atol=1e-14 * np.abs(dense).max())
    np.testing.assert_allclose(form.log_determinants, np.linalg.slogdet(dense)[1], rtol=1e-11, atol=1e-12)
    normals = np.random.default_rng(0).standard_normal((7, d))
    for c in range(k):
        whitener = form.whiteners[form.slot(c)]
        whitener = whitener * np.eye(d) if whitener.ndim < 2 else whitener
        np.testing.assert_allclose(whitener @ dense[c] @ whitener.T, np.eye(d), atol=1e-11)
        np.testing.assert_allclose(form.color(c, normals) @ whitener.T, normals, atol=1e-11)
    again = parse_covariance(form.array, k, d, form.name)
    assert type(again) is type(form)
    np.testing.assert_array_equal(again.array, form.array)


@over_all_cases()
def test_against_dense(mixture):
    form, dense = mixture.parameters.covariance, mixture.parameters.covariance.dense()
    check(form, dense)


@over_all_cases()
def test_marginal_and_select(mixture):
    form, dense = mixture.parameters.covariance, mixture.parameters.covariance.dense()
    for features in ([0], [mixture.n_features - 1, 0][: mixture.n_features]):
        chosen = np.array(features)
        kept = form.marginal(chosen)
        assert (type(kept), kept.tied) == (type(form), form.tied)
        check(kept, dense[:, chosen[:, None], chosen])
    order = np.arange(mixture.n_components)[::-1]
    for chosen in (order, order[:1]):
        kept = form.select(chosen)
        assert (type(kept), kept.tied) == (type(form), form.tied)
        check(kept, dense[chosen])


@over_all_cases()
def test_affine(mixture):
    form, dense = mixture.parameters.covariance, mixture.parameters.covariance.dense()
    d = mixture.n_features
    rng = np.random.default_rng(4)
    for matrix in (rng.standard_normal((d, d)), 3 * np.eye(d), np.diag(np.arange(1.0, d + 1)), np.eye(d)[:1]):
        check(form.affine(matrix), matrix @ dense @ matrix.T)


ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]])
SWAP = np.array([[0.0, 2.0], [-2.0, 0.0]])


@pytest.mark.parametrize("tied", [False, True])
def test_affine_keeps_the_narrowest_form(tied):
    one = 1 if tied else 3
    spherical = Spherical(np.arange(1.0, 1 + one), 3, 2, tied)
    diagonal = Diagonal(np.arange(1.0, 1 + 2 * one).reshape(one, 2), 3, tied)
    full = Full(np.repeat([[[2, 1], [1, 2]]], one, axis=0), 3, tied)
    expected = [
        (spherical, 2 * np.eye(2), Spherical),
        (spherical, SWAP, Spherical),
        (spherical, np.diag([1.0, 2.0]), Diagonal),
        (spherical, np.array([[1.0, 1.0], [0.0, 1.0]]), Full),
        (diagonal, np.diag([1.0, 2.0]), Diagonal),
        (diagonal, SWAP, Diagonal),
        (diagonal, np.array([[1.0, 1.0]]), Diagonal),
        (diagonal, ROTATION, Full),
        (full, ROTATION, Full),
    ]
    for form, matrix, kind in expected:
        made = form.affine(matrix)
        assert type(made) is kind
        assert made.tied == tied
        np.testing.assert_allclose(made.dense(), matrix @ form.dense() @ matrix.T, rtol=1e-14)


def test_a_full_matrix_is_symmetric_to_the_last_bit():
    full = Full(np.array([[[1.0, 0.3 + 1e-17], [0.3, 1.0]], [[1.0, 0.1 + 2e-17], [0.1, 2.0]]]), 2)
    np.testing.assert_array_equal(full.matrices, full.matrices.swapaxes(1, 2))


def test_nothing_can_be_written_into():
    for form in (
        Full(np.array([[[2.0, 1.0], [1.0, 2.0]]]), 1),
        Diagonal(np.array([[1.0, 2.0]]), 1),
        Spherical(np.array([1.0]), 1, 2),
    ):
        for array in (form.array, form.whiteners):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1.0


def test_the_callers_array_is_copied():
    for make, given in (
        (lambda a: Full(a, 1), np.array([[[2.0, 1.0], [1.0, 2.0]]])),
        (lambda a: Diagonal(a, 1), np.array([[1.0, 2.0]])),
        (lambda a: Spherical(a, 1, 2), np.array([1.0])),
    ):
        form = make(given)
        before = form.dense()
        given *= 5.0
        np.testing.assert_array_equal(form.dense(), before)
