"""Which columns are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bactrian.errors import DataError
from bactrian.files.table_file import TableFile

Columns: TypeAlias = Sequence[str] | Callable[[TableFile], Sequence[str] | None] | None
"""Names, or None for all, or what finds them once the file is seen."""


def resolve(file: TableFile, columns: Columns) -> Sequence[str] | None:
    return columns(file) if callable(columns) else columns


def named_or_in_order(names: tuple[str, ...]) -> Columns:
    """The columns with a model's names; all in their order where the file has no names."""

    def found(file: TableFile) -> tuple[str, ...] | None:
        known = set(file.names)
        missing = [name for name in names if name not in known]
        if not missing:
            return names
        if not file.named:
            return None
        raise DataError(
            f"the model needs column {missing[0]!r}, but {file.name} has {_listed(file.names)}; where only "
            f"the names differ, give its columns for {_listed(names)} in that order with --columns"
        )

    return found


def choose(
    file: TableFile, columns: Sequence[str] | None, weight: str | None, role: str = "the weight"
) -> tuple[list[int], int | None]:
    """Positions of the features (those named, else all but the weight) and of the weight, or what else it is.

    A feature may be a number too, from 0, where no column has that name.

    Raises
    ------
    DataError
        There is no such column, its name is not unique, or it has none.
    """
    places = _places(file)
    weighing = None if weight is None else _only(file, places, weight)
    if columns is None:
        return _all_but(file, places, weighing, role), weighing
    if not columns:
        raise DataError("no columns were named; name at least one")
    numbered = {str(i): [i] for i in range(len(file.names))} | places
    chosen = [_only(file, numbered, name) for name in columns]
    if weighing in chosen:
        raise DataError(f"column {weight!r} cannot be both a feature and {role}; choose one of the two")
    if len(set(chosen)) < len(chosen):
        raise DataError(f"columns should be named once each, but got {', '.join(columns)}")
    return chosen, weighing


def place_of(file: TableFile, name: str) -> int:
    """The position of one column; the same errors."""
    return _only(file, _places(file), name)


def suggest(names: Sequence[str]) -> str:
    """How to choose the columns that can be used, from the shell or from Python."""
    if not names:
        return "there is no other column of numbers in it"
    quoted = [f'"{name}"' if set(name) & set(' ,"') else name for name in names[:20]]
    more = " ..." if len(names) > 20 else ""
    return f"choose columns of numbers: --columns {','.join(quoted)}{more} (in Python, features=[{names[0]!r}, ...])"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def _places(file: TableFile) -> dict[str, list[int]]:
    """Where each name stands; where names are made up, a column's number will do."""
    places: dict[str, list[int]] = {}
    for i, name in enumerate(file.names):
        places.setdefault(name, []).append(i)
        if not file.named:
            places[str(i)] = [i]
    return places


def _only(file: TableFile, places: dict[str, list[int]], name: str) -> int:
    found = places.get(name, [])
    if len(found) > 1:
        raise DataError(f"{file.name} has {len(found)} columns named {name!r}; rename all but one")
    if not found:
        raise DataError(f"there is no column {name!r} in {file.name}; it has {_listed(file.names)}")
    return found[0]


def _all_but(file: TableFile, places: dict[str, list[int]], weighing: int | None, role: str) -> list[int]:
    others = [i for i in range(len(file.names)) if i != weighing]
    if not others:
        raise DataError(f"{file.name} has no column but {role}; a feature is needed too")
    named = [file.names[i] for i in others if file.names[i]]
    if len(named) < len(others):
        unnamed = next(i for i in others if not file.names[i])
        raise DataError(f"column {unnamed + 1} of {file.name} has no name (row numbers, perhaps); {suggest(named)}")
    return [_only(file, places, name) for name in named]
