"""Output files: the same numbers back, whole or not at all."""

import io
import os

import numpy as np
import pyarrow.parquet as pq
import pytest

from bactrian.errors import ParameterError
from bactrian.files import check_output, read_table, whole_file, write_columns, write_csv


def chunks(n=7, size=3):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=n) * 10.0 ** rng.integers(-300, 300, n), np.arange(n)
    return x, y, [{"x": x[i : i + size], "y, z": y[i : i + size]} for i in range(0, n, size)]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "T.CSV"])
def test_numbers_come_back_to_the_last_bit(tmp_path, name):
    x, y, parts = chunks()
    write_columns(tmp_path / name, parts)
    table = read_table(tmp_path / name)
    assert table.names == ("x", "y, z")
    np.testing.assert_array_equal(table.rows().values, np.stack([x, y], axis=1))


def test_csv_is_plain():
    stream = io.BytesIO()
    write_csv(stream, [{"label": np.array([0, 1]), "p0": np.array([0.5, 1e-20])}])
    assert stream.getvalue() == b"label,p0\n0,0.5\n1,1e-20\n"


def test_integers_stay_integers(tmp_path):
    write_columns(tmp_path / "t.parquet", chunks()[2])
    assert pq.read_schema(tmp_path / "t.parquet").field("y, z").type == "int64"


def test_other_extensions(tmp_path):
    with pytest.raises(ParameterError, match=r"written as \.csv or \.parquet"):
        write_columns(tmp_path / "t.xlsx", [])


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, name):
    def failing():
        yield from chunks()[2]
        raise ZeroDivisionError

    (tmp_path / name).write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_columns(tmp_path / name, failing())
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as part:
        part.write_text("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "usual").touch()
    write_columns(tmp_path / "t.csv", chunks()[2])
    assert (tmp_path / "t.csv").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("folder", "folder is a folder"),
        ("missing/t.csv", "exists and can be written"),
        ("file/t.csv", "exists and can be written"),
        (os.devnull, "not a file that can be replaced"),
    ],
)
def test_an_output_is_refused_before_the_work(tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=words):
        check_output(path)


def test_a_good_output_is_not_touched(tmp_path):
    (tmp_path / "old.csv").write_text("old")
    check_output(tmp_path / "old.csv")
    check_output(tmp_path / "new.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"
