"""A stream that is saved goes on to the same bits, and a forged file says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

import bactrian as bt
from bactrian import model_file
from bactrian.families import FAMILIES

PRIORS = {
    "conjugate": "conjugate",
    "numbers": bt.ConjugatePrior(mean_strength=0.5, scale=0.3, weight_concentration=2),
    "arrays": bt.ConjugatePrior([0, 1], scale=[[1, 0.1], [0.1, 2]], degrees_of_freedom=5),
}


def goes_on(online, rows, path):
    online.save(path)
    again = bt.load(path)
    assert isinstance(again, bt.OnlineFit)
    assert repr(again) == repr(online)
    np.testing.assert_equal(again.predictive_score, online.predictive_score)
    online.update(rows)
    again.update(rows)
    assert again.mixture == online.mixture
    assert again.predictive_score == online.predictive_score


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family(family, rows, tmp_path):
    goes_on(bt.OnlineFit(3, family).update(rows[:3300]), rows[3300:7000], tmp_path / "s.bactrian")


@pytest.mark.parametrize("seen", [0, 10, 999, 1000, 1001])
@pytest.mark.parametrize("how", [{}, {"forgetting": 0.99, "regularization": 1e-4}, {"random_state": None}])
def test_at_every_stage(seen, how, rows, tmp_path):
    goes_on(bt.OnlineFit(3, **how).update(rows[:seen]), rows[seen:5000], tmp_path / "s.bactrian")


@pytest.mark.parametrize("prior", PRIORS)
def test_priors(prior, rows, tmp_path):
    goes_on(bt.OnlineFit(3, prior=PRIORS[prior]).update(rows[:2100]), rows[2100:5000], tmp_path / "s.bactrian")


def test_starts_weights_and_float32(rows, truth, tmp_path):
    weight = np.linspace(0.1, 2, 2100)
    for online in (bt.OnlineFit(start=truth), bt.OnlineFit(start=bt.fit(rows[:500], 3, "EEE")), bt.OnlineFit(3)):
        goes_on(online.copy().update(rows[:300], weight[:300]), rows[300:5000], tmp_path / "s.bactrian")
        goes_on(online.update(rows[:2100].astype(np.float32), weight), rows[2100:5000], tmp_path / "s.bactrian")


def forged(path, rows, change, **how):
    bt.OnlineFit(3, **how).update(rows[:1100]).save(path)
    arrays, header = model_file.read(path)
    change(arrays, header["online"])
    model_file.write(path, arrays, {k: v for k, v in header.items() if k not in ("format_version", "library_version")})


def put(where, name, value):
    def change(arrays, fields):
        if where == "arrays":
            arrays[name] = np.asarray(value, dtype=float)
        else:
            (fields if where == "" else fields[where])[name] = value

    return change


def drop(where, name):
    return lambda arrays, fields: (arrays if where == "arrays" else fields if where == "" else fields[where]).pop(name)


CASES = {
    "no settings": (drop("", "settings"), "settings should be an object"),
    "a list": (put("", "settings", []), "settings should be an object"),
    "no family": (drop("settings", "family"), "family should be a text"),
    "other family": (put("settings", "family", "EEE"), "should have shape|do not have the form"),
    "unknown family": (put("settings", "family", "QQQ"), "there is no family"),
    "components": (put("settings", "n_components", 2), "3 components are stored, but 2 are fitted"),
    "many components": (put("settings", "n_components", 2**60), "n_components should be a whole number"),
    "step": (put("settings", "step", 7.0), "step should be a number above 0.5"),
    "step a text": (put("settings", "step", "0.7"), "step should be a number"),
    "method": (put("settings", "method", "__import__"), "method should be one of"),
    "block": (put("settings", "block_rows", 0), "block_rows should be an integer of at least 1"),
    "small block": (put("settings", "block_rows", 100), "100 rows wait, which is more than a block"),
    "prior": (put("settings", "prior", 3), "prior should be an object"),
    "schema": (put("schema", "n_features", 3), "features of the mixture and of the rows differ"),
    "names": (put("schema", "names", ["a", "a"]), "a feature name stands twice"),
    "no mixture": (drop("arrays", "weights"), "a state but no mixture"),
    "no counts": (drop("arrays", "counts"), "it has no counts"),
    "counts": (put("arrays", "counts", [1, 2]), r"counts should have shape \(3,\)"),
    "negative counts": (put("arrays", "counts", [-1, 2, 3]), "not those of any rows"),
    "second": (put("arrays", "second", np.ones((3, 2))), "second should have shape"),
    "NaN": (put("arrays", "first", np.full((3, 2), np.nan)), "first should have shape .* and be finite"),
    "total": (put("state", "total", 0.0), "not those of any rows"),
    "rows": (put("state", "n_rows", -1), "n_rows should be a whole number"),
    "held": (put("state", "held", [3]), "numbers of components below 3"),
    "flag": (put("state", "single_precision", 1), "single_precision should be true or false"),
    "no waiting": (drop("arrays", "waiting"), "it has no waiting"),
    "waiting": (put("arrays", "waiting", [1.0]), "the waiting rows are no table"),
    "waiting NaN": (put("arrays", "waiting", [[np.nan, 0]]), "waiting should have shape"),
    "weight": (put("arrays", "waiting_weight", np.zeros(100)), "a waiting row has no weight"),
}


@pytest.mark.parametrize("case", CASES)
def test_forged_files(case, rows, tmp_path):
    change, sentence = CASES[case]
    forged(tmp_path / "f", rows, change)
    with pytest.raises(bt.ModelFileError, match=sentence):
        bt.load(tmp_path / "f")


FORGED_STARTS = {
    "no list": (put("state", "starts", 3), "starts should be a list"),
    "no object": (put("state", "starts", [3]), "starts should be an object"),
    "one too many": (
        lambda arrays, fields: fields["state"]["starts"].append(fields["state"]["starts"][0]), "it has no start1_counts"
    ),
    "counts": (put("arrays", "start0_counts", [-1, 2, 3]), "start 0 are not those of any rows"),
    "second": (put("arrays", "start0_second", np.ones((3, 2))), "start0_second should have shape"),
    "share": (lambda arrays, fields: fields["state"]["starts"][0].update(share=-1.0), "start 0 are not those"),
    "mark": (lambda arrays, fields: fields["state"]["starts"][0].update(mark=1), "mark should be a text"),
}  # fmt: skip


@pytest.mark.parametrize("case", FORGED_STARTS)
def test_forged_starts(case, rows, tmp_path):
    change, sentence = FORGED_STARTS[case]
    start = bt.fit(rows[:500], 3, "VVV")
    forged(tmp_path / "f", rows, change, start=start)
    with pytest.raises(bt.ModelFileError, match=sentence):
        bt.load(tmp_path / "f")


def test_a_file_from_before_starts_were_written(rows, tmp_path):
    start = bt.fit(rows[:500], 3, "VVV")
    forged(tmp_path / "f", rows, drop("state", "starts"), start=start)
    assert bt.load(tmp_path / "f").n_rows == 1600


def test_the_file_is_numbers(rows, tmp_path):
    bt.OnlineFit(3).update(rows[:1100]).save(tmp_path / "f")
    assert set(load_file(tmp_path / "f")) == {
        "weights", "means", "covariances", "counts", "shift", "first", "second", "waiting",
    }  # fmt: skip
    with safe_open(tmp_path / "f", "np") as file:
        assert list(file.metadata()) == ["bactrian"]
