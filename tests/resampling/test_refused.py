"""What goes in, and which sentence comes out."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from tests.resampling.cases import LOBES

FIT = bt.fit(LOBES, 2, "VVV")

ERRORS = {
    "method": ({"method": "bayes"}, "method should be one of bootstrap, weighted, parametric, jackknife, information"),
    "method None": ({"method": None}, "but got None"),
    "no resamples": ({"n_resamples": 1}, "n_resamples should be an integer of at least 2, but got 1"),
    "half a resample": ({"n_resamples": 9.5}, "n_resamples should be an integer"),
    "level above 1": ({"level": 95}, "level should be a probability strictly between 0 and 1, as 0.95, but got 95"),
    "level 0": ({"level": 0}, "level should be a probability"),
    "level a word": ({"level": "high"}, "but got 'high'"),
    "level NaN": ({"level": float("nan")}, "level should be a probability"),
    "progress": ({"progress": 3}, "progress should be True, None or a function"),
    "seed": ({"random_state": -1}, "a random state should be"),
    "threads": ({"n_threads": 0}, "the number of threads should be an integer of at least 1"),
    "features": ({"data": np.zeros((5, 3))}, "the mixture has 2 features, but the rows have 3"),
    "NaN": ({"data": [[0.0, np.nan], [1, 2]]}, "column 1, row 0 is missing"),
    "one row": ({"data": [[0.0, 1.0]]}, "one row says nothing about the uncertainty"),
    "weights without data": ({"sample_weight": np.ones(120)}, "sample_weight and labels belong to data"),
    "weights short": ({"data": LOBES, "sample_weight": [1, 2]}, "one number for each of 120 rows"),
    "weights that add up to 1": (
        {"data": LOBES, "sample_weight": np.full(120, 1 / 120)},
        "row weights are counts of rows here, and add up to 1, which is too few; multiply them",
    ),
    "weights beyond counting": (
        {"data": LOBES, "sample_weight": np.full(120, 1e25)},
        "add up to 1.2e\\+27, more than can be counted; divide them",
    ),
    "weights beyond drawing": (
        {"data": LOBES, "sample_weight": np.full(120, 1e12), "method": "parametric"},
        "add up to 1.2e\\+14, more rows than can be drawn from the fit; divide them",
    ),
    "labels without data": ({"labels": np.zeros(120)}, "sample_weight and labels belong to data"),
}

TESTS = {
    "no K": ({"n_components": []}, "at least one number"),
    "gaps": ({"n_components": [1, 3]}, r"numbers that follow each other, as range\(1, 6\), but got \[1, 3\]"),
    "K 0": ({"n_components": 0}, "at least 1, but got 0"),
    "family": ({"family": "XYZ"}, "there is no family 'XYZ'"),
    "resamples": ({"n_resamples": 0}, "n_resamples should be an integer of at least 1, but got 0"),
    "level": ({"level": 1.0}, "level should be a probability"),
    "progress": ({"progress": "yes"}, "progress should be True, None or a function"),
    "rows": ({"n_components": 200}, "201 components need at least as many rows, but there are 120"),
    "weights that add up to 1": ({"sample_weight": np.full(120, 1 / 120)}, "row weights are counts of rows"),
    "equal weights": ({"equal_weights": "no"}, "equal_weights should be True or False, but got 'no'"),
    "family of one feature": ({"family": "E"}, "'E' is mclust's name for one feature, but the rows have 2"),
    "noise masked": ({"noise": np.ma.masked_array(np.arange(120) > 9, np.arange(120) < 1)}, "row 0 is masked"),
    "starts": ({"n_init": 0}, "n_init should be an integer"),
    "weights beyond drawing": ({"sample_weight": np.full(120, 1e12)}, "more rows than can be drawn from the fit"),
    "weights": ({"sample_weight": -np.ones(120)}, "should not be negative"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_standard_errors(name):
    arguments, sentence = ERRORS[name]
    refused(lambda: FIT.standard_errors(**arguments), sentence)


@pytest.mark.parametrize("name", TESTS)
def test_components(name):
    arguments, sentence = TESTS[name]
    refused(lambda: bt.test_n_components(LOBES, **arguments), sentence)


def refused(work, sentence):
    with pytest.raises((bt.DataError, bt.ParameterError), match=sentence) as caught:
        work()
    assert "\n" not in str(caught.value)


def test_data_that_cannot_be_tested():
    for data, sentence in (
        ([[0.0, np.nan]], r"is missing \(NaN or null\)"),
        ("rows", "rows in memory"),
        (np.ones((9, 2)), "distinct row"),
    ):
        with pytest.raises(bt.DataError, match=sentence):
            bt.test_n_components(data, 1)


def test_a_loaded_fit_needs_rows(tmp_path):
    FIT.save(tmp_path / "m.bactrian")
    loaded = bt.load(tmp_path / "m.bactrian")
    with pytest.raises(bt.DataError, match="was loaded from a file and does not hold its rows; give them as data"):
        loaded.standard_errors()
    again, first = loaded.standard_errors(LOBES, n_resamples=20), FIT.standard_errors(n_resamples=20)
    assert np.allclose(again.means, first.means, rtol=1e-9)


@pytest.mark.parametrize("options", [{"noise": True}, {"prior": "conjugate"}, {"equal_weights": True}])
def test_a_loaded_fit_keeps_its_assumptions(options, tmp_path):
    fit = bt.fit(LOBES, 2, "EEE", **options)
    fit.save(tmp_path / "m.bactrian")
    again = bt.load(tmp_path / "m.bactrian").standard_errors(LOBES, "weighted", n_resamples=20)
    first = fit.standard_errors(method="weighted", n_resamples=20)
    assert np.allclose(again.means, first.means, rtol=1e-6)
    assert np.allclose(again.weights, first.weights, rtol=1e-6, atol=1e-12)


def test_other_rows_with_weights_and_labels():
    weight = np.ones(120)
    weight[:20] = 0
    with_weight = FIT.standard_errors(LOBES, "information", sample_weight=weight)
    assert (with_weight.means > 0).all()
    labels = np.where(np.arange(120) < 70, 0, 1)
    known = FIT.standard_errors(LOBES, "bootstrap", labels=labels, n_resamples=10)
    assert (known.replicates.weights.std(axis=0) > 0).all()


@pytest.mark.parametrize("family", ["VEI", "EVE", "VEV", "EVV"])
def test_families_without_coordinates(family):
    fit = bt.fit(LOBES, 2, family)
    with pytest.raises(bt.ParameterError, match=r"whose covariances are plain averages.*use method='bootstrap'"):
        fit.standard_errors(method="information")
    assert (fit.standard_errors(n_resamples=5).means > 0).all()


def test_too_many_parameters(monkeypatch):
    monkeypatch.setattr("bactrian.resampling.information.MOST", 10)
    with pytest.raises(bt.ParameterError, match="each of 11 free parameters, and 10 are its limit"):
        FIT.standard_errors(method="information")


def test_every_resample_collapses():
    with pytest.warns(bt.CollapseWarning):
        held = bt.fit(LOBES, 2, "VVV", regularization=50.0)
    with pytest.raises(bt.CollapseError, match="a component collapsed in 40 of 40 resamples") as caught:
        held.standard_errors(n_resamples=40)
    assert "\n" not in str(caught.value)


def test_components_that_collapse():
    with pytest.raises(bt.CollapseError, match="collapsed in the fit of 1 or 2 components of family VVV"):
        bt.test_n_components(LOBES, 1, regularization=50.0)
