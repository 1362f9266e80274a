"""Numbers that a frame holds in another way than as a column of numbers: read as those of a file are."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import bactrian as bt

X = np.round(np.random.default_rng(0).normal([[0.0], [9.0]], 1, (2, 20)).ravel() * 256) / 256  # also in float32
SINGLE = X.astype(np.float32)
DECIMALS = [Decimal(str(value)) for value in X]

HELD = {
    "Arrow dictionary": lambda: pa.table({"a": pa.array(X).dictionary_encode()}),
    "Arrow dictionary in chunks": lambda: pa.table(
        {"a": pa.chunked_array([pa.array(X[:9]).dictionary_encode(), pa.array(X[9:]).dictionary_encode()])}
    ),
    "Arrow dictionary of decimals": lambda: pa.table({"a": pa.array(DECIMALS).dictionary_encode()}),
    "pandas categories": lambda: pd.DataFrame({"a": pd.Categorical(X)}),
    "pandas categories of Arrow": lambda: pd.DataFrame(
        {"a": pd.arrays.ArrowExtensionArray(pa.array(X).dictionary_encode())}
    ),
    "pandas objects": lambda: pd.DataFrame({"a": pd.Series(X, dtype=object)}),
    "pandas decimals": lambda: pd.DataFrame({"a": DECIMALS}),
    "pandas sparse": lambda: pd.DataFrame({"a": pd.arrays.SparseArray(X, fill_value=1.0)}),
    "a series": lambda: pd.Series(pd.Categorical(X), name="a"),
    "Polars objects": lambda: pl.DataFrame({"a": pl.Series(DECIMALS, dtype=pl.Object)}),
}


@pytest.mark.parametrize("how", HELD)
def test_the_same_fit_as_of_plain_numbers(how):
    found, expected = bt.fit(HELD[how](), 2, "V"), bt.fit(pd.DataFrame({"a": X}), 2, "V")
    assert found.mixture == expected.mixture
    assert np.array_equal(found.mixture.logpdf(HELD[how]()), expected.mixture.logpdf(pd.DataFrame({"a": X})))


def test_the_same_as_in_a_file(tmp_path):
    table = HELD["Arrow dictionary"]()
    pq.write_table(table, tmp_path / "x.parquet")
    assert bt.fit(tmp_path / "x.parquet", 2, "V").mixture == bt.fit(table, 2, "V").mixture


def test_weights_and_whole_numbers_and_booleans():
    frame = pd.DataFrame({"a": pd.Categorical([1, 2, 3, 4] * 5), "b": pd.Series([True, False] * 10, dtype=object)})
    frame["w"] = [Decimal(1 + i % 3) for i in range(20)]
    plain = pd.DataFrame({name: frame[name].astype(float) for name in frame})
    assert bt.fit(frame, 1, "VVV", sample_weight="w").mixture == bt.fit(plain, 1, "VVV", sample_weight="w").mixture


def test_float32_stays_float32():
    from bactrian.rows import read_rows

    assert read_rows(pa.table({"a": pa.array(SINGLE).dictionary_encode()})).values.dtype == np.float32
    assert read_rows(pd.DataFrame({"a": pd.Categorical(SINGLE)})).values.dtype == np.float32


GAP = r"column 'a', row 2 is missing \(NaN or null\), and 1 of 3 rows have such a value"
BAD = {
    "null in a dictionary": (pa.table({"a": pa.array([1.0, 2.0, None]).dictionary_encode()}), GAP),
    "NaN in categories": (pd.DataFrame({"a": pd.Categorical([1.0, 2.0, np.nan])}), GAP),
    "NaN in categories of integers": (pd.DataFrame({"a": pd.Categorical([1, 2, None])}), GAP),
    "None in objects": (pd.DataFrame({"a": pd.Series([1.0, 2, None], dtype=object)}), GAP),
    "NA in objects": (pd.DataFrame({"a": pd.Series([1.0, 2, pd.NA], dtype=object)}), GAP),
    "NaN in decimals": (pd.DataFrame({"a": [Decimal(1), Decimal(2), Decimal("nan")]}), GAP),
    "NaN in a sparse column": (pd.DataFrame({"a": pd.arrays.SparseArray([1.0, 2.0, np.nan])}), GAP),
    "infinity": (pd.DataFrame({"a": [Decimal(1), Decimal("inf")]}), "column 'a', row 1 is infinity"),
    "text in a dictionary": (pa.table({"a": pa.array(["u", "v"]).dictionary_encode()}), "not numeric: row 0 is 'u'"),
    "digits in categories": (pd.DataFrame({"a": pd.Categorical(["1", "2"])}), "'a' is not numeric: row 0 is '1'"),
    "digits in objects": (pd.DataFrame({"a": pd.Series([1.0, "2"], dtype=object)}), "not numeric: row 1 is '2'"),
    "text after digits": (pd.DataFrame({"a": pd.Series(["1", "high"], dtype=object)}), "not numeric: row 1 is 'high'"),
    "dates in categories": (
        pd.DataFrame({"a": pd.Categorical(pd.to_datetime(["2020-01-01"]))}),
        "is not numeric: row 0",
    ),
    "complex objects": (pd.DataFrame({"a": pd.Series([1.0, 2j], dtype=object)}), "is not numeric: row 1 is 2j"),
    "a huge number": (pd.DataFrame({"a": pd.Series([1, 10**400], dtype=object)}), r"row 1 is 10{50,60}\.\.\.; leave"),
    "nothing at all": (pa.table({"a": pa.nulls(3)}), "column 'a' is not numeric: row 0 is None"),
    "no rows": (pd.DataFrame({"a": pd.Series([], dtype=object)}), "the data has no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_sentence(case):
    data, sentence = BAD[case]
    with pytest.raises(bt.DataError, match=sentence):
        bt.fit(data, 1, "V")
