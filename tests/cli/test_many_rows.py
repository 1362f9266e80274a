"""Folders, patterns and databases; predictions of more rows than fit into memory."""

import sqlite3

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.databases import Postgres, find_programs

from bactrian import load
from bactrian.plot import inputs
from bactrian.plot import mixture as mixture_picture
from bactrian.sources import chunked, door

PICTURED = ("parts", "parts/*.parquet", "x.csv")

SMALL = ("-k", "1:2", "--family", "EII,VVV")


@pytest.fixture(params=["near", "far"])
def distance(request, monkeypatch):
    """Small enough for memory, or not."""
    if request.param == "far":
        monkeypatch.setattr(door, "IN_MEMORY", 0)


@pytest.fixture(scope="module")
def parts(folder, values):
    """The rows of x.csv in three files, with a weight of 1."""
    place = folder / "parts"
    place.mkdir()
    for i, rows in enumerate(np.split(values, [50, 90])):
        columns = {"length": rows[:, 0], "width": rows[:, 1], "w": np.ones(len(rows))}
        pq.write_table(pa.table(columns), place / f"{i}.parquet")
    with sqlite3.connect(folder / "x.db") as connection:
        connection.execute("CREATE TABLE t (length REAL, width REAL)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", values.tolist())
    connection.close()
    return place


def assert_same_fit(one, two):
    assert one.mixture.form == two.mixture.form
    assert one.mixture.feature_names == two.mixture.feature_names
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(one.mixture, name), getattr(two.mixture, name), rtol=1e-10)


@pytest.mark.usefixtures("parts", "distance")
@pytest.mark.parametrize(
    "arguments",
    [
        ("parts", "--weights", "w"),
        ("parts/*.parquet", "--columns", "length,width"),
        ("x.parquet",),
        ("--sql", "SELECT length, width FROM t", "--connection", "sqlite:x.db"),
        ("--sql", "SELECT length, width FROM 'parts/*.parquet'", "--connection", "duckdb:"),
    ],
    ids=["folder", "pattern", "file", "SQLite", "DuckDB"],
)
def test_fit(run, folder, tmp_path, arguments):
    if "duckdb:" in arguments:
        pytest.importorskip("duckdb")
    done = run("fit", *arguments, *SMALL, "-o", tmp_path / "m.bactrian", "--labels", tmp_path / "l.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    expected = load(folder / "fit.bactrian")
    assert_same_fit(load(tmp_path / "m.bactrian"), expected)
    labels = np.loadtxt(tmp_path / "l.csv", delimiter=",", skiprows=1)[:, 0]
    assert np.array_equal(labels, expected.classify(np.load(folder / "x.npy")))


def test_fit_from_postgres(run, folder, tmp_path, values):
    pytest.importorskip("adbc_driver_postgresql")
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL (initdb and pg_ctl) is installed here")
    from adbc_driver_postgresql import dbapi

    server = Postgres(programs)
    try:
        with dbapi.connect(server.uri) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("t", pa.table({"length": values[:, 0], "width": values[:, 1]}), mode="create")
            connection.commit()
        query = ("--sql", "SELECT length, width FROM t", "--connection", server.uri)
        assert run("fit", *query, *SMALL, "-o", tmp_path / "m.bactrian").exit_code == 0
        assert_same_fit(load(tmp_path / "m.bactrian"), load(folder / "fit.bactrian"))
        assert run("predict", "fit.bactrian", *query).stdout == run("predict", "fit.bactrian", "x.csv").stdout
    finally:
        server.remove()
    done = run("fit", "--sql", "SELECT 1", "--connection", server.uri.replace("test@", "test:secret@"))
    assert done.exit_code == 1
    assert "cannot be connected to" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.usefixtures("parts", "distance")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_predict(run, tmp_path, ending):
    assert run("predict", "fit.bactrian", "x.npy", "-o", tmp_path / f"one.{ending}").exit_code == 0
    assert run("predict", "fit.bactrian", "parts", "-o", tmp_path / f"two.{ending}").exit_code == 0
    query = ("--sql", "SELECT width, length FROM t", "--connection", "sqlite:x.db")
    assert run("predict", "fit.bactrian", *query, "-o", tmp_path / f"three.{ending}").exit_code == 0
    one, *others = ((tmp_path / f"{name}.{ending}") for name in ("one", "two", "three"))
    for other in others:
        if ending == "csv":
            assert other.read_bytes() == one.read_bytes()
        else:
            assert pq.read_table(other).equals(pq.read_table(one))


@pytest.mark.usefixtures("distance")
def test_a_prediction_is_whole_or_not_at_all(run, tmp_path, values):
    place = tmp_path / "rows"
    place.mkdir()
    torn = values.copy()
    torn[77, 1] = np.nan
    for name, rows in (("a", values), ("b", torn)):
        pq.write_table(pa.table({"length": rows[:, 0], "width": rows[:, 1]}), place / f"{name}.parquet")
    (tmp_path / "p.parquet").write_bytes(b"old")
    done = run("predict", "fit.bactrian", place, "-o", tmp_path / "p.parquet")
    assert done.exit_code == 1
    assert f"column 'width', row 77 of {place}/b.parquet (row group 0) is missing" in done.stderr
    assert (tmp_path / "p.parquet").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.parquet", "rows"]


CASES = {
    "nothing": ("fit", 2, "Missing argument 'DATA', or a query with --sql and --connection"),
    "both": ("fit x.csv --sql q --connection duckdb:", 2, "DATA is given, and so is a query"),
    "no connection": ("fit --sql q", 2, "--sql and --connection go together"),
    "no query": ("predict fit.bactrian --connection duckdb:", 2, "--sql and --connection go together"),
    "no database": ("fit --sql q --connection sqlite:no.db", 1, "there is no database 'no.db'"),
    "another database": (
        "fit --sql q --connection oracle://me:secret@host/x", 2, "begin with postgresql:, postgres:, duckdb:, sqlite:",
    ),
    "a bad query": ("fit --sql nonsense --connection sqlite:x.db", 1, "the database did not answer the query"),
    "an output among the rows": ("predict fit.bactrian parts -o parts/0.parquet", 2, "0.parquet is named twice"),
    "no such file": ("fit parts/*.feather", 1, "no file has a name like parts/*.feather"),
}  # fmt: skip


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(("arguments", "code", "words"), CASES.values(), ids=CASES)
def test_refused(run, arguments, code, words):
    done = run(*arguments.split())
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in " ".join(done.stderr.split())
    assert "secret" not in done.stderr


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("data", PICTURED)
def test_plot(run, tmp_path, data):
    done = run("plot", "fit.bactrian", data, "-o", tmp_path / "p.png")
    assert (done.exit_code, done.stderr) == (0, "")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("data", PICTURED)
def test_plot_of_more_rows_than_memory_should_hold(run, tmp_path, monkeypatch, data):
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    monkeypatch.setattr(inputs, "MAX_POINTS", 50)
    monkeypatch.setattr(chunked, "SORTED_ROWS", 0)
    drawn = []
    monkeypatch.setattr(
        "bactrian.plot.mixture", lambda mixture, values: drawn.append(values) or mixture_picture(mixture)
    )
    done = run("plot", "fit.bactrian", data, "-o", tmp_path / "p.png")
    assert (done.exit_code, done.stderr) == (0, "drawn: 50 of 120 rows, at random\n")
    assert [values.shape for values in drawn] == [(50, 2)]
