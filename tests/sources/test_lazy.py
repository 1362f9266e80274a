"""Lazy frames, of Polars and inside narwhals."""

import narwhals as nw
import narwhals.stable.v1 as stable
import numpy as np
import polars as pl
import pytest

import bactrian as bt
from tests.sources.conftest import make_rows, make_table
from tests.sources.test_chunked import assert_same_model

TABLE = make_table(make_rows(3_000))
HOW = {"n_components": 2, "families": "VVV"}


def of_duckdb():
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().from_arrow(TABLE)


@pytest.mark.parametrize("module", [nw, stable], ids=["narwhals", "narwhals.stable.v1"])
@pytest.mark.parametrize("make", [lambda: pl.from_arrow(TABLE).lazy(), of_duckdb], ids=["Polars", "DuckDB"])
def test_narwhals_lazy_frames_are_what_is_inside(module, make):
    lazy = module.from_native(make())
    fit, alike = bt.fit(lazy, **HOW), bt.fit(TABLE, **HOW)
    assert_same_model(fit, alike)
    for what in ("classify", "logpdf", "responsibilities"):
        np.testing.assert_array_equal(getattr(fit.mixture, what)(lazy), getattr(fit.mixture, what)(TABLE))
    np.testing.assert_array_equal(fit.uncertainty(lazy), fit.uncertainty(TABLE))


@pytest.mark.parametrize("rows", [100, 3_000_000])
def test_a_query_that_fails_is_one_sentence(rows):
    lazy = pl.LazyFrame({"a": np.arange(rows) % 7 * 1.0}).with_columns(b=pl.lit("word").cast(pl.Float64))
    expected = (
        r"^the LazyFrame could not be collected \(InvalidOperationError: [^\n]*; correct the query, as \.collect\(\)"
    )
    with pytest.raises(bt.DataError, match=expected):
        bt.fit(lazy, 2)
    with pytest.raises(bt.DataError, match=expected):
        bt.Mixture([1], [[0, 0]], [np.eye(2)], feature_names=["a", "b"]).logpdf(lazy)
    with pytest.raises(bt.DataError, match=r"\(ColumnNotFoundError: "):
        bt.fit(pl.LazyFrame({"a": [1.0, 2.0]}).select("missing"), 1)
