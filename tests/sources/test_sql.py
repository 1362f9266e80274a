"""Rows from real databases: DuckDB, SQLite, and a PostgreSQL that is started here."""

import os
import sqlite3

import numpy as np
import pytest

import bactrian as bt
from bactrian.sources import ChunkedSource, open_source, sql
from tests.sources.conftest import NAMES, make_rows, make_table
from tests.sources.databases import Postgres, find_programs
from tests.sources.test_chunked import assert_same_model

HOW = {"n_components": 2, "families": "VVV", "max_iter": 30, "acceleration": None}
QUERY = "SELECT a, b, c, w FROM points ORDER BY i"
N = 20_000


@pytest.fixture(scope="module")
def rows():
    return make_rows(N), np.random.default_rng(1).integers(0, 3, N)


@pytest.fixture(scope="module")
def server():
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL (initdb and pg_ctl) is installed here")
    started = Postgres(programs)
    yield started
    started.remove()


@pytest.fixture(scope="module")
def postgres(server, rows):
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    connection = dbapi.connect(server.uri)
    with connection.cursor() as cursor:
        cursor.adbc_ingest("points", with_index(*rows), mode="create")
    connection.commit()
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def duckdb(rows):
    connection = pytest.importorskip("duckdb").connect()
    connection.register("given", with_index(*rows))
    connection.execute("CREATE TABLE points AS SELECT * FROM given")
    return connection


@pytest.fixture(scope="module")
def sqlite(rows):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE points (i INTEGER, a REAL, b REAL, c REAL, w INTEGER)")
    x, weight = rows
    values = [(i, *row, w) for i, (row, w) in enumerate(zip(x.tolist(), weight.tolist(), strict=True))]
    connection.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?)", values)
    connection.commit()
    yield connection
    connection.close()


def with_index(x, weight):
    table = make_table(x, weight)
    return table.append_column("i", [np.arange(len(x))])


