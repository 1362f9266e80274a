"""From the same start, scikit-learn's EM and ours arrive at the same model."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Reference

from bactrian import GaussianMixture

SHAPES = {
    "full": lambda p: p,
    "tied": lambda p: p.mean(axis=0),
    "diag": lambda p: p.diagonal(axis1=1, axis2=2),
    "spherical": lambda p: p.diagonal(axis1=1, axis2=2).mean(axis=1),
}


def start(covariance_type):
    precisions = np.tile(0.3 * np.eye(3), (3, 1, 1)) + 0.05
    means = np.array([[0.5, 0.0, 0.0], [4.0, 0.5, 1.0], [0.0, 5.0, -2.0]])
    return {
        "covariance_type": covariance_type,
        "weights_init": [0.2, 0.5, 0.3],
        "means_init": means,
        "precisions_init": np.ascontiguousarray(SHAPES[covariance_type](precisions)),
    }


@pytest.fixture(scope="module", params=SHAPES)
def pair(request, overlapping):
    options = start(request.param)
    ours = GaussianMixture(3, tol=1e-10, max_iter=5000, **options).fit(overlapping)
    theirs = Reference(3, tol=1e-13, reg_covar=0, max_iter=5000, **options).fit(overlapping)
    return ours, theirs


def test_same_log_likelihood(pair, overlapping):
    ours, theirs = pair
    assert ours.score(overlapping) == pytest.approx(theirs.score(overlapping), abs=1e-8)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, abs=1e-8)


def test_same_attributes(pair):
    ours, theirs = pair
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine.shape == other.shape
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


def test_same_methods(pair, overlapping):
    ours, theirs = pair
    np.testing.assert_array_equal(ours.predict(overlapping), theirs.predict(overlapping))
    for name in ("predict_proba", "score_samples"):
        mine, other = getattr(ours, name)(overlapping), getattr(theirs, name)(overlapping)
        np.testing.assert_allclose(mine, other, atol=1e-4)
    for name in ("aic", "bic"):
        assert getattr(ours, name)(overlapping) == pytest.approx(getattr(theirs, name)(overlapping), abs=1e-4)


def test_same_steps(overlapping):
    """tol=0: exactly ``max_iter`` iterations, each the same as scikit-learn's."""
    options = start("full") | {"tol": 0.0, "max_iter": 3}
    with pytest.warns(match="did not converge"):
        ours = GaussianMixture(3, **options).fit(overlapping)
    with pytest.warns(match="did not converge"):
        theirs = Reference(3, reg_covar=0, **options).fit(overlapping)
    assert ours.n_iter_ == theirs.n_iter_ == 3
    np.testing.assert_allclose(ours.covariances_, theirs.covariances_, rtol=1e-10)
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-10)
    # scikit-learn looks before each step, so its list is one step behind
    np.testing.assert_allclose(ours.lower_bounds_[:-1], theirs.lower_bounds_[1:], rtol=1e-12)
    assert len(ours.lower_bounds_) == 3
    assert ours.lower_bounds_[-1] == ours.lower_bound_


def test_upper_triangular_root(pair):
    ours, _ = pair
    root, precision = ours.precisions_cholesky_, ours.precisions_
    if ours.covariance_type in ("full", "tied"):
        np.testing.assert_array_equal(root, np.triu(root))
        np.testing.assert_allclose(root @ root.swapaxes(-1, -2), precision)
        np.testing.assert_allclose(np.linalg.inv(precision), ours.covariances_, rtol=1e-8, atol=1e-10)
    else:
        np.testing.assert_allclose(root**2, 1 / ours.covariances_)
