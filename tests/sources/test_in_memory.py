"""What asks each row again and again needs rows in memory, and says how to get them."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bactrian as bt
from tests.sources.conftest import NAMES, make_rows, make_table

X = make_rows(200)
TABLE = make_table(X)

ELSEWHERE = {
    "a path": (lambda: "x.csv", r"got the path 'x.csv'; read them first, as with pandas.read_csv, or a sample"),
    "a Dask array": (lambda: da.from_array(X), r"got an Array of dask; call \.compute\(\) on it, or on a sample"),
    "a Dask frame": (
        lambda: dd.from_pandas(pd.DataFrame(X, columns=NAMES)),
        r"got a DataFrame of dask; call \.compute\(\) on it",
    ),
    "a lazy frame": (lambda: pl.from_arrow(TABLE).lazy(), r"got a LazyFrame of polars; call \.collect\(\) on it"),
    "a stream": (
        lambda: TABLE.to_reader(),
        r"got a RecordBatchReader of pyarrow; gather its rows first, as with pyarrow.table\(data\)",
    ),
    "a query": (lambda: bt.sources.sql("SELECT 1", _Nothing()), "got a Query of bactrian; read it, or a sample of it"),
}


class _Nothing:
    def cursor(self):
        raise AssertionError("the query was run")


@pytest.fixture(scope="module")
def fit():
    return bt.fit(TABLE, 2, "VVV")


@pytest.mark.parametrize("case", ELSEWHERE)
@pytest.mark.parametrize("what", ["standard_errors", "plot", "merge", "test_n_components"])
def test_refused(fit, case, what):
    make, sentence = ELSEWHERE[case]
    ask = bt.test_n_components if what == "test_n_components" else getattr(fit, what)
    with pytest.raises(bt.DataError, match=rf"^this needs its rows in memory, but {sentence}"):
        ask(make())


def test_a_fit_with_noise_does_not_read_them_first():
    noisy = bt.fit(X, 2, "VVV", noise=True)
    with pytest.raises(bt.DataError, match="this needs its rows in memory, but got the path"):
        noisy.merge("x.csv")


def test_what_the_sentences_advise(fit):
    array, frame = da.from_array(X), dd.from_pandas(pd.DataFrame(X, columns=NAMES))
    lazy = pl.from_arrow(TABLE).lazy()
    for rows in (
        array.compute(), array[::10].compute(), frame.compute(), frame.sample(frac=0.5).compute(),
        lazy.collect(), lazy.gather_every(10).collect(), pa.table(TABLE.to_reader()),
    ):  # fmt: skip
        assert np.isfinite(fit.merge(rows).entropies).all()
