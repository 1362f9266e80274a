"""What the user says of the first line of a CSV is what holds."""

import gzip
import io
import sys
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import bactrian as bt
from bactrian.files import open_dataset, read_table
from bactrian.sources import csv, door

TEXT = "2019,2020\n1.5,2.5\n3.5,0.5\n2.0,1.25\n"
ROWS = [[1.5, 2.5], [3.5, 0.5], [2.0, 1.25]]

TEXTS = {
    "years": ("x.csv", TEXT),
    "gzip": ("x.csv.gz", gzip.compress(TEXT.encode())),
    "quoted": ("x.csv", TEXT.replace("2019,2020", '"2019","2020"')),
    "decimal comma": ("x.csv", TEXT.replace(",", ";").replace(".", ",")),
    "empty lines above": ("x.csv", "\n\n" + TEXT),
}


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("case", TEXTS)
def test_numbers_are_names_where_the_user_says_so(tmp_path, case):
    """And nobody is warned."""
    name, content = TEXTS[case]
    rows = read_table(csv(written(tmp_path / name, content), header=True)).rows()
    assert rows.names == ("2019", "2020")
    np.testing.assert_array_equal(rows.values, ROWS)


def test_a_fraction_as_a_name_says_nothing_of_the_decimal_mark(tmp_path):
    table = read_table(csv(written(tmp_path / "x.csv", "0.5;1.5\n1,5;2,5\n"), header=True))
    assert table.names == ("0.5", "1.5")
    np.testing.assert_array_equal(table.rows().values, [[1.5, 2.5]])


def test_the_first_line_is_a_row_where_the_user_says_so(tmp_path):
    table = read_table(csv(written(tmp_path / "x.csv", TEXT), header=False))
    assert table.names == ("x0", "x1")
    np.testing.assert_array_equal(table.rows().values, [[2019, 2020], *ROWS])


def test_nothing_said_is_as_ever(tmp_path):
    path = written(tmp_path / "x.csv", "a,b\n1,2\n")
    assert csv(path) == csv(str(path), header=None)
    assert read_table(csv(path)).names == read_table(path).names == ("a", "b")


def test_on_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    assert read_table(csv("-", header=True)).names == ("2019", "2020")


@pytest.mark.parametrize("most_bytes", [0, 1 << 20])
@pytest.mark.parametrize("n_files", [1, 3])
def test_in_files_that_are_read_a_few_rows_at_a_time(tmp_path, n_files, most_bytes):
    for i in range(n_files):
        written(tmp_path / f"{i}.csv", TEXT)
    for path in (tmp_path, tmp_path / "*.csv"):
        rows = open_dataset(csv(path, header=True), most_bytes=most_bytes)
        assert rows.names == ("2019", "2020")
        np.testing.assert_array_equal(np.concatenate(list(rows.blocks())), ROWS * n_files)


@pytest.mark.parametrize("in_memory", [0, door.IN_MEMORY])
def test_all_that_takes_a_path_takes_it(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(door, "IN_MEMORY", in_memory)
    data = csv(written(tmp_path / "x.csv", TEXT), header=True)
    x = np.array(ROWS)
    fit = bt.fit(data, 1, "EII")
    assert fit.mixture.feature_names == ("2019", "2020")
    assert np.allclose(fit.mixture.means, x.mean(axis=0))
    assert np.allclose(fit.mixture.logpdf(data), fit.mixture.logpdf(x))
    assert fit.classify(data).tolist() == [0, 0, 0]
    assert bt.fit(data, 1, "EII", features=["2020"], sample_weight="2019").mixture.feature_names == ("2020",)
    gm = bt.GaussianMixture(1, covariance_type="spherical").fit(data)
    assert np.allclose(gm.means_, x.mean(axis=0))
    assert gm.predict(data).tolist() == [0, 0, 0]


def test_refused(tmp_path):
    pq.write_table(pa.table({"a": [1.0, 2.0]}), tmp_path / "x.parquet")
    with pytest.raises(bt.DataError, match=r"x\.parquet is Parquet, but only CSV has a first line; leave header out"):
        bt.fit(csv(tmp_path / "x.parquet", header=True), 1)
    with pytest.raises(bt.DataError, match="has a header but no rows"):
        read_table(csv(written(tmp_path / "one.csv", "1,2\n"), header=True))
    with pytest.raises(bt.DataError, match="x0"):
        read_table(csv(written(tmp_path / "names.csv", "a,b\n1,2\n"), header=False))
    with pytest.raises(bt.DataError, match="2 columns named '1'; rename all but one"):
        read_table(csv(written(tmp_path / "twice.csv", "1,1\n1,2\n"), header=True))
    for header in ("yes", 1, 0):
        with pytest.raises(bt.ParameterError, match=f"header should be True, False or None, but got {header!r}"):
            csv("x.csv", header=header)
