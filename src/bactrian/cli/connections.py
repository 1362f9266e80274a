"""Databases by their URI. The one file that opens connections; a driver is imported when a URI asks for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from bactrian.errors import DataError, MissingDependencyError, ParameterError


@contextmanager
def connected(uri: str) -> Iterator[Any]:
    """A connection that is closed at the end.

    Raises
    ------
    ParameterError
        The URI is of no kind that is known here.
    DataError
        The database does not let us in.
    MissingDependencyError
        Its driver is not installed.
    """
    scheme, colon, place = uri.partition(":")
    if not colon or scheme not in SCHEMES:
        raise ParameterError(
            f"--connection should begin with {', '.join(f'{s}:' for s in SCHEMES)}, but got {_without_secrets(uri)!r}"
        )
    try:
        connection = SCHEMES[scheme](uri, place.removeprefix("//"))
    except (MissingDependencyError, DataError):
        raise
    except Exception as error:  # each driver has exceptions of its own
        raise DataError(
            f"{_without_secrets(uri)} cannot be connected to ({type(error).__name__}: {str(error)[:300]}); check that "
            "it is there and lets you in"
        ) from error
    with closing(connection):
        yield connection


def _postgres(uri: str, _: str) -> Any:
    return _driver("adbc_driver_postgresql.dbapi", "adbc-driver-postgresql").connect(uri)


def _duckdb(_: str, path: str) -> Any:
    driver = _driver("duckdb", "duckdb")
    return driver.connect(_there(path), read_only=True) if path else driver.connect()


def _sqlite(_: str, path: str) -> Any:
    return sqlite3.connect(f"{Path(_there(path)).absolute().as_uri()}?mode=ro", uri=True)


def _there(path: str) -> str:
    if not Path(path).is_file():
        raise DataError(f"there is no database {path!r}; check the path")
    return path


def _driver(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"this database is read by {package}, which is not installed; pip install {package}"
        ) from error


def _without_secrets(uri: str) -> str:
    scheme, colon, rest = uri.partition("://")
    return scheme + colon + rest.rpartition("@")[2].partition("?")[0]


SCHEMES: dict[str, Callable[[str, str], Any]] = {
    "postgresql": _postgres,
    "postgres": _postgres,
    "duckdb": _duckdb,
    "sqlite": _sqlite,
}
