"""L and L^-1: right to nearly the last digit, at every scale, and a clear word where there are none."""

import re

import numpy as np
import pytest
from tests.mixture.cases import definite
from tests.mixture.exact import inverse_factor

from bactrian.covariance.factor import factor
from bactrian.errors import CovarianceError


def check(matrix, tolerance=3e-12):
    lower, whitener = (a[0] for a in factor(matrix[None]))
    assert (np.triu(lower, 1) == 0).all()
    assert (np.triu(whitener, 1) == 0).all()
    sd = np.sqrt(np.diag(matrix))
    np.testing.assert_allclose(lower / sd[:, None] @ (lower / sd[:, None]).T, matrix / sd / sd[:, None], atol=1e-14)
    expected = inverse_factor(matrix) * sd
    error = np.abs(whitener * sd - expected).max(axis=1) / np.abs(expected).max(axis=1)
    assert error.max() < tolerance


@pytest.mark.parametrize("condition", [1, 1e4, 1e8, 1e11])
@pytest.mark.parametrize("n_features", [1, 2, 3, 8, 20])
def test_random_matrices(n_features, condition):
    rng = np.random.default_rng(n_features)
    for _ in range(3):
        check(definite(n_features, condition, rng))


@pytest.mark.parametrize("n_features", [2, 5, 8, 10])
def test_hilbert_matrices(n_features):
    # condition number 1.6e13 at 10
    i = np.arange(n_features)
    check(1.0 / (i[:, None] + i + 1))


@pytest.mark.parametrize("variance", [1e-300, 1e-200, 1e-7, 1e7, 1e200, 1e300])
def test_tiny_and_huge_scales(variance):
    matrix = definite(4, 1e3, np.random.default_rng(0))
    check(matrix * variance)


def test_features_of_very_different_scale():
    sd = np.array([1e-100, 1e-3, 1.0, 1e100])
    matrix = definite(4, 1e3, np.random.default_rng(0)) * sd * sd[:, None]
    check((matrix + matrix.T) / 2)


def test_scaling_by_powers_of_two_changes_no_bit():
    matrix = definite(5, 1e6, np.random.default_rng(1))
    lower, whitener = factor(matrix[None])
    scaled_lower, scaled_whitener = factor(matrix[None] * 2.0**60)
    np.testing.assert_array_equal(scaled_lower, lower * 2.0**30)
    np.testing.assert_array_equal(scaled_whitener, whitener * 2.0**-30)


def test_many_at_once_are_each_alone():
    rng = np.random.default_rng(2)
    matrices = np.array([definite(3, 10.0**e, rng) for e in range(10)])
    together = factor(matrices)
    for m, matrix in enumerate(matrices):
        for got, alone in zip(together, factor(matrix[None]), strict=True):
            np.testing.assert_array_equal(got[m], alone[0])


def test_only_the_lower_triangle_is_read():
    matrix = np.array([[[2.0, 99.0], [1.0, 3.0]]])
    lower, _ = factor(matrix)
    np.testing.assert_allclose(lower[0] @ lower[0].T, [[2, 1], [1, 3]])


EYE = np.eye(2)
BAD = {
    "negative": (
        [EYE, np.diag([1.0, -2.0])],
        False,
        "component 1 is not positive definite: .* eigenvalue is -2;",
    ),
    "indefinite": ([[[1, 2], [2, 1]]], False, "component 0 .* smallest eigenvalue is -1;"),
    "singular": ([EYE, EYE, [[1, 1], [1, 1]]], False, "component 2 .* all must be clearly above zero"),
    "zero": ([np.zeros((2, 2))], False, "smallest eigenvalue is 0;"),
    "tied": ([[[1, 2], [2, 1]]], True, "^the tied covariance is not positive definite"),
    "NaN": ([[[np.nan, 0], [0, 1]]], False, "component 0 holds NaN or infinity"),
    "NaN below": ([[[1, np.nan], [np.nan, 1]]], False, "component 0 holds NaN or infinity"),
    "infinite": ([[[np.inf, 0], [0, 1]]], True, "^the tied covariance holds NaN or infinity"),
    "rank one to rounding": ([np.outer([1, 1 / 3], [1, 1 / 3])], False, "not positive definite"),
}


@pytest.mark.parametrize("case", BAD)
def test_the_error_names_the_component_and_the_eigenvalue(case):
    matrices, tied, sentence = BAD[case]
    with pytest.raises(CovarianceError, match=sentence) as caught:
        factor(np.array(matrices, dtype=float), tied)
    assert not re.search(r"\n", str(caught.value))
