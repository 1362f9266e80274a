"""init_params, and the parts of a start that the user gives."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from bactrian import GaussianMixture

METHODS = ["kmeans", "k-means++", "random", "random_from_data"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "EII", "EEI"])
def test_every_method_leads_to_the_clouds(method, covariance_type, two_clouds):
    options = {"covariance_type": covariance_type, "init_params": method, "n_init": 5, "random_state": 0}
    fit = GaussianMixture(2, **options).fit(two_clouds)
    np.testing.assert_allclose(np.sort(fit.weights_), [0.4, 0.6], atol=0.02)


@pytest.mark.parametrize("method", ["random_from_data", "k-means++"])
def test_centres_are_different_rows(method):
    rows = np.repeat(np.arange(4.0), 25)[:, None]
    fit = GaussianMixture(4, init_params=method, max_iter=0, random_state=0).fit(rows)
    np.testing.assert_array_equal(np.sort(fit.means_.ravel()), np.arange(4.0))


@pytest.mark.parametrize("what", ["labels", "responsibilities"])
def test_callable(what, two_clouds):
    seen = []

    def by_kmeans(rows, n_components, random_state):
        seen.append((rows.shape, n_components, random_state))
        labels = KMeans(n_components, n_init=1, random_state=random_state).fit_predict(rows)
        return labels if what == "labels" else np.eye(n_components)[labels]

    weight = np.r_[0, np.ones(len(two_clouds) - 1)]
    fit = GaussianMixture(2, init_params=by_kmeans, random_state=0).fit(two_clouds, sample_weight=weight)
    assert fit.weights_.min() == pytest.approx(0.4, abs=0.02)
    shape, k, random_state = seen[0]
    assert shape == (199, 2)  # a row of weight 0 is not there
    assert k == 2
    assert isinstance(random_state, np.random.RandomState)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (np.zeros(3, dtype=int), "should return integer labels"),
        (np.full(200, 2), "should be from 0 to 1"),
        (np.ones((200, 3)), "should return integer labels"),
        (-np.ones((200, 2)), "should not be negative"),
        (np.array(["a"] * 200), "should return integer labels"),
    ],
)
def test_callable_that_returns_something_else(returned, sentence, two_clouds):
    with pytest.raises(ValueError, match=sentence):
        GaussianMixture(2, init_params=lambda x, k, r: returned).fit(two_clouds)


def test_means_given_keep_their_order(two_clouds):
    means = np.array([[6.0, 6.0], [0.0, 0.0]])
    for order in ([0, 1], [1, 0]):
        fit = GaussianMixture(2, means_init=means[order]).fit(two_clouds)
        np.testing.assert_allclose(fit.means_, means[order], atol=0.4)


def test_parts_given_are_the_start(two_clouds):
    given = {"weights_init": [0.9, 0.1], "precisions_init": [[[2.0, 0], [0, 2]], [[4.0, 1], [1, 4]]]}
    fit = GaussianMixture(2, max_iter=0, random_state=0, **given).fit(two_clouds)
    np.testing.assert_allclose(fit.weights_, given["weights_init"])
    np.testing.assert_allclose(fit.precisions_, given["precisions_init"])
    fit = GaussianMixture(2, random_state=0, **given).fit(two_clouds)
    assert fit.weights_.min() == pytest.approx(0.4, abs=0.02)
    assert given["weights_init"] == [0.9, 0.1]


def test_more_starts_are_never_worse(overlapping):
    options = {"init_params": "random", "max_iter": 200, "random_state": 4, "tol": 1e-2}
    bounds = [GaussianMixture(3, n_init=n, **options).fit(overlapping).lower_bound_ for n in (1, 2, 4, 8)]
    assert bounds == sorted(bounds)


def test_same_seed_same_fit(overlapping):
    one, other = (GaussianMixture(3, random_state=5).fit(overlapping) for _ in range(2))
    assert one.mixture_ == other.mixture_


def test_global_seed_is_heard(overlapping):
    fits = []
    for _ in range(2):
        np.random.seed(11)  # noqa: NPY002  what programs for scikit-learn do
        fits.append(GaussianMixture(3, init_params="random", max_iter=0).fit(overlapping))
    assert fits[0].mixture_ == fits[1].mixture_
