"""Files too wide to be read row by row in little memory: what is written beside them is what they hold."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import bactrian as bt
from bactrian.files import dataset, part, side_by_side
from bactrian.files.dataset import Dataset
from bactrian.files.formats import open_table
from bactrian.sources import open_source

N, D = 5000, 7


@pytest.fixture
def narrow(monkeypatch, tmp_path):
    """Nothing may be held: columns are read one by one, and rows lie in blocks of 300."""
    for module in (side_by_side, dataset):
        monkeypatch.setattr(module, "HELD", 0)
    monkeypatch.setattr(part, "PART_BYTES", 8 * D * 300)
    waiting = tmp_path / "waiting"
    waiting.mkdir()
    monkeypatch.setenv("TMPDIR", str(waiting))
    return waiting


def write(path, table, kind):
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=1111)
    else:
        feather.write_feather(table, path, compression=kind, chunksize=1111)
    return str(path)


def table_of(x, dtype=np.float64):
    return pa.table({f"c.{i}": x[:, i].astype(dtype) for i in range(x.shape[1])})


def rows_of(data):
    found = [(p.place, np.empty((len(p), data.n_features)), p) for p in data.parts()]
    for _, values, p in found:
        p.copy(0, len(p), values, None)
    return np.concatenate([values for _, values, _ in found]), [place for place, *_ in found]


X = np.random.default_rng(0).normal(size=(N, D))


@pytest.mark.parametrize("kind", ["parquet", "lz4", "uncompressed"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_the_rows_are_those_of_the_file(narrow, tmp_path, kind, dtype):
    x = np.round(100 * X)
    data = Dataset([write(tmp_path / "x", table_of(x, dtype), kind)], [f"c.{i}" for i in (5, 0, 3)])
    for _ in range(2):
        values, places = rows_of(data)
        assert np.array_equal(values, x[:, [5, 0, 3]])
        assert {p.group[-2:] for p in places} == {f" {g}" for g in range(5)}
        assert [p.first // 1111 for p in places] == [int(p.group[-1]) for p in places]
    assert data._written[data.paths[0]] is not None
    assert os.listdir(narrow) == []  # the file has no name


@pytest.mark.parametrize("kind", ["parquet", "lz4"])
def test_the_same_bits_as_read_at_once(narrow, tmp_path, monkeypatch, kind):
    from bactrian.sources import door

    monkeypatch.setattr(door, "IN_MEMORY", 0)
    path = write(tmp_path / "x", table_of(X), kind)
    how = {"sample_weight": "c.6", "max_iter": 5}
    path = write(tmp_path / "x", table_of(np.column_stack([X[:, :6], np.abs(X[:, 6])])), kind)
    one = bt.fit(path, 2, "VVV", **how)
    monkeypatch.setattr(dataset, "HELD", 1 << 30)
    assert one.history == bt.fit(path, 2, "VVV", **how).history


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            pa.array([None if i == 3456 else float(i) for i in range(N)]),
            r"'c.2', row 3456 of .*\(row group 3\) is missi",
        ),
        (pa.array(["a"] * N), "column 'c.2' of .* holds text"),
        (pa.nulls(N), "column 'c.2' of .* is empty"),
    ],
)
def test_what_cannot_be_used_is_named_as_ever(narrow, tmp_path, monkeypatch, column, message):
    from bactrian.sources import door

    monkeypatch.setattr(door, "IN_MEMORY", 0)
    path = write(tmp_path / "x.parquet", table_of(X).set_column(2, "c.2", column), "parquet")
    with pytest.raises(bt.DataError, match=message):
        open_source(path)


def test_no_room_is_said(narrow, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(side_by_side, "_reserve", full)
    data = Dataset([write(tmp_path / "x.parquet", table_of(X), "parquet")])
    with pytest.raises(OSError, match=r"the rows of .*x\.parquet cannot wait in a temporary file in .*: No space left"):
        list(data.parts())


def test_few_columns_and_small_groups_are_read_as_they_are(tmp_path):
    wide, narrow_ = table_of(np.ones((2000, 100))), table_of(np.ones((2000, 8)))
    for table in (wide, narrow_):
        for kind in ("parquet", "lz4", "uncompressed"):
            file = open_table(write(tmp_path / "x", table, kind))
            assert 0 < file.held(range(len(table.column_names))) <= side_by_side.HELD


def test_whether_an_arrow_file_is_compressed(tmp_path):
    for kind, expected in (("uncompressed", False), ("lz4", True), ("zstd", True)):
        assert open_table(write(tmp_path / "x", table_of(X), kind))._packed is expected
