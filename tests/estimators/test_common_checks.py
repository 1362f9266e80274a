"""scikit-learn's own checks of what an estimator is."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from bactrian import CollapseWarning, GaussianMixture


# the checks' small data sets make several components collapse, of which users are warned
@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        GaussianMixture(),
        GaussianMixture(2, covariance_type="diag", init_params="k-means++"),
        GaussianMixture(2, covariance_type="EII", init_params="random_from_data", max_iter=20),
    ],
)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random_from_data"])
def test_weight_0_is_a_row_not_there_and_2_a_row_there_twice(init_params, two_clouds):
    weight = np.random.default_rng(0).integers(0, 4, len(two_clouds))
    estimator = GaussianMixture(2, init_params=init_params, random_state=0)
    weighted = estimator.fit(two_clouds, sample_weight=weight)
    labels, score = weighted.predict(two_clouds), weighted.score(two_clouds, sample_weight=weight)
    bound, means = weighted.lower_bound_, weighted.means_
    repeated = estimator.fit(two_clouds.repeat(weight, axis=0))
    np.testing.assert_array_equal(repeated.predict(two_clouds), labels)
    np.testing.assert_allclose(repeated.means_, means, rtol=1e-10)
    assert repeated.lower_bound_ == pytest.approx(bound, rel=1e-12)
    assert repeated.score(two_clouds.repeat(weight, axis=0)) == pytest.approx(score, rel=1e-12)


def test_collapse_is_told(two_clouds):
    with pytest.warns(CollapseWarning, match="shrank to the least variance"):
        GaussianMixture(4, random_state=0).fit(two_clouds[:4])
