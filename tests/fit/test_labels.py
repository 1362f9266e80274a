"""Partial labels: what is known of some rows is kept, and helps with the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bactrian as bt
from bactrian.families import FAMILIES

RNG = np.random.default_rng(0)
TRUTH = np.repeat([0, 1, 2], [150, 100, 80])
X = RNG.normal(size=(330, 2)) + np.array([[0, 0], [2.5, 0], [0, 3.0]])[TRUTH]
SOME = np.where(RNG.random(330) < 0.3, TRUTH, -1)


def complete(fit: bt.Fit, labels: np.ndarray, weight: np.ndarray) -> float:
    """Log-likelihood with log(w_k N_k) for known rows and log p for the others."""
    m = fit.mixture
    dense = m.parameters.covariance.dense()
    joint = np.array(
        [
            np.log(w) + stats.multivariate_normal(a, c).logpdf(X)
            for w, a, c in zip(m.weights, m.means, dense, strict=True)
        ]
    ).T
    each = np.where(labels >= 0, joint[np.arange(len(X)), labels], np.logaddexp.reduce(joint, axis=1))
    return float(weight @ each)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_likelihood_is_of_rows_and_labels(family, weighted):
    weight = RNG.integers(0, 3, len(X)).astype(float) if weighted else np.ones(len(X))
    fit = bt.fit(X, 3, family, labels=SOME, sample_weight=weight if weighted else None)
    assert fit.log_likelihood == pytest.approx(complete(fit, SOME, weight), rel=1e-10)
    assert np.diff(fit.history).min() > -1e-9
    assert fit.classify(X[TRUTH == 1]).mean() == pytest.approx(1, abs=0.3)  # numbers are kept
    assert (fit.classify(X) == TRUTH).mean() > 0.85


def test_all_labels_known_is_one_m_step():
    fit = bt.fit(X, 3, "VVV", labels=TRUTH)
    for k in range(3):
        assert np.allclose(fit.mixture.means[k], X[k == TRUTH].mean(axis=0))
        assert np.allclose(fit.mixture.covariances[k], np.cov(X[k == TRUTH].T, bias=True))


def test_components_without_known_rows_are_found_too():
    labels = np.where(SOME == 2, -1, SOME)
    fit = bt.fit(X, 3, "VVV", labels=labels)
    assert np.allclose(fit.mixture.means[2], [0, 3], atol=0.6)
    assert (fit.classify(X) == TRUTH).mean() > 0.85


def test_unknown_may_be_written_as_none_or_nan():
    wanted = bt.fit(X, 3, "EEE", labels=SOME).log_likelihood
    none = [None if v < 0 else int(v) for v in SOME]
    nan = np.where(SOME < 0, np.nan, SOME)
    assert bt.fit(X, 3, "EEE", labels=none).log_likelihood == wanted
    assert bt.fit(X, 3, "EEE", labels=nan).log_likelihood == wanted


def test_labels_prior_noise_and_weights_together():
    weight = np.random.default_rng(1).integers(1, 4, len(X))
    how = {"prior": "conjugate", "noise": True, "tol": 1e-10}
    once = bt.fit(X, 3, "VVV", labels=SOME, sample_weight=weight, **how)
    repeated = bt.fit(np.repeat(X, weight, axis=0), 3, "VVV", labels=np.repeat(SOME, weight), **how)
    assert np.diff(once.history).min() > -1e-9
    assert once.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-6)


def test_fewer_components_than_labels_cannot_win():
    fit = bt.fit(X, [1, 2, 3], "VVV", labels=SOME)
    assert fit.n_components == 3
    assert {c.status for c in fit.candidates if c.n_components < 3} == {"failed"}


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (SOME[:5], "one entry for each of 330 rows"),
        (np.where(SOME == 1, 5, SOME), "number the known groups from 0 without gaps"),
        (SOME + 0.5, "whole numbers"),
        (np.full(330, -1), "unknown for every row"),
        (["a"] * 330, "whole numbers from 0"),
        (np.full(330, -2), "row 0 has -2"),
    ],
)
def test_bad_labels(labels, sentence):
    with pytest.raises(bt.DataError, match=sentence):
        bt.fit(X, 3, "VVV", labels=labels)
