"""A column that says of which component some rows are, beside the features."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.columns import choose, place_of
from bactrian.files.dataset import Dataset
from bactrian.files.floats import plain, to_float
from bactrian.files.table import Table
from bactrian.files.table_file import TableFile

UNKNOWN = -1
NUMBER = re.compile(r"-?\d+")
MOST_BYTES = 512 << 20  # of files; rows whose components are known have to fit into memory


class LabelColumn:
    """The column by this name; as the ``columns`` of ``open_dataset`` it chooses the features beside it.

    Parameters
    ----------
    name : str
    columns : sequence of str or None
        The features; None is all columns but this one and the weight.
    weight : str or None
    """

    def __init__(self, name: str, columns: Sequence[str] | None, weight: str | None) -> None:
        self.name, self._columns, self._weight = name, columns, weight
        self._file: TableFile | None = None

    def __call__(self, file: TableFile) -> Sequence[str]:
        self._file = file
        chosen, known = choose(file, self._columns, self.name, "the known labels")
        weighing = None if self._weight is None else place_of(file, self._weight)
        if known == weighing:
            raise DataError(
                f"column {self.name!r} cannot be both the weight and the known labels; choose one of the two"
            )
        if self._columns is not None:
            return self._columns
        return [file.names[i] for i in chosen if i != weighing]

    def read(self, rows: Table | Dataset) -> tuple[list[Any], tuple[str, ...]]:
        """One label for each row, from 0 or ``UNKNOWN``, and the names they stand for where the column holds text.

        Raises
        ------
        DataError
            The column holds neither numbers nor text, or the files are too large.
        """
        assert self._file is not None  # the rows are those it chose the features of
        if isinstance(rows, Dataset) and sum(map(os.path.getsize, rows.paths)) > MOST_BYTES:
            raise DataError("labels can be given only for rows that fit into memory; take a sample of them")
        files = rows.files() if isinstance(rows, Dataset) else [self._file]
        return _numbered([cell for file in files for cell in self._cells(file)])

    def _cells(self, file: TableFile) -> list[Any]:
        """A number, a text or None for each row."""
        raw = file.read([place_of(file, self.name)])
        if isinstance(raw, np.ndarray):
            return [None if np.isnan(cell) else cell for cell in raw[:, 0].tolist()]
        column, types = plain(raw.column(0)), arrow("pyarrow.types")
        if types.is_null(column.type) or types.is_string(column.type) or types.is_large_string(column.type):
            return [cell.strip() or None if cell else None for cell in column.to_pylist()]
        if types.is_integer(column.type) or types.is_floating(column.type) or types.is_decimal(column.type):
            return list(to_float(column).to_pylist())
        raise DataError(
            f"column {self.name!r} of {file.name} holds {column.type}, not labels; whole numbers from 0, or names, "
            "were expected"
        )


def _numbered(cells: list[Any]) -> tuple[list[Any], tuple[str, ...]]:
    texts = {cell for cell in cells if isinstance(cell, str)}
    if not texts or all(NUMBER.fullmatch(text) for text in texts):  # codes that are written as text
        return [UNKNOWN if cell is None else float(cell) for cell in cells], ()
    # numbers beside names are names too, as in files of which one holds only such
    known = [None if cell is None else cell if isinstance(cell, str) else f"{cell:g}" for cell in cells]
    names = tuple(sorted({cell for cell in known if cell is not None} - {str(UNKNOWN)}))
    number: dict[str | None, int] = {name: k for k, name in enumerate(names)}
    return [number.get(cell, UNKNOWN) for cell in known], names
