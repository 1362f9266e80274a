"""partial_fit: an OnlineFit behind scikit-learn's interface."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import bactrian as bt


def test_it_learns_as_an_online_fit_does(overlapping):
    x = np.random.default_rng(0).permutation(np.tile(overlapping, (6, 1)))
    estimator, online = bt.GaussianMixture(3, random_state=7), bt.OnlineFit(3, "VVV", random_state=7)
    for batch in np.array_split(x, 9):
        assert estimator.partial_fit(batch) is estimator
        online.update(batch)
    assert estimator.n_iter_ == online.n_steps == 2
    assert np.array_equal(estimator.means_, online.mixture.means)  # to the same bits
    assert np.array_equal(estimator.covariances_, online.mixture.covariances)
    assert estimator.lower_bound_ == online.predictive_score
    assert estimator.n_features_in_ == 3
    assert estimator.means_.shape == (3, 3)
    assert bt.GaussianMixture(3, random_state=0).fit(x).score(x) - estimator.score(x) < 0.02


def test_few_rows_then_enough(two_clouds):
    estimator = bt.GaussianMixture(2).partial_fit(two_clouds[:1])
    assert not hasattr(estimator, "weights_")
    assert estimator.partial_fit(two_clouds[1:]).predict(two_clouds).shape == (200,)
    with pytest.raises(ValueError, match="is expecting 2 features"):
        estimator.partial_fit(two_clouds[:, :1])


WAITING = {
    1: "was given 1 row by partial_fit, but at least 3 are needed; call partial_fit with more rows",
    2: "was given 2 rows by partial_fit, but at least 3 are needed",
    9: "was given 9 rows by partial_fit, but no mixture can be made of them yet; call partial_fit with more",
}


@pytest.mark.parametrize("n", WAITING)
def test_rows_that_wait_are_told_of(n):
    estimator = bt.GaussianMixture(3).partial_fit(np.tile([[1.0, 2.0]], (n, 1)))
    for ask in (estimator.predict, estimator.score_samples, lambda _: estimator.mixture_, lambda _: estimator.sample()):
        with pytest.raises(NotFittedError, match=WAITING[n]):
            ask([[0.0, 0.0]])
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        bt.GaussianMixture(3).predict([[0.0, 0.0]])


ARRAYS = np.array([[0.0, 0.0], [9.0, 9.0]])
CHANGES = {
    "n_components": (2, 3, "n_components was 2 when partial_fit began and is 3 now, but .* set it back, call fit, wh"),
    "covariance_type": ("full", "tied", "covariance_type was 'full' when partial_fit began and is 'tied' now"),
    "reg_covar": (None, 1e-3, "reg_covar was None when partial_fit began and is 0.001 now"),
    "prior": (None, "conjugate", "prior was None when .* 'conjugate' now"),
    "prior's arrays": (
        bt.ConjugatePrior([0, 1]),
        bt.ConjugatePrior([0, 2]),
        r"prior was ConjugatePrior\(mean=\[0, 1\]",
    ),
    "init_params": ("kmeans", "k-means++", "init_params was 'kmeans'"),
    "means_init": (None, ARRAYS, "means_init was None"),
    "means_init's numbers": (ARRAYS, ARRAYS + 1, "means_init was array"),
    "weights_init": ([0.5, 0.5], [0.4, 0.6], "weights_init was"),
}


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("n", [20, 3000])
@pytest.mark.parametrize("case", CHANGES)
def test_a_parameter_that_was_changed_is_not_ignored(case, n, fitted, two_clouds):
    before, after, sentence = CHANGES[case]
    name = case.split("'")[0]
    rows = np.resize(two_clouds, (n, 2))
    model = bt.GaussianMixture(**{"n_components": 2, "random_state": 0, name: before})
    if fitted:
        model.fit(two_clouds)
    model.partial_fit(rows).set_params(**{name: after})
    means, steps = model.means_.copy(), model.n_iter_
    with pytest.raises(bt.ParameterError, match=sentence):
        model.partial_fit(rows)
    assert np.array_equal(model.means_, means)
    assert model.n_iter_ == steps
    model.set_params(**{name: before}).partial_fit(rows)
    model.set_params(**{name: after}).fit(two_clouds).partial_fit(rows)


def test_an_array_that_was_overwritten_is_not_ignored(two_clouds):
    means = ARRAYS.copy()
    model = bt.GaussianMixture(2, means_init=means).partial_fit(two_clouds)
    model.set_params(means_init=ARRAYS.copy(), tol=0.5, max_iter=3, n_init=2, verbose=1).partial_fit(two_clouds)
    means += 1
    with pytest.raises(bt.ParameterError, match="means_init"):
        model.set_params(means_init=means).partial_fit(two_clouds)


def test_what_does_not_matter_may_change(two_clouds):
    model = bt.GaussianMixture(2, random_state=0).partial_fit(two_clouds[:20])
    other = clone(model).partial_fit(two_clouds[:20])
    model.set_params(covariance_type="VVV", tol=0.1, max_iter=5, n_init=3, warm_start=True, verbose_interval=3)
    assert np.array_equal(model.partial_fit(two_clouds).means_, other.partial_fit(two_clouds).means_)
    with pytest.raises(bt.ParameterError, match=r"random_state was 0 .* and is 1 now"):
        model.set_params(random_state=1).partial_fit(two_clouds)
    model.set_params(random_state=0).partial_fit(np.resize(two_clouds, (3000, 2)))
    model.set_params(random_state=1).partial_fit(two_clouds)  # the start was found; sample may have another seed
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.partial_fit(two_clouds).means_, model.partial_fit(two_clouds).means_)
    with pytest.raises(bt.ParameterError, match="n_components was 2"):
        again.set_params(n_components=3).partial_fit(two_clouds)


def test_fit_forgets_and_partial_fit_goes_on_from_it(two_clouds):
    estimator = bt.GaussianMixture(2, random_state=0).partial_fit(two_clouds + 50).fit(two_clouds)
    assert np.abs(estimator.means_).max() < 20
    before = estimator.means_.copy()
    estimator.partial_fit(two_clouds[:5])
    assert 0 < np.abs(estimator.means_ - before).max() < 0.5


@pytest.mark.parametrize("how", [{"noise": True}, {"noise": 4.0}, {"equal_weights": True}])
def test_what_only_fit_knows_is_refused(how):
    with pytest.raises(bt.ParameterError, match="partial_fit knows neither noise nor equal_weights"):
        bt.GaussianMixture(2, **how).partial_fit(np.random.default_rng(0).normal(size=(50, 2)))


def test_a_prior_is_kept_to():
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    with_prior, without = (bt.GaussianMixture(2, prior=p).partial_fit(rows) for p in ("conjugate", None))
    assert not np.allclose(with_prior.covariances_, without.covariances_)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_a_first_call_that_is_cancelled_leaves_nothing_behind(monkeypatch, error):
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(600, 3)), columns=["a", "b", "c"])
    model = bt.GaussianMixture(2)

    def stop(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("bactrian.online.online_fit.begin", stop)
        with pytest.raises(error):
            model.partial_fit(rows)
    with pytest.raises(ValueError, match="sample_weight"):
        model.partial_fit(rows, sample_weight=-np.ones(600))
    assert not [name for name in vars(model) if name.endswith("_")]
    assert model.partial_fit(rows[["a", "b"]].to_numpy()).n_features_in_ == 2
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(rows.to_numpy())
    assert model.n_features_in_ == 2


def test_a_later_call_that_is_cancelled_teaches_nothing(monkeypatch, two_clouds):
    model, other = (bt.GaussianMixture(2, random_state=0).partial_fit(two_clouds) for _ in range(2))

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bactrian.estimators.streaming.shown", stop)
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(two_clouds + 1)
    assert np.array_equal(model.means_, other.means_)
    again = [m.partial_fit(two_clouds).means_ for m in (model, other)]
    assert np.array_equal(*again)
