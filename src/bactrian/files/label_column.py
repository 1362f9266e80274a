"""A column that says of which component some rows are, beside the features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.columns import choose, place_of
from bactrian.files.dataset import Dataset
from bactrian.files.floats import floats, plain
from bactrian.files.table import Table
from bactrian.files.table_file import TableFile
from bactrian.missing import is_missing
from bactrian.typing import FloatArray

UNKNOWN = -1
NUMBER = re.compile(r"-?\d+")

Coded: TypeAlias = tuple[NDArray[Any], list[Any]]
"""Of each row (n,) which of the different cells it has, and those: numbers, texts or None."""


@dataclass(frozen=True, eq=False)
class NamedLabels:
    """``values`` : (N,) labels, from 0 or ``UNKNOWN``. ``names`` : what they stand for, where the cells are text."""

    values: FloatArray
    names: tuple[str, ...] = ()


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

    def read(self, rows: Table | Dataset) -> NamedLabels:
        """The labels of all rows.

        Raises
        ------
        DataError
            The column holds neither numbers nor text.
        """
        assert self._file is not None  # the rows are those it chose the features of
        files = rows.files() if isinstance(rows, Dataset) else [self._file]
        return numbered([self._cells(file) for file in files])

    def _cells(self, file: TableFile) -> Coded:
        raw = file.read([place_of(file, self.name)])
        if isinstance(raw, np.ndarray):
            return _coded(raw[:, 0])
        column, types = plain(raw.column(0)), arrow("pyarrow.types")
        if types.is_null(column.type):
            column = column.cast(arrow().string())
        if types.is_string(column.type) or types.is_large_string(column.type):
            coded = column.combine_chunks().dictionary_encode()
            texts = [text.strip() or None for text in coded.dictionary.to_pylist()]
            return coded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False), [*texts, None]
        if types.is_integer(column.type) or types.is_floating(column.type) or types.is_decimal(column.type):
            return _coded(floats(column))
        raise DataError(
            f"column {self.name!r} of {file.name} holds {column.type}, not labels; whole numbers from 0, or names, "
            "were expected"
        )


def code(cells: Sequence[Any]) -> Coded:
    """Of cells that are numbers, text or missing, as a frame gives them."""
    number: dict[Any, int] = {}
    codes = np.array([number.setdefault(_cell(cell), len(number)) for cell in cells], dtype=np.intp)
    return codes, list(number)


def _cell(cell: Any) -> float | str | None:
    if isinstance(cell, str):
        return cell.strip() or None
    return None if is_missing(cell) or cell != cell else float(cell)


def _coded(values: NDArray[Any]) -> Coded:
    found, codes = np.unique(values, return_inverse=True)
    return codes, [None if value != value else float(value) for value in found]


def numbered(parts: Sequence[Coded]) -> NamedLabels:
    """The labels, one part behind the other."""
    cells = [cell for _, some in parts for cell in some]
    texts = {cell for cell in cells if isinstance(cell, str)}
    if not texts or all(NUMBER.fullmatch(text) for text in texts):  # codes that are written as text
        labels = [[UNKNOWN if cell is None else float(cell) for cell in some] for _, some in parts]
        return NamedLabels(_joined(parts, labels))
    # numbers beside names are names too, as in files of which one holds only such
    known = [[cell if cell is None or isinstance(cell, str) else f"{cell:g}" for cell in some] for _, some in parts]
    names = tuple(sorted({cell for some in known for cell in some if cell is not None} - {str(UNKNOWN)}))
    number: dict[str | None, int] = {name: k for k, name in enumerate(names)}
    return NamedLabels(_joined(parts, [[number.get(cell, UNKNOWN) for cell in some] for some in known]), names)


def _joined(parts: Sequence[Coded], labels: Sequence[Sequence[float]]) -> FloatArray:
    each = [np.array(some, dtype=np.float64)[codes] for (codes, _), some in zip(parts, labels, strict=True)]
    return np.concatenate(each)
