"""Files nobody should have to trust: what goes in, and which sentence comes out."""

import json
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bactrian as bt

from .parts import ARRAYS, HEADER, container, forged, small_fit, small_mixture

GOOD = forged()
F64 = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}
META = {"bactrian": json.dumps(HEADER)}
FIT = json.loads(
    json.dumps(
        {
            "criterion": "bic",
            "best": 0,
            "n_rows": 5,
            "total_weight": 5.0,
            "candidates": {
                "n_components": [2],
                "family": ["VII"],
                "n_parameters": [5],
                "log_likelihood": [-1.5],
                "bic": [2.0],
                "aic": [2.0],
                "icl": [2.0],
                "n_iter": [3],
                "status": ["converged"],
                "reason": ["converged"],
            },
        }
    )
)


def with_fit(column=None, values=None, **changes):
    fit = {**FIT, **changes}
    if column is not None:
        fit["candidates"] = {**FIT["candidates"], column: values}
    return forged(fit=fit, arrays={"history": [-2.0, -1.5]})


CASES = {
    # the container
    "empty": (b"", "is truncated or damaged: it has only 0 bytes"),
    "seven bytes": (b"1234567", "it has only 7 bytes"),
    "text": (b"weights,means\n0.5,1\n" * 100, "is not a bactrian model file: its first eight bytes are not the length"),
    "pickle": (b"\x80\x04\x95" + bytes(100), "is not a bactrian model file"),
    "huge header": ((2**63).to_bytes(8, "little") + b"{}", "its first eight bytes are not the length"),
    "header past the end": ((1000).to_bytes(8, "little") + b"{}", "its header should end at byte 1008"),
    "cut in the header": (GOOD[:100], "its header should end at byte"),
    "cut in the numbers": (GOOD[:-1], "its arrays should have 48 bytes, but 47 are there"),
    "longer than declared": (GOOD + b"x", "its arrays should have 48 bytes, but 49 are there"),
    "not JSON": (container({}, None, b"")[:8] + b"ab", "its header is not the JSON it should be"),
    "a list": ((2).to_bytes(8, "little") + b"[]", "its header is not the JSON it should be"),
    "not UTF-8": ((2).to_bytes(8, "little") + b"\xff\xfe", "its header is not the JSON it should be"),
    "deep": ((200_000).to_bytes(8, "little") + b"[" * 200_000, "its header is not the JSON it should be"),
    "crowded": ((3_000_001).to_bytes(8, "little") + b"[" + b"[]," * 10**6, "has more than 200000 entries"),
    "same name twice": ((15).to_bytes(8, "little") + b'{"a":{},"a":{}}', "not the JSON it should be"),
    "NaN literal": ((9).to_bytes(8, "little") + b'{"a":NaN}', "not the JSON it should be"),
    "long integer": (
        (5006).to_bytes(8, "little") + b'{"a":' + b"9" * 5000 + b"}",
        "not the JSON it should be",
    ),
    "other safetensors": (container({"x": F64}, None, bytes(8)), "it has no bactrian header"),
    "other metadata": (container({"x": F64}, {"format": "pt"}, bytes(8)), "it has no bactrian header"),
    "metadata is a list": (container({"x": F64}, ["bactrian"], bytes(8)), "it has no bactrian header"),
    "metadata is no text": (container({"x": F64}, {"bactrian": {}}, bytes(8)), "it has no bactrian header"),
    "metadata no JSON": (container({"x": F64}, {"bactrian": "{"}, bytes(8)), "not the JSON it should be"),
    "deep metadata": (container({}, {"bactrian": "[" * 150_000}, b""), "not the JSON it should be"),
    "surrogate": (container({}, {"bactrian": "\ud800"}, b""), "not the JSON it should be"),
    # the arrays
    "float32": (container({"x": {**F64, "dtype": "F32"}}, META, bytes(8)), "its arrays should be float64"),
    "tensor is a number": (container({"x": 3}, META, bytes(8)), "its arrays should be float64"),
    "extra field": (container({"x": {**F64, "y": 1}}, META, bytes(8)), "its arrays should be float64"),
    "negative shape": (container({"x": {**F64, "shape": [-1]}}, META, bytes(8)), "is not a shape"),
    "true shape": (container({"x": {**F64, "shape": [True]}}, META, bytes(8)), "is not a shape"),
    "float shape": (container({"x": {**F64, "shape": [1.0]}}, META, bytes(8)), "is not a shape"),
    "zero shape": (container({"x": {**F64, "shape": [0, 2**52]}}, META, bytes(8)), "is not a shape"),
    "giant shape": (
        container({"x": {**F64, "shape": [2**40, 2**40]}}, META, bytes(8)),
        "cannot have 8 bytes",
    ),
    "four dimensions": (container({"x": {**F64, "shape": [1, 1, 1, 1]}}, META, bytes(8)), "is not a shape"),
    "one offset": (container({"x": {**F64, "data_offsets": [8]}}, META, bytes(8)), "is not a shape"),
    "backwards": (container({"x": {**F64, "data_offsets": [8, 0]}}, META, bytes(8)), "cannot have -8 bytes"),
    "overlap": (container({"x": F64, "y": F64}, META, bytes(8)), "overlap or leave gaps"),
    "gap": (
        container({"x": F64, "y": {**F64, "data_offsets": [16, 24]}}, META, bytes(24)),
        "overlap or leave gaps",
    ),
    "not from 0": (
        container({"x": {**F64, "data_offsets": [8, 16]}}, META, bytes(16)),
        "overlap or leave gaps",
    ),
    "many arrays": (
        container({f"x{i}": {**F64, "data_offsets": [8 * i, 8 * i + 8]} for i in range(17)}, META, bytes(136)),
        "it holds 17 arrays, and at most 16",
    ),
    # the version
    "no version": (forged(format_version=...), "its format version is not a number from 1"),
    "text version": (forged(format_version="1"), "its format version is not a number from 1"),
    "true version": (forged(format_version=True), "its format version is not a number from 1"),
    "newer": (
        forged(format_version=2),
        "has format version 2, but this bactrian reads versions up to 1; update",
    ),
    # the mixture
    "no means": (forged(arrays={"means": ...}), "it has no means"),
    "weights a matrix": (forged(arrays={"weights": [[0.5, 0.5]]}), r"shape \(K,\) and means \(K, D\)"),
    "three means": (forged(arrays={"means": [[0.0], [1.0], [2.0]]}), "weights should have shape"),
    "weights too large": (forged(arrays={"weights": [0.25, 0.5]}), "they sum to 0.75"),
    "negative weight": (forged(arrays={"weights": [-0.25, 1.25]}), "weight 0 is -0.25"),
    "NaN": (forged(arrays={"means": [[np.nan], [0]]}), "means should be finite numbers"),
    "infinite": (forged(arrays={"covariances": [[[np.inf]], [[1]]]}), "covariances should be finite"),
    "not definite": (forged(arrays={"covariances": [[[-1]], [[1]]]}), "component 0 is not positive definite"),
    "not symmetric": (
        forged(arrays={"weights": [1], "means": [[0, 0]], "covariances": [[[1, 0.5], [0, 1]]]}),
        "is not symmetric",
    ),
    "enormous numbers": (
        forged(arrays={"weights": [1], "means": [[0, 0]], "covariances": [[[1.5e308] * 2] * 2]}),
        "not positive definite",
    ),
    "wrong form": (forged(form="spherical"), "spherical covariances of 2 components and 1 features"),
    "unknown form": (forged(form="round"), "form should be one of full, tied, .* but got 'round'"),
    "no form": (forged(form=...), "form should be one of .* but got None"),
    "form is a list": (forged(form=["full"]), "form should be one of .* but got list"),
    "names a text": (forged(feature_names="x"), "feature_names should be a list of 1, but got 'x'"),
    "two names": (forged(feature_names=["x", "y"]), "feature_names should be a list of 1, but got list"),
    "number as name": (forged(feature_names=[3]), "a feature name should be a text"),
    "long name": (forged(feature_names=["x" * 10**6]), r"at most 1000 characters, but got 'xxx[x]+\.\.\."),
    "surrogate name": (forged(feature_names=["\ud800"]), "a feature name should be a text"),
    "name twice": (
        forged(
            feature_names=["x", "x"],
            arrays={"weights": [1], "means": [[0, 0]], "covariances": [[[1, 0], [0, 1]]]},
        ),
        "a feature name stands twice",
    ),
    # the fit
    "fit is a list": (forged(fit=[1]), "fit should be an object, but got list"),
    "fit is false": (forged(fit=False), "fit should be an object, but got False"),
    "no history": (forged(fit=FIT), "it has no history"),
    "history a matrix": (forged(fit=FIT, arrays={"history": [[1.0]]}), "history should be a list"),
    "unknown criterion": (with_fit(criterion="best"), "criterion should be one of bic, aic, icl"),
    "criterion an object": (with_fit(criterion={}), "criterion should be one of bic, aic, icl, cv, but got dict"),
    "best out of range": (with_fit(best=1), "the best candidate is not the one"),
    "best negative": (with_fit(best=-1), "best should be a whole number of at least 0, but got int"),
    "best of another K": (with_fit("n_components", [3]), "the best candidate is not the one"),
    "rows a float": (with_fit(n_rows=5.0), "n_rows should be a whole number"),
    "rows too many": (with_fit(n_rows=10**30), "n_rows should be a whole number"),
    "weight a text": (with_fit(total_weight="many"), "total_weight should be a number, but got 'many'"),
    "weight too large": (with_fit(total_weight=10**400), "total_weight should be a number"),
    "no table": (with_fit(candidates=None), "the table of candidates should have the columns"),
    "other columns": (with_fit("colour", ["red"]), "the table of candidates should have the columns"),
    "column a number": (with_fit("bic", 3), "bic should be a list of 1, but got int"),
    "longer column": (with_fit("bic", [1.0, 2.0]), "bic should be a list of 1, but got list"),
    "bic true": (with_fit("bic", [True]), "bic should be a number, but got True"),
    "bic a list": (with_fit("bic", [[1.0]]), "bic should be a number, but got list"),
    "family a number": (with_fit("family", [7]), "family should be a text"),
    "unknown status": (with_fit("status", ["fine"]), "status should be one of converged"),
    "negative iterations": (with_fit("n_iter", [-3]), "n_iter should be a whole number"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_hostile_file_gets_one_sentence(case, tmp_path):
    content, sentence = CASES[case]
    path = tmp_path / "hostile.bactrian"
    path.write_bytes(content)
    with pytest.raises(bt.ModelFileError, match=sentence) as caught:
        bt.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_the_forged_files_are_good_where_nothing_is_changed(tmp_path):
    (tmp_path / "m").write_bytes(GOOD)
    assert bt.load(tmp_path / "m") == bt.Mixture(**ARRAYS, form="full")
    (tmp_path / "f").write_bytes(with_fit())
    assert bt.load(tmp_path / "f").bic == 2.0
    (tmp_path / "later").write_bytes(forged(something_new={"a": [1]}))
    assert isinstance(bt.load(tmp_path / "later"), bt.Mixture)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        bt.load(tmp_path / "missing")
    with pytest.raises(IsADirectoryError, match="is a folder; give the path"):
        bt.load(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "m").write_bytes(GOOD)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(PermissionError, match="cannot be read: Permission denied"):
        bt.load(tmp_path / "m")


def test_a_giant_file_is_refused_before_it_is_read(tmp_path):
    n = 2**28
    header = container({"weights": {"dtype": "F64", "shape": [n], "data_offsets": [0, 8 * n]}}, META, b"")
    with open(tmp_path / "giant", "wb") as file:
        file.write(header)
        file.truncate(len(header) + 8 * n)  # sparse: takes no room on disk
    assert _peak(tmp_path / "giant", "at most 134217728 are allowed") < 1e6


@pytest.mark.parametrize("case", ["huge header", "deep", "crowded", "giant shape", "deep metadata"])
def test_small_files_cannot_take_much_memory(case, tmp_path):
    (tmp_path / "m").write_bytes(CASES[case][0])
    assert _peak(tmp_path / "m", CASES[case][1]) < 40e6


def _peak(path, sentence):
    tracemalloc.start()
    try:
        with pytest.raises(bt.ModelFileError, match=sentence):
            bt.load(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    small_mixture().save(folder / "mixture")
    small_fit().save(folder / "fit")
    return [(folder / "mixture").read_bytes(), (folder / "fit").read_bytes()]


damage = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)) | st.floats(0, 1),
    min_size=1,
    max_size=4,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1), damage)
def test_damaged_files_raise_nothing_else(saved, tmp_path, which, damage):
    content = bytearray(saved[which])
    for blow in damage:
        if isinstance(blow, tuple) and content:
            content[int(blow[0] * len(content))] = blow[1]
        else:
            del content[int((blow if isinstance(blow, float) else 0) * len(content)) :]
    (tmp_path / "m").write_bytes(content)
    with suppress(bt.ModelFileError):
        assert isinstance(bt.load(tmp_path / "m"), (bt.Mixture, bt.Fit))


json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([*HEADER, *(k for k in FIT if k != "candidates"), *FIT["candidates"]]),
    json_value | st.lists(json_value, min_size=1, max_size=1),
)
def test_fields_of_the_wrong_kind_raise_nothing_else(tmp_path, field, value):
    with suppress(ValueError):  # infinity is not JSON
        if field in HEADER:
            content = forged(fit=FIT, arrays={"history": [0.0]}, **{field: value})
        elif field in FIT:
            content = with_fit(**{field: value})
        else:
            content = with_fit(field, value)
        (tmp_path / "m").write_bytes(content)
        with suppress(bt.ModelFileError):
            assert isinstance(bt.load(tmp_path / "m"), bt.Fit)
