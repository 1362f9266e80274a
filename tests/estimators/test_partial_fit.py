"""partial_fit: an OnlineFit behind scikit-learn's interface."""

import numpy as np
import pandas as pd
import pytest

import bactrian as bt


def test_it_learns_as_an_online_fit_does(overlapping):
    x = np.random.default_rng(0).permutation(np.tile(overlapping, (6, 1)))
    estimator, online = bt.GaussianMixture(3, random_state=0), bt.OnlineFit(3, "VVV")
    for batch in np.array_split(x, 9):
        assert estimator.partial_fit(batch) is estimator
        online.update(batch)
    assert estimator.n_iter_ == online.n_steps == 2
    assert estimator.n_features_in_ == 3
    assert estimator.means_.shape == (3, 3)
    assert bt.GaussianMixture(3, random_state=0).fit(x).score(x) - estimator.score(x) < 0.02


def test_few_rows_then_enough(two_clouds):
    estimator = bt.GaussianMixture(2).partial_fit(two_clouds[:1])
    assert not hasattr(estimator, "weights_")
    assert estimator.partial_fit(two_clouds[1:]).predict(two_clouds).shape == (200,)
    with pytest.raises(ValueError, match="is expecting 2 features"):
        estimator.partial_fit(two_clouds[:, :1])


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
