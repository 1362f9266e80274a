"""Whether columns hold numbers. Rows are counted from 0, lines of a file from 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.columns import suggest
from bactrian.files.dialect import NUMBER
from bactrian.files.floats import plain, to_float
from bactrian.files.part import Place
from bactrian.files.table_file import TableFile
from bactrian.missing import MISSING

# with either decimal mark: whether a cell was meant as a number
CELL = r"^\s*" + NUMBER.replace(r"\.", "[.,]") + r"\s*$"


def to_numbers(file: TableFile, columns: Sequence[Any], names: Sequence[str], *, asked: bool) -> list[Any]:
    """Arrow columns -> finite Arrow columns of float32 or float64.

    Parameters
    ----------
    asked : bool
        The user named the columns, and not merely the file.

    Raises
    ------
    DataError
        Text, empty columns, missing or infinite numbers: names the column, the row and the line.
    """
    columns = [plain(column) for column in columns]
    kinds = [_kind(column) for column in columns]
    _check_kinds(file, columns, names, kinds, asked)
    return [_finite(file, name, to_float(column)) for name, column in zip(names, columns, strict=True)]


def check_first(file: TableFile, columns: Sequence[Any], names: Sequence[str], *, asked: bool) -> None:
    """The same of the first rows of a file, but for what only all its rows can show."""
    columns = [plain(column) for column in columns]
    is_null = arrow("pyarrow.types").is_null
    kinds = [_kind(column) for column in columns]
    typed = ["numbers" if k == "empty" and not is_null(c.type) else k for c, k in zip(columns, kinds, strict=True)]
    _check_kinds(file, columns, names, typed, asked)


def _check_kinds(
    file: TableFile, columns: Sequence[Any], names: Sequence[str], kinds: Sequence[str], asked: bool
) -> None:
    for name, column, kind in zip(names, columns, kinds, strict=True):
        if kind in ("text", "empty"):
            held = "is empty" if kind == "empty" else f"holds {_shown(column)}, not numbers"
            others = [n for n, k in zip(names, kinds, strict=True) if k in ("numbers", "mixed")]
            what = "leave it out" if asked else suggest(others)
            raise DataError(f"column {name!r} of {file.name} {held}; {what}")
    for name, column, kind in zip(names, columns, kinds, strict=True):
        if kind == "mixed":
            raise bad_cell(file, name, column)


def _kind(column: Any) -> str:
    """``"numbers"``, ``"text"``, ``"mixed"`` (some cells could be numbers) or ``"empty"``."""
    types, compute = arrow("pyarrow.types"), arrow("pyarrow.compute")
    numeric = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    if types.is_null(column.type) or column.null_count == len(column):
        return "empty"
    if any(is_kind(column.type) for is_kind in numeric):
        return "numbers"
    if not (types.is_string(column.type) or types.is_large_string(column.type)):
        return "text"
    are_numbers = compute.match_substring_regex(column, CELL)
    # a column that was declared as text and could be read as numbers is still text: codes, not quantities
    some, every = compute.any(are_numbers).as_py(), compute.all(are_numbers).as_py()
    return "mixed" if some and not every else "text"


def _finite(file: TableFile, name: str, column: Any) -> Any:
    compute = arrow("pyarrow.compute")
    finite = compute.is_finite(column)
    if not column.null_count and compute.all(finite).as_py():
        return column
    good = compute.fill_null(finite, False)  # imports pandas, where that is installed
    row = compute.index(good, False).as_py()
    value = column[row].as_py()
    what = MISSING if value is None or value != value else "infinite"
    count = len(good) - compute.sum(good).as_py()
    raise DataError(
        f"column {name!r}, {_where(file, row)} is {what}, and {count} of {len(good)} rows have such a value; drop or "
        "fill those rows first"
    )


def bad_cell(file: TableFile, name: str, column: Any, first: int = 0) -> DataError:
    """What to say of the first cell that is not a number, in a column whose rows begin at ``first``."""
    compute = arrow("pyarrow.compute")
    good = compute.match_substring_regex(column, CELL)
    row = compute.index(good, False).as_py()
    cell = column[row].as_py()
    return DataError(
        f"column {name!r}, {_where(file, first + row)} is {_cut(cell)}, which is not a number; correct it, "
        "drop the row or leave out the column"
    )


def _where(file: TableFile, row: int) -> str:
    line = file.line(row)
    if line is not None:
        return f"row {row} (line {line} of {file.name})"
    return Place(file.name, group=file.group(row)).of(row)


def _shown(column: Any) -> str:
    first = column.drop_null()[0].as_py()
    if isinstance(first, bytes):
        return f"text that is not UTF-8 ({_cut(first.decode(errors='replace'))})"
    return f"text ({_cut(first)})" if isinstance(first, str) else str(column.type)


def _cut(cell: Any) -> str:
    text = str(cell)
    return repr(text if len(text) <= 40 else text[:37] + "...")
