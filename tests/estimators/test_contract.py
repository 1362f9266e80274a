"""How the estimator behaves inside scikit-learn, and what it says to bad parameters."""

import logging
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bactrian import GaussianMixture


@pytest.fixture
def fitted(two_clouds):
    return GaussianMixture(2, random_state=0).fit(two_clouds)


def test_score_is_the_mean_log_density(fitted, two_clouds):
    weight = np.arange(len(two_clouds))
    log_densities = fitted.score_samples(two_clouds)
    assert fitted.score(two_clouds) == pytest.approx(log_densities.mean())
    weighted = np.average(log_densities, weights=weight)
    assert fitted.score(two_clouds, sample_weight=weight) == pytest.approx(weighted)
    assert isinstance(fitted.score(two_clouds), float)


def test_grid_search_needs_no_scorer(two_clouds):
    grid = {"n_components": [1, 2], "covariance_type": ["full", "EII"]}
    search = GridSearchCV(GaussianMixture(random_state=0), grid, cv=3, error_score="raise").fit(two_clouds)
    assert search.best_params_ == {"covariance_type": "EII", "n_components": 2}
    with joblib.parallel_backend("threading"):
        assert np.isfinite(cross_val_score(GaussianMixture(2, random_state=0), two_clouds, n_jobs=2)).all()


def test_pipeline(two_clouds):
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0))
    labels = pipeline.fit_predict(two_clouds, gaussianmixture__sample_weight=np.ones(len(two_clouds)))
    np.testing.assert_array_equal(labels, pipeline.predict(two_clouds))


@pytest.mark.parametrize("keep", ["pickle", "joblib"])
def test_saved_and_read(fitted, two_clouds, keep, tmp_path):
    if keep == "pickle":
        again = pickle.loads(pickle.dumps(fitted))
    else:
        joblib.dump(fitted, tmp_path / "model")
        again = joblib.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(two_clouds), fitted.predict_proba(two_clouds))
    assert again.mixture_ == fitted.mixture_


def test_clone_forgets_the_fit_and_keeps_the_parameters(fitted):
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not [name for name in vars(copied) if name.startswith("_") or name.endswith("_")]


def test_frames_keep_their_names(two_clouds):
    frame = pd.DataFrame(two_clouds, columns=["x", "y"])
    fit = GaussianMixture(2, random_state=0).fit(frame)
    assert fit.feature_names_in_.tolist() == ["x", "y"]
    assert fit.mixture_.feature_names == ("x", "y")
    with pytest.raises(ValueError, match="feature names should match"):
        fit.predict(frame[["y", "x"]])


def test_rows_are_not_written_to(two_clouds):
    rows, weight = two_clouds.copy(), np.ones(len(two_clouds))
    rows.flags.writeable = weight.flags.writeable = False
    GaussianMixture(2, random_state=0).fit(rows, sample_weight=weight).predict(rows)


def test_stopping_and_going_on_is_the_same_as_not_stopping(overlapping):
    options = {"init_params": "random", "random_state": 0, "tol": 0}
    with pytest.warns(match="did not converge"):
        whole = GaussianMixture(3, max_iter=6, **options).fit(overlapping)
    parts = GaussianMixture(3, max_iter=2, warm_start=True, **options)
    for _ in range(3):
        with pytest.warns(match="did not converge"):
            parts.fit(overlapping)
        assert parts.n_iter_ == len(parts.lower_bounds_) == 2
    assert parts.mixture_.sorted() == whole.mixture_
    assert parts.lower_bound_ == whole.lower_bound_


def test_going_on_with_other_rows(overlapping):
    fit = GaussianMixture(3, warm_start=True, random_state=0).fit(overlapping)
    before = fit.means_
    fit.fit(overlapping + 1)
    assert fit.n_iter_ > 0
    np.testing.assert_allclose(fit.means_, before + 1, atol=0.05)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"n_components": 0}, r"The 'n_components' parameter .* an int in the range \[1, inf\)\. Got 0"),
        ({"n_components": 1.5}, "The 'n_components' parameter"),
        ({"n_components": True}, "The 'n_components' parameter"),
        ({"covariance_type": "round"}, "The 'covariance_type' parameter .* full, tied, diag, spherical, EII"),
        ({"tol": -1}, "The 'tol' parameter"),
        ({"tol": np.nan}, "The 'tol' parameter"),
        ({"reg_covar": -1e-6}, "The 'reg_covar' parameter"),
        ({"reg_covar": "small"}, "The 'reg_covar' parameter"),
        ({"max_iter": -1}, "The 'max_iter' parameter"),
        ({"n_init": 0}, "The 'n_init' parameter"),
        ({"init_params": "best"}, "The 'init_params' parameter"),
        ({"random_state": -1}, "The 'random_state' parameter"),
        ({"random_state": "seed"}, "The 'random_state' parameter"),
        ({"warm_start": "no"}, "The 'warm_start' parameter"),
        ({"verbose": -1}, "The 'verbose' parameter"),
        ({"verbose_interval": 0}, "The 'verbose_interval' parameter"),
        (
            {"n_components": 500},
            "Expected n_samples >= n_components but got n_components = 500, n_samples = 200",
        ),
        ({"weights_init": [1.1]}, r"The parameter 'weights' should be in the range \[0, 1\]"),
        (
            {"weights_init": [0.5, 0.6], "n_components": 2},
            r"should be normalized, but got sum\(weights\) = 1.1",
        ),
        ({"means_init": [[0, np.nan]]}, "The parameter 'means' should be finite"),
        ({"means_init": [["a", "b"]]}, "The parameter 'means' should be an array of numbers"),
        ({"precisions_init": [[[1, 2], [3, 4]]]}, "symmetric, positive-definite"),
    ],
)
def test_parameters_are_checked_when_fitting(parameters, sentence, two_clouds):
    estimator = GaussianMixture(**parameters)
    with pytest.raises(ValueError, match=sentence):
        estimator.fit(two_clouds)


def test_fewer_weighted_rows_than_components(two_clouds):
    weight = np.r_[1, np.zeros(len(two_clouds) - 1)]
    with pytest.raises(ValueError, match="got n_components = 2, n_samples = 1"):
        GaussianMixture(2).fit(two_clouds, sample_weight=weight)


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_goes_to_the_log(two_clouds, verbose, caplog, capsys):
    GaussianMixture(2, verbose=verbose, verbose_interval=1, random_state=0).fit(two_clouds)
    lines = caplog.messages
    assert lines[0] == "Initialization 0"
    assert lines[1].startswith("  Iteration 1")
    assert ("ll change" in lines[1]) == (verbose == 2)
    assert lines[-1].startswith("Initialization converged.")
    assert capsys.readouterr().out == ""


def test_verbose_is_seen_where_logging_is_not_set_up(two_clouds, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    GaussianMixture(2, verbose=True, random_state=0).fit(two_clouds)
    assert capsys.readouterr().out.startswith("Initialization 0\n")
    assert not logging.getLogger("bactrian.estimators").handlers


def test_silent_by_default(two_clouds, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    GaussianMixture(2, random_state=0).fit(two_clouds)
    assert not caplog.messages
    assert capsys.readouterr().out == ""
