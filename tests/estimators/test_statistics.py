"""Priors, noise, equal weights and labels: the estimator says what ``bt.fit`` says."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

import bactrian as bt

RNG = np.random.default_rng(0)
LOBES = np.concatenate([RNG.normal(size=(200, 2)) + centre for centre in ([0, 0], [8, 0], [0, 8])])
X = np.concatenate([LOBES, RNG.uniform(-12, 20, (150, 2))])
MARKED = np.arange(len(X)) >= 600
RULES = {
    "noise": {"noise": True},
    "volume": {"noise": 1000.0},
    "marked": {"noise": MARKED},
    "prior": {"prior": "conjugate"},
    "equal weights": {"equal_weights": True},
    "all": {"noise": True, "prior": "conjugate", "equal_weights": True},
}


def both(rules, **how):
    gm = bt.GaussianMixture(3, random_state=0, tol=1e-7, **rules).fit(X, **how)
    return gm, bt.fit(X, 3, "VVV", tol=1e-9, **rules, **how)


@pytest.mark.parametrize("name", RULES)
def test_as_fit(name):
    gm, fit = both(RULES[name])
    assert gm.lower_bound_ * len(X) == pytest.approx(fit.log_likelihood, rel=1e-6)
    assert np.allclose(gm.means_, fit.mixture.means, atol=1e-2)
    assert gm.noise_weight_ == pytest.approx(0.0 if fit.noise is None else fit.noise.weight, abs=1e-3)
    assert gm.score(X) == pytest.approx(gm.lower_bound_)
    assert gm.bic(X) == pytest.approx(fit.bic, rel=1e-6)
    assert (np.diff(gm.lower_bounds_) >= -1e-10).all()
    z = gm.predict_proba(X)
    assert z.shape == (len(X), 3 if fit.noise is None else 4)
    assert np.allclose(z, fit.responsibilities(X), atol=1e-2)
    assert (gm.predict(X) == fit.classify(X)).mean() > 0.995
    assert gm.weights_.sum() == pytest.approx(1)


def test_noise_is_minus_one_also_after_a_pickle():
    gm = bt.GaussianMixture(3, noise=True, random_state=0)
    labels = gm.fit_predict(X)
    assert (labels[600:] == -1).mean() > 0.75
    again = pickle.loads(pickle.dumps(gm))
    assert np.array_equal(again.predict(X), labels)
    assert again.noise_weight_ == gm.noise_weight_ > 0.1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_goes_on_beside_its_noise():
    gm = bt.GaussianMixture(3, noise=True, random_state=0, warm_start=True, tol=0, max_iter=15).fit(X)
    before = gm.lower_bound_
    gm.fit(X)
    assert gm.lower_bound_ >= before - 1e-12
    assert gm.lower_bounds_[0] >= before - 1e-12


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random", "random_from_data"])
def test_known_labels_keep_their_numbers(init):
    labels = np.full(600, -1)
    labels[:5], labels[200:205], labels[400:405] = 2, 0, 1
    gm = bt.GaussianMixture(3, init_params=init, random_state=0, tol=1e-7).fit(LOBES, labels=labels)
    assert np.allclose(gm.means_, [[8, 0], [0, 8], [0, 0]], atol=0.4)
    fit = bt.fit(LOBES, 3, "VVV", labels=labels, tol=1e-9)
    assert gm.lower_bound_ * 600 == pytest.approx(fit.log_likelihood, rel=1e-6)


def test_y_is_ignored():
    plain = bt.GaussianMixture(3, random_state=0).fit(LOBES)
    assert np.array_equal(plain.means_, bt.GaussianMixture(3, random_state=0).fit(LOBES, np.zeros(600)).means_)


def test_parameters_survive_clone_and_set_params():
    gm = clone(bt.GaussianMixture(2, prior=bt.ConjugatePrior(), noise=5.0, equal_weights=True))
    assert (gm.noise, gm.equal_weights) == (5.0, True)
    gm.set_params(noise=False, prior=None, equal_weights=False).fit(X)
    assert gm.noise_weight_ == 0


@pytest.mark.parametrize(
    ("rules", "how", "sentence"),
    [
        ({"prior": "flat"}, {}, "prior should be None"),
        ({"noise": -1.0}, {}, "positive and finite"),
        ({"noise": np.zeros(3, dtype=bool)}, {}, "mask of 750"),
        ({"equal_weights": "yes"}, {}, "equal_weights"),
        ({}, {"labels": [0, 1]}, "one entry for each"),
        ({}, {"labels": np.arange(len(X)) % 3}, r"labels hold 2, but there are 2 components \(0 to 1\)"),
    ],
)
def test_refused(rules, how, sentence):
    with pytest.raises(ValueError, match=sentence):
        bt.GaussianMixture(2, **rules).fit(X, **how)
