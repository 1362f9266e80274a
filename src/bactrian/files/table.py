"""Table: the chosen columns of a file, all numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bactrian.files.arrow import arrow
from bactrian.files.columns import Columns, choose, resolve
from bactrian.files.floats import floats
from bactrian.files.formats import open_table
from bactrian.files.numbers import to_numbers
from bactrian.files.part import part_rows
from bactrian.files.table_file import TableFile
from bactrian.rows import Rows, check_finite, read_rows
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Table:
    """Finite numbers from a file.

    Attributes
    ----------
    data : pyarrow.Table or (N, D) array
        What ``bactrian.fit`` takes; a .npy file stays mapped.
    names : tuple of str
        Of the D columns; made up (x0, x1 ...) where the file has none.
    weight : (N,) array or None
        The rows' weights.
    """

    data: Any = field(repr=False)
    names: tuple[str, ...]
    weight: FloatArray | None = field(repr=False)

    def blocks(self) -> Iterator[FloatArray]:
        """The rows, a few at a time."""
        values = self.rows().values
        step = part_rows(values.shape[1])
        return (values[first : first + step] for first in range(0, len(values), step))

    def __len__(self) -> int:
        return len(self.data)

    def rows(self) -> Rows:
        """The (N, D) values, float32 or float64, and their names."""
        if isinstance(self.data, np.ndarray):
            return Rows(read_rows(self.data).values, self.names)
        columns = [floats(column) for column in self.data.columns]  # looked at already
        narrow = all(column.dtype == np.float32 for column in columns)
        values = np.empty((len(self), len(columns)), np.float32 if narrow else np.float64)
        for j, column in enumerate(columns):
            values[:, j] = column
        return Rows(values, self.names)


def read_table(
    source: str | os.PathLike[str] | TableFile,
    columns: Columns = None,
    weight: str | None = None,
) -> Table:
    """Read columns of numbers from CSV (gzip or not), Parquet, .npy, or CSV on stdin.

    Parameters
    ----------
    source : path or TableFile
        ``"-"`` is stdin.
    columns : sequence of str, optional
        The features, in this order (or what finds them once the file is seen); where the file has no names, "0" is
        the first one. Default: all columns but the weight.
    weight : str, optional
        The column of row weights.

    Raises
    ------
    DataError
        Anything about the file or its cells that cannot be used, in one sentence.
    MissingDependencyError
        CSV or Parquet without pyarrow.
    """
    file = open_table(source) if isinstance(source, (str, os.PathLike)) else source
    columns = resolve(file, columns)
    chosen, weighing = choose(file, columns, weight)
    names = tuple(file.names[i] for i in chosen)
    extra = [] if weighing is None else [weighing]
    raw = file.read([*chosen, *extra])
    if isinstance(raw, np.ndarray):
        return _of_array(raw, names, bool(extra))
    features = to_numbers(file, raw.columns[: len(names)], names, asked=columns is not None)
    weights = to_numbers(file, raw.columns[len(names) :], [file.names[i] for i in extra], asked=True)
    data = arrow().table(features, names=list(names))
    return Table(data, names, floats(weights[0]).astype(np.float64) if weights else None)


def _of_array(raw: Any, names: tuple[str, ...], weighted: bool) -> Table:
    check_finite(raw, (*names, *(["the weight"] if weighted else [])))
    return Table(raw[:, : len(names)], names, np.asarray(raw[:, -1], dtype=np.float64) if weighted else None)
