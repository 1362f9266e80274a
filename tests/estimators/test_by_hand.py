"""Models that no fit made: from a mixture, and from attributes set by hand."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from bactrian import GaussianMixture, Mixture

FORMS = {
    "full": ("full", [[[1, 0.5], [0.5, 2]], [[2, 0], [0, 1]]]),
    "tied": ("tied", [[1, 0.5], [0.5, 2]]),
    "diagonal": ("diag", [[1, 2], [3, 4]]),
    "spherical": ("spherical", [1, 2]),
    "tied diagonal": ("EEI", [1, 2]),
    "tied spherical": ("EII", 2.0),
}


@pytest.mark.parametrize("form", FORMS)
def test_from_mixture(form):
    name, numbers = FORMS[form]
    mixture = Mixture([0.3, 0.7], [[0, 0], [4, 5]], numbers, form=form, feature_names=["a", "b"])
    made = GaussianMixture.from_mixture(mixture, random_state=1)
    check_is_fitted(made)
    rows = [[0.5, 1.0], [4.0, 4.0]]
    assert made.covariance_type == name
    assert made.mixture_ is mixture
    assert made.random_state == 1
    assert made.feature_names_in_.tolist() == ["a", "b"]
    np.testing.assert_array_equal(made.covariances_, numbers)
    with pytest.warns(match="does not have valid feature names"):
        np.testing.assert_allclose(made.score_samples(rows), mixture.logpdf(rows))
    with pytest.raises(NotFittedError, match="This GaussianMixture instance is not fitted yet"):
        clone(made).sample()


def test_fitting_goes_on_from_a_mixture(two_clouds):
    mixture = Mixture([0.5, 0.5], [[6.0, 6.0], [0.0, 0.0]], [[[1.0, 0], [0, 1]]] * 2)
    fit = GaussianMixture.from_mixture(mixture, warm_start=True).fit(two_clouds)
    np.testing.assert_allclose(fit.weights_, [0.6, 0.4], atol=0.01)


def test_sorted_by_hand(two_clouds):
    fit = GaussianMixture(2, random_state=0).fit(two_clouds)
    labels, score = fit.predict(two_clouds), fit.score(two_clouds)
    order = [1, 0]
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        setattr(fit, name, getattr(fit, name)[order])
    np.testing.assert_array_equal(fit.predict(two_clouds), 1 - labels)
    assert fit.score(two_clouds) == pytest.approx(score, rel=1e-12)
    fit.means_[0] += 100
    assert fit.mixture_.means[0].min() > 90


@pytest.mark.parametrize("known", ["covariances_", "precisions_cholesky_"])
def test_known_numbers_by_attributes(known):
    made = GaussianMixture(2, covariance_type="diag")
    made.weights_, made.means_ = np.array([0.5, 0.5]), np.array([[0.0, 0.0], [3.0, 3.0]])
    with pytest.raises(NotFittedError, match="set covariances_"):
        made.predict([[0.0, 0.0]])
    variances = np.array([[1.0, 2.0], [3.0, 4.0]])
    setattr(made, known, variances if known == "covariances_" else 1 / np.sqrt(variances))
    expected = Mixture(made.weights_, made.means_, variances, form="diagonal")
    np.testing.assert_allclose(made.score_samples([[1.0, 2.0]]), expected.logpdf([[1.0, 2.0]]))


def test_numbers_that_do_not_belong_together(two_clouds):
    fit = GaussianMixture(2, random_state=0).fit(two_clouds)
    fit.weights_ = np.array([1.0])
    with pytest.raises(ValueError, match="do not belong together"):
        fit.predict(two_clouds)


def test_mixture_is_hidden_until_fitted(two_clouds):
    estimator = GaussianMixture(2, random_state=0)
    assert not hasattr(estimator, "mixture_")
    assert isinstance(estimator.fit(two_clouds).mixture_, Mixture)
