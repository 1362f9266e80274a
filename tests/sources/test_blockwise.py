"""Rows that pass by: a mixture answers for files, queries and streams as for the same rows in memory."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import bactrian as bt
from tests.fit.cases import lobes

X = lobes(900, 2, 3)
FRAME = pl.DataFrame({"height": X[:, 0], "width": X[:, 1]})
TABLE = FRAME.to_arrow()
FIT = bt.fit(FRAME, 3, "VVV")
METHODS = ["logpdf", "pdf", "responsibilities", "classify"]


def parquet(folder):
    pa.parquet.write_table(TABLE, folder / "rows.parquet", row_group_size=100)
    return folder / "rows.parquet"


def folder_of_files(folder):
    for i in range(3):
        pa.parquet.write_table(TABLE.slice(300 * i, 300), folder / f"{i}.parquet")
    return str(folder)


def csv(folder):
    pa.csv.write_csv(TABLE.select(["width", "height"]), folder / "rows.csv")  # another order: names count
    return str(folder / "rows.csv")


def npy(folder):
    np.save(folder / "rows.npy", X)
    return folder / "rows.npy"


def relation(folder):
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().from_arrow(TABLE)


def query(folder):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("rows", TABLE)
    return bt.sources.sql("SELECT width, height FROM rows", connection)


KINDS = {
    "parquet": parquet,
    "folder": folder_of_files,
    "csv": csv,
    "npy": npy,
    "reader": lambda folder: TABLE.to_reader(max_chunksize=70),
    "lazy": lambda folder: FRAME.lazy(),
    "relation": relation,
    "query": query,
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_for_rows_in_memory(kind, method, tmp_path):
    found = getattr(FIT.mixture, method)(KINDS[kind](tmp_path))
    expected = getattr(FIT.mixture, method)(X)
    assert isinstance(found, np.ndarray)
    assert found.dtype == expected.dtype
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_fit_answers_too(tmp_path):
    path = parquet(tmp_path)
    assert np.array_equal(FIT.classify(path), FIT.classify(X))
    noisy = bt.fit(FRAME, 3, "VVV", noise=True)
    assert np.allclose(noisy.responsibilities(path), noisy.responsibilities(X), atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"height": [1.0], "depth": [1.0]}, "'width'"),
        ({"height": [1.0, 2.0], "width": [1.0, None]}, "width"),
        ({"height": pa.array([], pa.float64()), "width": pa.array([], pa.float64())}, "no rows"),
        ({"height": ["a"], "width": [1.0]}, "height"),
    ],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_what_cannot_be_used_is_said(rows, message, as_file, tmp_path):
    table = pa.table(rows)
    data = table.to_reader()
    if as_file:
        data = tmp_path / "rows.parquet"
        pa.parquet.write_table(table, data)
    with pytest.raises(bt.DataError, match=message):
        FIT.mixture.classify(data)


def test_a_path_that_is_none(tmp_path):
    with pytest.raises(bt.DataError, match=r"nowhere\.csv"):
        FIT.mixture.classify(tmp_path / "nowhere.csv")


def test_a_stream_that_was_read_is_not_taken_for_an_empty_one():
    reader = TABLE.to_reader()
    FIT.mixture.classify(reader)
    with pytest.raises(bt.DataError, match="read"):
        FIT.mixture.classify(reader)
