"""SQL: the rows that a query gives, from DuckDB, from any ADBC connection, or from any other of Python's DB-API."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bactrian.errors import DataError, ParameterError
from bactrian.files.arrow import arrow
from bactrian.files.stream import batches_of, first_line

FETCHED = 1 << 14  # rows asked for at a time where a driver knows no Arrow


@dataclass(frozen=True, eq=False)
class Query:
    """A query that was not run yet; made by ``sql``."""

    text: str
    connection: Any = field(repr=False)
    folder: str | None = None

    def batches(self) -> Iterator[Any]:
        """Run it: record batches. Whatever a driver raises becomes a DataError."""
        kind = next(run for is_such, run in DRIVERS if is_such(self.connection))
        rows = kind(self.connection, self.text)
        while True:
            try:
                batch = next(rows, None)
            except DataError:
                raise
            except Exception as error:  # each driver has exceptions of its own
                raise DataError(
                    f"the database did not answer the query ({first_line(error)}); check the query and that the "
                    f"connection is open{_go_on(self.connection)}"
                ) from error
            if batch is None:
                return
            yield batch


def sql(query: str, connection: Any, *, folder: str | os.PathLike[str] | None = None) -> Query:
    """The rows of a query, for ``bactrian.fit``.

    The query is run once, when the fit begins. More rows than 32 MB are written to a temporary file, which is read
    for each pass and goes when the fit does: it sees one state of the database, and needs the connection no more.

    Parameters
    ----------
    query : str
        A SELECT whose columns are the features (and the weight). Without ORDER BY a database may give rows in
        another order each time, and a fit then other last digits.
    connection : connection
        DuckDB's, ADBC's (``adbc_driver_postgresql.dbapi.connect(uri)``), or any of Python's DB-API. It stays open.
    folder : path, optional
        For the temporary file; default: TMPDIR, else /var/tmp, else the system's.

    Raises
    ------
    ParameterError
        The query is no text, or the connection none.
    """
    if not isinstance(query, str) or not query.strip():
        raise ParameterError(f"the query should be a text such as 'SELECT a, b FROM t', but got {query!r}")
    if not any(is_such(connection) for is_such, _ in DRIVERS):
        raise ParameterError(
            f"the connection should be one of DuckDB, ADBC or Python's DB-API, but got a {type(connection).__name__}; "
            "connect first, as with duckdb.connect(path)"
        )
    return Query(query, connection, None if folder is None else os.fspath(folder))


def _go_on(connection: Any) -> str:
    """What a failed query may want. No rollback is made here, since writes of the user's could go with it."""
    own = is_duckdb(connection) or type(connection).__module__.partition(".")[0] == "sqlite3"
    if own or not callable(getattr(connection, "rollback", None)):
        return ""
    return "; before the next query a database such as PostgreSQL wants connection.rollback()"


def is_duckdb(value: Any) -> bool:
    """A connection or a relation of DuckDB, which need not be installed."""
    return type(value).__module__.split(".")[0] in ("duckdb", "_duckdb")


def _from_duckdb(connection: Any, query: str) -> Iterator[Any]:
    relation = connection.sql(query)  # an unfinished execute() would block the connection
    if relation is None:
        raise DataError(f"the query gives no rows: {query!r}; a SELECT was expected")
    yield from batches_of(relation)


def _from_adbc(connection: Any, query: str) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        yield from map(_with_decimals, cursor.fetch_record_batch())


def _with_decimals(batch: Any) -> Any:
    """PostgreSQL's numeric has any number of digits, and comes as text that is marked as such."""
    pa = arrow()
    if not hasattr(pa, "OpaqueType"):  # pyarrow before 18
        return batch
    for i, field_ in enumerate(batch.schema):
        if isinstance(field_.type, pa.OpaqueType) and field_.type.type_name == "numeric":
            batch = batch.set_column(i, field_.name, batch.column(i).storage.cast(pa.float64()))
    return batch


def _from_dbapi(connection: Any, query: str) -> Iterator[Any]:
    cursor = connection.cursor()
    try:
        cursor.execute(query)
        if cursor.description is None:
            raise DataError(f"the query gives no rows: {query!r}; a SELECT was expected")
        names = [str(column[0]) for column in cursor.description]
        while rows := cursor.fetchmany(FETCHED):
            yield _batch(names, list(zip(*rows, strict=True)))
    finally:
        cursor.close()


def _batch(names: list[str], columns: list[tuple[Any, ...]]) -> Any:
    """A record batch of float64; text is left for the message that says which column holds it."""
    pa = arrow()
    arrays = [_array(name, [_number(v) for v in column]) for name, column in zip(names, columns, strict=True)]
    as_float = [a.cast(pa.float64(), safe=False) if not pa.types.is_string(a.type) else a for a in arrays]
    return pa.record_batch(as_float, names=names)


def _array(name: str, values: list[Any]) -> Any:
    """All numbers or all text; a DataError where they are mixed, which only some databases allow."""
    text = next((v for v in values if isinstance(v, str)), None)
    if text is not None and any(isinstance(v, float) for v in values):
        raise DataError(
            f"column {name!r} of the query holds {text!r} among its numbers; leave such rows out in the query, or turn "
            "them into numbers there"
        )
    return arrow().array(values)


def _number(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return float(value) if isinstance(value, (int, float, np.number)) or hasattr(value, "__float__") else str(value)


DRIVERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, str], Iterator[Any]]], ...] = (
    (is_duckdb, _from_duckdb),
    (lambda c: hasattr(c, "adbc_get_info"), _from_adbc),
    (lambda c: callable(getattr(c, "cursor", None)), _from_dbapi),
)
"""What a connection is -> who runs a query on it; the first that fits."""
