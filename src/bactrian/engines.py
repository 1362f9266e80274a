"""Collections whose rows live elsewhere, known by the package of their type; their code is loaded when one is met."""

from __future__ import annotations

from importlib import import_module
from os import PathLike, fspath
from typing import Any

from bactrian.errors import DataError, MissingDependencyError

# package -> the module that has ``source_of`` and ``map_rows`` for it
HOMES = {
    "dask": "bactrian.sources.dask",
    "pyspark": "bactrian.sources.spark",
}


# rows that pass by, on this machine
PASSING = "bactrian.sources.blockwise"


# package -> how rows, or a sample of them, get into memory from there
FETCHED = {
    "dask": "call .compute() on it, or on a sample, as data[::100] of an array or data.sample(frac=0.01) of a frame",
    "pyspark": "call .toPandas() on it, or on a sample, as data.sample(0.01).toPandas()",
    "polars": "call .collect() on it, or on a sample, as data.gather_every(100).collect()",
    "duckdb": "call .df() on it, or on a sample, as that of SELECT ... USING SAMPLE 1%",
    "bactrian": "read it, or a sample of it, into an array or a frame first",
}
GATHERED = "gather its rows first, as with pyarrow.table(data)"
READ = "read them first, as with pandas.read_csv, or a sample of them where they are too many"


def check_in_memory(data: Any) -> None:
    """Refuse collections, files, queries and streams where each row is asked again and again.

    Raises
    ------
    DataError
        Says how to get the rows, or a sample of them.
    """
    data = unwrapped(data)
    if home_of(data) is None and not pass_by(data):
        return
    if isinstance(data, (str, PathLike)):
        what, advice = f"the path {fspath(data)!r}", READ
    else:
        package = type(data).__module__.partition(".")[0].removeprefix("_")
        kind = type(data).__name__
        what = f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind} of {package}"
        advice = FETCHED.get(package, GATHERED)
    raise DataError(f"this needs its rows in memory, but got {what}; {advice}")


def unwrapped(data: Any) -> Any:
    """What is inside a frame of narwhals, which may be lazy; all else as it is."""
    inside = type(data).__module__.partition(".")[0] == "narwhals" and hasattr(data, "to_native")
    return data.to_native() if inside else data


def mapper_of(data: Any) -> Any:
    """The module whose ``map_rows`` answers for rows that are not in memory; None for rows that are here."""
    home = home_of(data)
    return import_module(PASSING) if home is None and pass_by(data) else home


def pass_by(data: Any) -> bool:
    """Whether the data are files, a query or a stream."""
    if type(data).__module__ in ("numpy", "builtins") and not isinstance(data, str):
        return False
    return bool(import_module(PASSING).recognises(data))


def home_of(data: Any) -> Any:
    """The module that knows the data's kind of collection; None for rows that are here."""
    name = HOMES.get(type(data).__module__.partition(".")[0])
    if name is None:
        return None
    try:
        return import_module(name)
    except ImportError as error:
        package = name.rpartition(".")[2]
        raise MissingDependencyError(
            f'{error.name} is needed for {package} collections; pip install "bactrian[{package}]"'
        ) from error