@pytest.fixture(params=["duckdb", "postgres", "sqlite"])
def connection(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("where", ["in memory", "spooled"])
def test_a_query(request, connection, rows, where):
    if where == "spooled":
        request.getfixturevalue("far")
    x, weight = rows
    source, names = open_source(sql(QUERY, connection), sample_weight="w")
    assert isinstance(source, ChunkedSource) == (where == "spooled")
    assert names == NAMES
    found = bt.fit(sql(QUERY, connection), **HOW, sample_weight="w")
    assert_same_model(found, bt.fit(x, **HOW, sample_weight=weight))
    two = bt.fit(sql(QUERY, connection), **HOW, features=["c", "a"])
    assert_same_model(two, bt.fit(x[:, [2, 0]], **HOW))
    assert two.mixture.feature_names == ("c", "a")


@pytest.mark.usefixtures("far")
def test_spooled_rows_go_with_their_source(connection, tmp_path):
    source, _ = open_source(sql(QUERY, connection, folder=tmp_path))
    assert len(list(tmp_path.glob("bactrian-*/rows.arrow"))) == 1
    del source
    assert list(tmp_path.glob("bactrian-*")) == []


def test_a_query_that_fails(connection):
    with pytest.raises(bt.DataError, match=r"the database did not answer the query \(.*check the query"):
        bt.fit(sql("SELECT nothing FROM nowhere", connection))
    if hasattr(connection, "rollback") and "duckdb" not in type(connection).__module__:
        connection.rollback()
    assert bt.fit(sql(QUERY, connection), 1).n_rows == N  # and the connection can still be used


def test_what_a_failed_query_leaves_behind(connection):
    ends_transaction = "adbc" in type(connection).__module__
    with pytest.raises(bt.DataError) as caught:
        bt.fit(sql("SELECT nothing FROM nowhere", connection))
    assert ("a database such as PostgreSQL wants connection.rollback()" in str(caught.value)) == ends_transaction
    if ends_transaction:
        connection.rollback()


def test_text_among_numbers(sqlite):
    with pytest.raises(
        bt.DataError, match=r"^column 'b' of the query holds 'x' among its numbers; leave such rows out"
    ):
        bt.fit(sql("SELECT a, CASE WHEN i = 4000 THEN 'x' ELSE b END AS b FROM points ORDER BY i", sqlite))


def test_two_columns_of_one_name(connection):
    with pytest.raises(bt.DataError, match=r"^the data has 2 columns named 'a'; rename all but one$"):
        bt.fit(sql("SELECT a, b AS a FROM points", connection))


def test_no_rows(connection):
    with pytest.raises(bt.DataError, match="the data has no rows"):
        bt.fit(sql("SELECT a, b FROM points WHERE a > 1e9", connection))


def test_null_and_text(connection):
    with pytest.raises(bt.DataError, match=r"column 'b', row 7 is missing.*1 of 20000 rows"):
        bt.fit(sql("SELECT a, CASE WHEN i = 7 THEN NULL ELSE b END AS b FROM points ORDER BY i", connection))
    with pytest.raises(bt.DataError, match="column 'word' is not numeric: row 0 is 'x'"):
        bt.fit(sql("SELECT a, 'x' AS word FROM points ORDER BY i", connection))


@pytest.mark.usefixtures("far")
def test_null_and_text_among_many(connection):
    with pytest.raises(
        bt.DataError, match=r"column 'b', row 12007 of the spooled rows.* is missing \(NaN or null\), and 2 of 20000"
    ):
        bt.fit(sql("SELECT a, CASE WHEN i >= 12007 AND i < 12009 THEN NULL ELSE b END AS b FROM points ORDER BY i",
                   connection))  # fmt: skip
    with pytest.raises(bt.DataError, match=r"column 'word' of .* holds text \('x'\), not numbers"):
        bt.fit(sql("SELECT a, 'x' AS word FROM points ORDER BY i", connection))


def test_integers_decimals_and_booleans(duckdb, postgres):
    query = (
        "SELECT CAST(a AS DECIMAL(18, 6)) AS d, CAST(w AS SMALLINT) AS s, CAST(i AS BIGINT) AS n, i % 3 = 0 AS f "
        "FROM points ORDER BY i"
    )
    models = [bt.fit(sql(query, c), 1, "VVI").mixture for c in (duckdb, postgres)]
    assert np.allclose(models[0].means, models[1].means, rtol=1e-12)
    assert models[0].means[0, 2] == pytest.approx((N - 1) / 2)
    assert models[0].means[0, 3] == pytest.approx(1 / 3, abs=1e-4)


def test_a_dead_server(server, postgres, rows):
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with dbapi.connect(server.uri) as connection:
        server.stop()
        try:
            with pytest.raises(bt.DataError, match=r"the database did not answer the query .* connection is open"):
                bt.fit(sql(QUERY, connection))
        finally:
            server.start()


def test_a_closed_connection():
    duckdb = pytest.importorskip("duckdb")
    for connection in (duckdb.connect(), sqlite3.connect(":memory:")):
        connection.close()
        with pytest.raises(bt.DataError, match=r"the database did not answer the query .* connection is open"):
            bt.fit(sql("SELECT 1 AS a", connection))


def test_not_a_query_or_a_connection():
    with pytest.raises(bt.ParameterError, match="the query should be a text"):
        sql(None, sqlite3.connect(":memory:"))
    with pytest.raises(bt.ParameterError, match="the connection should be one of DuckDB, ADBC"):
        sql("SELECT 1", "points.db")
    duckdb = pytest.importorskip("duckdb")
    with pytest.raises(bt.DataError, match=r"holds no rows by itself; give bt\.sources\.sql\(query, connection\)"):
        bt.fit(duckdb.connect())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.usefixtures("far")
def test_no_folder_to_spool_to(duckdb, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        bt.fit(sql(QUERY, duckdb, folder=tmp_path / "nowhere"))
