"""Partial labels: what is known of some rows is kept, and helps with the others."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

import bactrian as bt
from bactrian.families import FAMILIES

RNG = np.random.default_rng(0)
TRUTH = np.repeat([0, 1, 2], [150, 100, 80])
X = RNG.normal(size=(330, 2)) + np.array([[0, 0], [2.5, 0], [0, 3.0]])[TRUTH]
SOME = np.where(RNG.random(330) < 0.3, TRUTH, -1)
APART = X + 2 * np.array([[0, 0], [2.5, 0], [0, 3.0]])[TRUTH]


def complete(fit: bt.Fit, labels: np.ndarray, weight: np.ndarray, x: np.ndarray = X) -> float:
    """Log-likelihood with log(w_k N_k) for known rows and log p for the others."""
    m = fit.mixture
    dense = m.parameters.covariance.dense()
    joint = np.array(
        [
            np.log(w) + stats.multivariate_normal(a, c).logpdf(x)
            for w, a, c in zip(m.weights, m.means, dense, strict=True)
        ]
    ).T
    each = np.where(labels >= 0, joint[np.arange(len(x)), labels], np.logaddexp.reduce(joint, axis=1))
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


KNOWN = [(0,), (1,), (2,), (0, 2), (1, 2)]


def known_of(components: tuple[int, ...], truth: np.ndarray = SOME) -> np.ndarray:
    return np.where(np.isin(truth, components), truth, -1)


def right(found: np.ndarray, components: tuple[int, ...], n: int = 3) -> float:
    """The share of rows in their component, those that no label names in either order."""
    free = [k for k in range(n) if k not in components]
    orders = [dict(zip(free, order, strict=True)) for order in permutations(free)]
    return max(float(np.mean(found == [order.get(k, k) for k in TRUTH])) for order in orders)


@pytest.mark.parametrize("components", KNOWN)
@pytest.mark.parametrize("family", ["EII", "EEE", "VVV"])
def test_known_components_keep_their_numbers_whatever_others_are_known(components, family):
    labels = known_of(components)
    fit = bt.fit(APART, 3, family, labels=labels)
    assert fit.log_likelihood == pytest.approx(complete(fit, labels, np.ones(len(X)), APART), rel=1e-10)
    for k in components:
        assert np.allclose(fit.mixture.means[k], APART[k == TRUTH].mean(axis=0), atol=0.5)
    assert right(fit.classify(APART), components) > 0.95


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("components", KNOWN)
def test_the_estimator_keeps_them_too(components, init):
    gm = bt.GaussianMixture(3, init_params=init, n_init=3, random_state=0).fit(APART, labels=known_of(components))
    assert right(gm.predict(APART), components) > 0.95


def test_starts_are_those_of_the_numbers_without_gaps():
    """The same fit, renumbered: that 1 is known, and not 0, changes nothing but the order."""
    zero = bt.fit(APART, 3, "VVV", labels=np.where(SOME == 1, 0, -1), tol=1e-10)
    for k in (1, 2):
        other = bt.fit(APART, 3, "VVV", labels=np.where(SOME == 1, k, -1), tol=1e-10)
        assert other.log_likelihood == pytest.approx(zero.log_likelihood, rel=1e-9)
        assert np.allclose(other.mixture.means[k], zero.mixture.means[0])


def test_a_sweep_leaves_out_what_has_too_few_components():
    fit = bt.fit(APART, range(1, 5), "VVV", labels=known_of((2,)))
    assert fit.n_components == 3
    reasons = {c.n_components: c.reason for c in fit.candidates if c.status == "failed"}
    assert reasons == {
        1: "labels hold 2, but there is 1 component (0)", 2: "labels hold 2, but there are 2 components (0 to 1)"
    }  # fmt: skip


def test_folds_may_lose_all_rows_that_are_known_to_be_of_a_component():
    labels = np.full(330, -1)
    labels[[0, 1, 150, 250, 251]] = 0, 0, 1, 2, 2
    for lost in (150, 251):
        kept = np.arange(330) != lost
        gm = bt.GaussianMixture(3, random_state=0).fit(APART[kept], labels=labels[kept])
        assert right(gm.predict(APART), (0, 2)) > 0.95


def test_errors_of_a_fit_that_knows_one_component_only():
    fit = bt.fit(APART, 3, "VVV", labels=known_of((1,)))
    for method in ("bootstrap", "parametric", "information"):
        errors = fit.standard_errors(method=method, n_resamples=20)
        assert np.isfinite(errors.means).all()
    with pytest.raises(bt.DataError, match=r"labels hold 3, but there are 3 components \(0 to 2\)"):
        fit.standard_errors(APART, labels=np.where(SOME < 0, -1, 3))


def test_unknown_may_be_written_as_none_or_nan():
    wanted = bt.fit(X, 3, "EEE", labels=SOME).log_likelihood
    none = [None if v < 0 else int(v) for v in SOME]
    nan = np.where(SOME < 0, np.nan, SOME)
    assert bt.fit(X, 3, "EEE", labels=none).log_likelihood == wanted
    assert bt.fit(X, 3, "EEE", labels=nan).log_likelihood == wanted


def missing_labels() -> dict[str, object]:
    """The same labels, unknown in each way that libraries have to say so."""
    pd, pl, pa = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    unknown, none = SOME < 0, [None if v < 0 else int(v) for v in SOME]
    return {
        "masked": np.ma.masked_array(TRUTH, unknown),
        "masked floats": np.ma.masked_array(np.where(unknown, 77.5, TRUTH), unknown),
        "masked bytes": np.ma.masked_array(TRUTH.astype(np.uint8), unknown),
        "masked entries of a list": [np.ma.masked if v is None else v for v in none],
        "pandas Int64": pd.Series(none, dtype="Int64"),
        "pandas Float64": pd.Series(none, dtype="Float64"),
        "pandas objects": pd.Series([pd.NA if v is None else v for v in none], dtype=object),
        "pandas string": pd.Series([None if v is None else str(v) for v in none], dtype="string"),
        "a list with NA": [pd.NA if v is None else v for v in none],
        "polars": pl.Series(none),
        "Arrow": pa.array(none),
        "Arrow in chunks": pa.chunked_array([none[:100], none[100:]]),
    }


MISSING = (
    "masked", "masked floats", "masked bytes", "masked entries of a list", "pandas Int64", "pandas Float64",
    "pandas objects", "pandas string", "a list with NA", "polars", "Arrow", "Arrow in chunks",
)  # fmt: skip


@pytest.mark.parametrize("how", MISSING)
def test_unknown_may_be_what_a_library_says_is_missing(how):
    wanted = bt.fit(X, 3, "EEE", labels=SOME).log_likelihood
    assert bt.fit(X, 3, "EEE", labels=missing_labels()[how]).log_likelihood == wanted


def test_a_mask_that_hides_nothing_changes_nothing():
    masked = np.ma.masked_array(SOME, np.zeros(len(X), bool))
    assert bt.fit(X, 3, "EEE", labels=masked).log_likelihood == bt.fit(X, 3, "EEE", labels=SOME).log_likelihood


@pytest.mark.parametrize("dtype", ["Int64", "string", "object"])
def test_a_column_of_labels_may_hold_na(dtype):
    pd = pytest.importorskip("pandas")
    cells = [pd.NA if v < 0 else ("a", "b", "c")[v] if dtype == "string" else int(v) for v in SOME]
    frame = pd.DataFrame({"x": X[:, 0], "y": X[:, 1], "kind": pd.Series(cells, dtype=dtype)})
    found = bt.fit(frame, 3, "EEE", labels="kind")
    assert found.log_likelihood == bt.fit(X, 3, "EEE", labels=SOME).log_likelihood


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
        (np.where(SOME == 1, 5, SOME), r"labels hold 5, but there are 3 components \(0 to 2\); ask for 6 or more"),
        (np.where(SOME == 1, 500, SOME), "labels hold 500, but there are 3"),
        (
            np.where(SOME == 1, np.inf, SOME),
            "whole numbers from 0 to K-1, and None or -1 where unknown, but row .* inf",
        ),
        (SOME + 0.5, "whole numbers"),
        (np.full(330, -1), "unknown for every row"),
        (["a"] * 330, "whole numbers from 0"),
        (np.full(330, -2), "row 0 has -2"),
    ],
)
def test_bad_labels(labels, sentence):
    with pytest.raises(bt.DataError, match=sentence):
        bt.fit(X, 3, "VVV", labels=labels)


def test_a_sweep_of_which_no_k_is_enough():
    with pytest.raises(bt.DataError, match=r"labels hold 2, but there are at most 2 components \(0 to 1\)"):
        bt.fit(X, [1, 2], "VVV", labels=SOME)
