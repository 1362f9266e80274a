"""Collections whose rows live elsewhere, known by the package of their type; their code is loaded when one is met."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bactrian.errors import MissingDependencyError

# package -> the module that has ``source_of`` and ``map_rows`` for it
HOMES = {
    "dask": "bactrian.sources.dask",
    "pyspark": "bactrian.sources.spark",
}


# rows that pass by, on this machine
PASSING = "bactrian.sources.blockwise"


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
