"""What counts as rows: arrays, lists, scalars, single rows, and frames whose columns stand in any order."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

from .cases import make, rows_of

NAMES = ("a", "b", "c")
MIXTURE = make("full", 3, 2, names=NAMES)
ROWS = rows_of(MIXTURE, 6)


def arrow_table(columns):
    pa = pytest.importorskip("pyarrow")
    return pa.table(columns)


FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": arrow_table}


@pytest.mark.parametrize("library", FRAMES)
def test_columns_are_found_by_name(library):
    order = {"c": ROWS[:, 2], "extra": np.array(list("uvwxyz")), "a": ROWS[:, 0], "b": ROWS[:, 1]}
    frame = FRAMES[library](order)
    for method in ("logpdf", "pdf", "responsibilities", "classify"):
        np.testing.assert_array_equal(getattr(MIXTURE, method)(frame), getattr(MIXTURE, method)(ROWS))


@pytest.mark.parametrize("library", FRAMES)
def test_without_names_columns_are_taken_as_they_stand(library):
    nameless = make("full", 3, 2)
    frame = FRAMES[library]({"u": ROWS[:, 0], "v": ROWS[:, 1], "w": ROWS[:, 2]})
    np.testing.assert_array_equal(nameless.logpdf(frame), nameless.logpdf(ROWS))


@pytest.mark.parametrize("library", FRAMES)
def test_a_missing_column_is_named(library):
    frame = FRAMES[library]({"a": ROWS[:, 0], "c": ROWS[:, 2]})
    with pytest.raises(bt.DataError, match="the mixture needs column 'b', but the data has only 'a', 'c'"):
        MIXTURE.logpdf(frame)


@pytest.mark.parametrize("library", FRAMES)
def test_mixed_number_types(library):
    columns = {
        "a": np.arange(3),
        "b": np.array([0.5, 1.5, 2.5], dtype=np.float32),
        "c": np.array([True, False, True]),
    }
    expected = MIXTURE.logpdf(np.array([[0, 0.5, 1], [1, 1.5, 0], [2, 2.5, 1]]))
    np.testing.assert_array_equal(MIXTURE.logpdf(FRAMES[library](columns)), expected)


@pytest.mark.parametrize("series", [pd.Series([0.0, 1.0], name="x"), pl.Series([0.0, 1.0]), pl.Series("x", [0, 1])])
def test_a_series_is_one_feature(series):
    mixture = make("spherical", 1, 2)
    np.testing.assert_array_equal(mixture.logpdf(series), mixture.logpdf([0.0, 1.0]))


def test_a_frame_with_an_index_that_is_not_a_range():
    frame = pd.DataFrame(ROWS, columns=NAMES, index=[5, 3, 9, 9, 0, -1])
    np.testing.assert_array_equal(MIXTURE.logpdf(frame), MIXTURE.logpdf(ROWS))


def test_one_row_gives_one_answer():
    row = ROWS[0]
    for same in (row, row.tolist(), tuple(row)):
        assert np.ndim(MIXTURE.logpdf(same)) == 0
        assert MIXTURE.logpdf(same) == MIXTURE.logpdf(ROWS[:1])[0]
        assert MIXTURE.responsibilities(same).shape == (2,)
        assert np.ndim(MIXTURE.classify(same)) == 0


def test_rows_give_arrays():
    assert MIXTURE.logpdf(ROWS[:1]).shape == (1,)
    assert MIXTURE.logpdf(ROWS.tolist()).shape == (6,)
    assert MIXTURE.responsibilities(ROWS).shape == (6, 2)
    assert MIXTURE.classify(ROWS).dtype.kind == "i"
    assert MIXTURE.logpdf(np.empty((0, 3))).shape == (0,)
    assert MIXTURE.responsibilities(np.empty((0, 3))).shape == (0, 2)
    assert MIXTURE.classify(np.empty((0, 3))).shape == (0,)


def test_scalars_of_one_feature():
    mixture = make("spherical", 1, 3)
    for scalar in (0.5, np.float32(0.5), np.float64(0.5), np.array(0.5)):
        assert np.ndim(mixture.logpdf(scalar)) == 0
        assert mixture.responsibilities(scalar).shape == (3,)
        assert np.ndim(mixture.classify(scalar)) == 0
    assert mixture.logpdf(1) == mixture.logpdf(1.0)
    assert mixture.logpdf([0.5, 1.0]).shape == (2,)
    assert mixture.logpdf([[0.5], [1.0]]).shape == (2,)


NAN = np.array([[0.0, 1.0, 2.0], [0.0, np.nan, 2.0]])
BAD = {
    "two features": (ROWS[:, :2], r"the mixture has 3 features \(a, b, c\), but the rows have 2"),
    "a vector too long": ([1, 2, 3, 4], "the mixture has 3 features .* but the rows have 4"),
    "a scalar": (1.0, "the mixture has 3 features .* but the rows have 1"),
    "three dimensions": (np.zeros((2, 2, 3)), "a table of rows and features, but got 3 dimensions"),
    "NaN": (NAN, r"column 'b', row 1 is missing \(NaN or null\), and 1 of 2 rows"),
    "infinity": (np.array([[np.inf, 0, 0]]), "column 'a', row 0 is infinity"),
    "minus infinity": ([[0, 0, -np.inf]], "column 'c', row 0 is infinity"),
    "text": ([["1", "x", "2"]], "column 1, row 0 is .*'x'.*, which is not a number"),
    "None": ([[1, None, 2]], "column 'b', row 0 is missing"),
    "an object": ([[1, {}, 2]], "column 1, row 0 is {}, which is not a number"),
    "ragged": ([[1, 2, 3], [1, 2]], "the data should be a table of numbers"),
    "complex": ([[1j, 0, 0]], "Complex data not supported"),
    "text in a frame": (
        pd.DataFrame({"a": [1.0], "b": ["high"], "c": [2.0]}),
        "column 'b' is not numeric: row 0 is 'high'",
    ),
    "null in a frame": (
        pl.DataFrame({"a": [1.0, None], "b": [1.0, 2.0], "c": [2.0, None]}),
        r"column 'a', row 1 is missing \(NaN or null\), and 1 of 2 rows",
    ),
    "dates": (
        pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]), "b": [1.0], "c": [1.0]}),
        "column 'a' is not numeric",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_get_one_sentence(case):
    data, sentence = BAD[case]
    with pytest.raises(bt.DataError, match=sentence):
        MIXTURE.logpdf(data)


def test_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(bt.DataError, match=r"sparse matrix; mixtures need dense rows, so call \.toarray\(\)"):
        MIXTURE.logpdf(sparse.csr_matrix(ROWS))


def test_rows_whose_sum_overflows_are_finite_all_the_same():
    mixture = bt.Mixture([1], [[0, 0]], 1e300)
    assert np.isfinite(mixture.logpdf([[1.7e150, 1.7e150], [-1.7e150, 0]])).all()
    np.testing.assert_array_equal(mixture.classify([[1.7e308, 1.7e308]] * 2), [0, 0])
