"""Promise 5: what goes in, and the one sentence that comes out, before any work is done."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt

X = np.random.default_rng(0).normal(size=(20, 2))


def with_value(value, row=3, column=1):
    x = X.copy()
    x[row, column] = value
    return x


DATA = {
    "nan": (with_value(np.nan), r"column 1, row 3 is missing \(NaN or null\), and 1 of 20 rows"),
    "infinity": (with_value(-np.inf), "column 1, row 3 is infinity"),
    "text": ([[1, 2], [3, "four"]], "column 1, row 1 is 'four', which is not a number"),
    "objects": (np.array([[1, None], [2, 3]], dtype=object), "column 1, row 0 is missing"),
    "empty": (np.empty((0, 2)), "no rows"),
    "no columns": (np.empty((5, 0)), "0 feature"),
    "ragged": ([[1, 2], [3]], "should be a table of numbers"),
    "three dimensions": (np.zeros((2, 2, 2)), "3 dimensions"),
    "complex": (X + 1j, "Complex data not supported"),
    "constant column": (np.c_[X, np.full(20, 7.5)], r"column 2 is constant \(7.5\)"),
    "constant within rounding": (X + 1e16, "column 0 varies by no more than the rounding of numbers as large as"),
    "one distinct row": (np.full((20, 2), 3.0), "only one distinct row"),
    "a word": ("data.csv", "data.csv cannot be read: No such file or directory"),
    "an empty path": ("", "the path is empty; give the name of a file, a folder or a pattern"),
    "a dictionary": ({"a": [1, 2]}, "should be a table of numbers, but got a dict"),
    "a generator": ((i for i in range(3)), "should be a table of numbers, but got a generator"),
    "huge integers": ([[10**400, 1], [2, 3]], "column 0, row 0 is 1000"),
    "dates": (np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), r"datetime64\[D\] values"),
    "masked": (np.ma.masked_equal(np.arange(6.0).reshape(3, 2), 3.0), "column 1, row 1 is missing"),
    "a huge range": (X * 1e200, "leave the range of float64"),
    "a tiny range": (X * 1e-200, "leave the range of float64"),
}

ARGUMENTS = {
    "K = 0": ({"n_components": 0}, "n_components should be an integer of at least 1, but got 0"),
    "equal weights a word": ({"equal_weights": "no"}, "equal_weights should be True or False, but got 'no'"),
    "equal weights a number": ({"equal_weights": 1}, "equal_weights should be True or False, but got 1"),
    "family of one feature": (
        {"families": "E"},
        r"'E' is mclust's name for one feature, but the rows have 2; choose EII \(spheres\) or EEE \(any shape\)",
    ),
    "families of one feature": ({"families": ["EEE", "V"]}, r"'V' is .* choose VII \(spheres\) or VVV"),
    "features as a mask": (
        {"features": [True, False]},
        r"features should be names or numbers of columns, but hold True; where they are a mask, give numpy.flatnonzero",
    ),
    "features as an array": ({"features": np.array([False, True])}, "names or numbers of columns, but hold"),
    "a feature between": ({"features": [0.5]}, "no column 0.5; its columns are the numbers from 0 to 1"),
    "features a number": ({"features": 1}, "features should be a list of names or numbers of columns, but got 1"),
    "names in one": ({"feature_names": "ab"}, "feature_names should be a list of 2 names, but got 'ab'"),
    "names a number": ({"feature_names": 2}, "feature_names should be a list of 2 names, but got 2"),
    "names twice": ({"feature_names": ["a", "a"]}, "feature_names should be 2 different names"),
    "noise masked": (
        {"noise": np.ma.masked_array(np.arange(20) > 15, np.arange(20) == 4)},
        "noise should say something of every row, but row 4 is masked",
    ),
    "start masked": (
        {"start": np.ma.masked_array([0, 1] * 10, np.arange(20) == 4)},
        "start should say something of every row, but row 4 is masked",
    ),
    "K negative": ({"n_components": [2, -1]}, "at least 1, but got -1"),
    "K fractional": ({"n_components": 2.5}, "at least 1, but got 2.5"),
    "no K": ({"n_components": []}, "at least one number of components"),
    "K above N": ({"n_components": 21}, "21 components need at least as many rows, but there are 20 rows"),
    "family": ({"families": "XYZ"}, "there is no family 'XYZ'; choose from EII, VII"),
    "no family": ({"families": []}, "at least one family"),
    "criterion": ({"criterion": "wic"}, "criterion should be one of bic, aic, icl, cv, but got 'wic'"),
    "tol": ({"tol": -1}, "tol should be a finite number of at least 0, but got -1"),
    "tol nan": ({"tol": float("nan")}, "tol should be"),
    "max_iter": ({"max_iter": 1.5}, "max_iter should be an integer of at least 0, but got 1.5"),
    "n_init": ({"n_init": 0}, "n_init should be"),
    "threads": ({"n_threads": -2}, "number of threads"),
    "seed": ({"random_state": "x"}, "random state"),
    "regularization": ({"regularization": -1}, "regularization should be"),
    "start with gaps": ({"start": [0, 2] * 10}, "1 does not occur among 0 to 2; number the groups from 0"),
    "start against K": ({"start": [0, 1] * 10, "n_components": 3}, "has 2 components, but n_components asks for 3"),
    "progress": ({"progress": 3}, "progress should be True, None or a function"),
    "families None": ({"families": None}, "there is no family None"),
    "start word": ({"start": "best"}, "start should be a Mixture"),
    "start length": ({"start": [0, 1]}, r"labels \(20,\)"),
    "start negative": ({"start": [-1] * 20}, "whole numbers from 0"),
    "start not a distribution": ({"start": np.full((20, 2), 0.7)}, "rows sum to 1"),
    "start of other features": ({"start": bt.Mixture([1.0], [[0.0, 0.0, 0.0]], [1.0])}, "3 features"),
    "weights short": ({"sample_weight": [1, 2]}, r"one number for each of 20 rows, but has shape \(2,\)"),
    "weights negative": ({"sample_weight": [-1.0] + [1] * 19}, "not be negative, but row 0 has -1"),
    "weights zero": ({"sample_weight": np.zeros(20)}, "zero for every row"),
    "weights nan": ({"sample_weight": [np.nan] + [1] * 19}, "should be finite, but row 0 is missing"),
    "weights infinite": ({"sample_weight": [1, np.inf] + [1] * 18}, "should be finite, but row 1 is infinite"),
    "weights masked": ({"sample_weight": np.ma.masked_equal(np.arange(20), 3)}, "finite, but row 3 is missing"),
    "weights masked in a list": ({"sample_weight": [1.0] * 19 + [np.ma.masked]}, "finite, but row 19 is missing"),
    "weights None": ({"sample_weight": [1.0] * 19 + [None]}, "finite, but row 19 is missing"),
    "weights complex": ({"sample_weight": np.ones(20) + 1j}, "should be 20 numbers, but got complex128 values"),
    "weights masked and complex": (
        {"sample_weight": np.ma.masked_equal(np.arange(20) + 1j, 3 + 1j)},
        "should be 20 numbers, but",
    ),
    "weights of time": ({"sample_weight": np.ones(20, "timedelta64[s]")}, "20 numbers, but got timedelta64"),
    "weights without end": (
        {"sample_weight": np.full(20, 1e308)},
        r"at most 1e\+290, but adds up to more than float64 can hold; divide all weights by the largest",
    ),
    "weights too large": ({"sample_weight": np.full(20, 1e300)}, r"at most 1e\+290, but adds up to 2e\+301"),
    "weights text": ({"sample_weight": ["a"] * 20}, "should be 20 numbers"),
}


@pytest.mark.parametrize("name", DATA)
def test_data(name):
    data, sentence = DATA[name]
    with pytest.raises(bt.DataError, match=sentence):
        bt.fit(data, 2, "VVV")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name):
    arguments, sentence = ARGUMENTS[name]
    with pytest.raises((bt.DataError, bt.ParameterError), match=sentence) as caught:
        bt.fit(X, **arguments)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_frames_name_the_column():
    pd = pytest.importorskip("pandas")
    with pytest.raises(bt.DataError, match="column 'b' is not numeric: row 1 is 'oops'"):
        bt.fit(pd.DataFrame({"a": [1.0, 2, 3], "b": ["1", "oops", "3"]}))
    with pytest.raises(bt.DataError, match="column 'b', row 2 is"):
        bt.fit(pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 2.0, None]}))
    pl = pytest.importorskip("polars")
    with pytest.raises(bt.DataError, match="column 'b', row 0 is missing"):
        bt.fit(pl.DataFrame({"a": [1.0, 2, 3], "b": [None, 2, 3]}))


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "object"])
def test_a_weight_that_pandas_knows_is_missing(dtype):
    pd = pytest.importorskip("pandas")
    weight = pd.Series([1] * 19 + [pd.NA], dtype=dtype)
    with pytest.raises(bt.DataError, match="should be finite, but row 19 is missing"):
        bt.fit(X, 1, sample_weight=weight)


@pytest.mark.parametrize("where", ["path", "frame", "memory map"])
def test_a_mask_is_no_choice_of_columns_anywhere(tmp_path, where, monkeypatch):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(kind=0)
    data = frame
    if where == "path":
        data = tmp_path / "x.csv"
        frame.to_csv(data, index=False)
    if where == "memory map":
        from bactrian.sources import door

        monkeypatch.setattr(door, "IN_MEMORY", 0)
        np.save(tmp_path / "x.npy", X)
        data = np.load(tmp_path / "x.npy", mmap_mode="r")
        with pytest.raises(bt.DataError, match="the data has no column 7; its columns are the numbers from 0 to 1"):
            bt.fit(data, 1, features=[7])
    with pytest.raises(bt.ParameterError, match="names or numbers of columns, but hold True"):
        bt.fit(data, 1, features=[True, False])
    if where != "memory map":
        with pytest.raises(bt.ParameterError, match="names or numbers of columns, but hold True"):
            bt.fit(data, 1, features=[True, False], labels="kind")
        assert bt.fit(data, 1, features="a", labels="kind").mixture.feature_names == ("a",)


def test_bools_of_numpy_are_bools():
    assert bt.fit(X, 2, "VVV", equal_weights=np.bool_(True)).mixture.weights.tolist() == [0.5, 0.5]
    assert not bt.fit(X, 2, "VVV", equal_weights=np.bool_(False)).equal_weights


def test_one_feature_has_families_of_its_own():
    for name, code in (("E", "EII"), ("V", "VII"), ("v", "VII")):
        assert bt.fit(X[:, 0], 1, name).family == code
    with pytest.raises(bt.ParameterError, match=r"no family 'X'; .* or E and V for one feature"):
        bt.fit(X[:, 0], 1, "X")


def test_all_may_stand_among_other_families():
    assert {c.family for c in bt.fit(X, 1, ["VVV", "all"]).candidates} == set(bt.families.FAMILIES)
    assert {c.family for c in bt.fit(X[:, 0], 1, ["all", "VVV"]).candidates} == {"EII", "VII", "VVV"}


@pytest.mark.parametrize("missing", [None, np.nan, "NA"])
def test_a_column_without_a_name_is_called_none(missing):
    pd = pytest.importorskip("pandas")
    missing = pd.NA if missing == "NA" else missing
    frame = pd.DataFrame(abs(X), columns=[missing, "a"])
    fit = bt.fit(frame, 1)
    assert fit.mixture.feature_names == ("None", "a")
    assert (fit.classify(frame) == 0).all()
    assert bt.fit(frame, 1, sample_weight="a").mixture.feature_names == ("None",)
    assert bt.fit(pd.Series(X[:, 0], name=missing), 1).mixture.feature_names is None
    with pytest.raises(bt.DataError, match="2 columns named 'None'; rename all but one"):
        bt.fit(pd.DataFrame(X, columns=[missing, "None"]), 1)


def test_columns_by_names_that_are_no_text():
    pd = pytest.importorskip("pandas")
    assert bt.fit(pd.DataFrame(X, columns=[1.5, 2.5]), 1, features=[2.5]).mixture.feature_names == ("2.5",)
    assert bt.fit(pd.DataFrame(X), 1, features=[1]).mixture.means[0, 0] == pytest.approx(X[:, 1].mean())
    with pytest.raises(bt.DataError, match="2 columns named 'a'; rename all but one"):
        bt.fit(pd.DataFrame(X, columns=["a", "a"]), 1, features=["a"])


def test_frames_without_names_are_arrays():
    pd = pytest.importorskip("pandas")
    fit = bt.fit(pd.DataFrame(X), 1)
    assert fit.mixture.feature_names is None
    named = bt.fit(pd.DataFrame(X, columns=["a", "b"]), 1)
    assert (named.classify(pd.DataFrame(X)) == fit.classify(X)).all()


def test_two_columns_of_one_name():
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    sentence = "^the data has 2 columns named 'a'; rename all but one$"
    for rows in (pd.DataFrame(np.c_[X, X[:, 0]], columns=["b", "a", "a"]), pa.table([X[:, 0], X[:, 1]], ["a", "a"])):
        for how in ({}, {"features": ["a"]}):
            with pytest.raises(bt.DataError, match=sentence):
                bt.fit(rows, 1, **how)


def test_lazy_frames_and_series():
    pl = pytest.importorskip("polars")
    with pytest.raises(bt.DataError, match="the mixture has 2 features, but the rows have 1"):
        bt.fit(X, 1).classify(pl.LazyFrame({"a": [1.0, 2, 3]}))
    pd = pytest.importorskip("pandas")
    assert bt.fit(pd.Series(X[:, 0]), 1).mixture.feature_names is None
    assert bt.fit(pd.Series(X[:, 0], name="a"), 1).mixture.feature_names == ("a",)


def test_mismatched_features_at_predict():
    pd = pytest.importorskip("pandas")
    fit = bt.fit(pd.DataFrame(X, columns=["a", "b"]), 1)
    with pytest.raises(bt.DataError, match="the mixture needs column 'b', but the data has only 'a', 'c'"):
        fit.classify(pd.DataFrame(X, columns=["a", "c"]))
    with pytest.raises(bt.DataError, match=r"2 features \(a, b\), but the rows have 3"):
        fit.classify(np.zeros((4, 3)))


def test_data_are_not_touched():
    x = X.copy()
    x.flags.writeable = False
    before = x.copy()
    bt.fit(x, 2)
    assert np.array_equal(x, before)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("how", [{}, {"noise": True}, {"prior": "conjugate"}])
@pytest.mark.parametrize("regularization", [None, 0.0, 1.0])
def test_a_huge_range_with_every_assumption(how, regularization):
    far = X * 1e160
    for work in (
        lambda: bt.fit(far, 2, "VVV", regularization=regularization, **how),
        lambda: bt.GaussianMixture(2, reg_covar=regularization, **how).fit(far),
        lambda: bt.test_n_components(far, 1, "VVV", regularization=regularization, n_resamples=2, **how),
    ):
        with pytest.raises(bt.DataError, match="leave the range of float64; divide the columns"):
            work()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_regularization_that_is_nothing_beside_a_wide_range():
    assert bt.fit(X * 1e145, 2, "VVV", regularization=1e-30).converged
