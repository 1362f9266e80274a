"""A path to CSV of which the user says whether names stand in its first line."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from bactrian.errors import ParameterError


@dataclass(frozen=True)
class CsvPath(os.PathLike[str]):
    """Taken wherever a path is. ``header`` : the first line holds names, or no names; None: its cells decide."""

    path: str
    header: bool | None = None

    def __fspath__(self) -> str:
        return self.path


def csv(path: str | os.PathLike[str], *, header: bool | None = None) -> CsvPath:
    """CSV files whose first line is said to hold names, or not: data for ``bactrian.fit`` and all that takes a path.

    Parameters
    ----------
    path : str or path
        A file, a folder or a pattern, as anywhere.
    header : bool, optional
        True: the first line of each file holds the names of the columns, even if these are numbers, as years. False: it
        is a row. By default it is a row if its cells are numbers.

    Raises
    ------
    ParameterError
        ``header`` is something else.

    Examples
    --------
    >>> import bactrian as bt
    >>> bt.sources.csv("by_year.csv", header=True)
    CsvPath(path='by_year.csv', header=True)
    """
    if header is not None and not isinstance(header, (bool, np.bool_)):
        raise ParameterError(f"header should be True, False or None, but got {header!r}")
    return CsvPath(os.fspath(path), None if header is None else bool(header))


def header_of(path: str | os.PathLike[str]) -> bool | None:
    """What is said of the first line; None of paths of which nothing is said."""
    return path.header if isinstance(path, CsvPath) else None
