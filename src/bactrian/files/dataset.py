"""Dataset: one table in one file or in many, that can be read a few rows at a time as often as needed."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.columns import Columns, choose, resolve
from bactrian.files.content import EmptyTableError
from bactrian.files.csv_path import CsvPath, header_of
from bactrian.files.formats import EXTENSIONS, open_table
from bactrian.files.numbers import check_first
from bactrian.files.part import Part, changed
from bactrian.files.side_by_side import HELD, SideBySide, first_rows
from bactrian.files.table import Table, read_table
from bactrian.files.table_file import TableFile
from bactrian.missing import MISSING
from bactrian.typing import FloatArray


def find_files(path: str | os.PathLike[str]) -> list[str]:
    """A file; or in the order of their names the tables in a folder (and those below it), or those of a pattern.

    Names that begin with a dot or an underscore are left out, as everywhere where clusters write folders.

    Raises
    ------
    DataError
        There is none.
    """
    name = os.fspath(path)
    if not name:
        raise DataError("the path is empty; give the name of a file, a folder or a pattern such as 'rows/*.parquet'")
    if name == "-" or os.path.isfile(name):
        return [name]
    if os.path.isdir(name):
        found = [str(p) for p in Path(name).rglob("*") if p.is_file() and _is_table(p.relative_to(name))]
        if not found:
            raise DataError(
                f"the folder {name} holds no table; {', '.join(EXTENSIONS)} (or .gz of a text) were expected"
            )
        return sorted(found)
    if glob.has_magic(name) and not os.path.exists(name):
        found = [p for p in glob.glob(name, recursive=True) if os.path.isfile(p)]
        if not found:
            raise DataError(f"no file has a name like {name}; check the pattern and the folder")
        return sorted(found)
    return [name]  # a pipe, or nothing: opening it says which


def _is_table(path: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and Path(path.name.removesuffix(".gz")).suffix.lower() in EXTENSIONS


@dataclass(frozen=True)
class Stamp:
    """What shows that a file was changed: bytes and time of the last change, in nanoseconds."""

    size: int
    changed: int

    @classmethod
    def of(cls, path: str) -> Stamp:
        """Raises DataError if the file has gone."""
        try:
            found = os.stat(path)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}; it was there when reading began") from error
        return cls(found.st_size, found.st_mtime_ns)

    def against(self, now: Stamp) -> str:
        """In what another differs, as a part of a sentence."""
        if self.size != now.size:
            return f"it had {self.size} bytes and has {now.size}"
        before, after = (datetime.fromtimestamp(s.changed / 1e9).isoformat(" ", "milliseconds") for s in (self, now))
        return f"it was last written at {before} and now at {after}, with as many bytes"


def open_dataset(
    path: str | os.PathLike[str],
    columns: Columns = None,
    weight: str | None = None,
    *,
    most_bytes: int,
) -> Table | Dataset:
    """What a path names: a table, read, if it is one file with up to about ``most_bytes`` of numbers."""
    paths, header = find_files(path), header_of(path)
    if len(paths) > 1:
        return Dataset(paths, columns, weight, header=header)
    file = open_table(CsvPath(paths[0], header))
    if 8 * file.cells <= most_bytes:
        return read_table(file, columns, weight)
    return Dataset(paths, columns, weight, None if os.path.isfile(paths[0]) else file, header)


class Dataset:
    """Tables with the same columns of numbers, read one after the other.

    Parameters
    ----------
    paths : sequence of str
    columns, weight
        As in ``read_table``. In every file columns are found by their names, where they have names.
    once : TableFile, optional
        The only one, where its path can be opened only once: stdin or a pipe, whose bytes wait elsewhere.
    header : bool, optional
        What is said of the first line of each, as in ``csv``.

    Raises
    ------
    DataError
        No file has rows, or anything about the first that has some. While reading: anything about the others, a
        file that has other columns, and one that was changed since.
    """

    def __init__(
        self,
        paths: Sequence[str],
        columns: Columns = None,
        weight: str | None = None,
        once: TableFile | None = None,
        header: bool | None = None,
    ) -> None:
        self._once, self._header = once, header
        self._stamps: dict[str, Stamp] = {}
        self._written: dict[str, SideBySide | None] = {}  # None: its columns can be read side by side
        self._paths = list(paths)
        first = self._first()
        columns = resolve(first, columns)
        self._asked = columns is not None
        chosen, weighing = choose(first, columns, weight)
        self._like = first
        self._columns = [first.names[i] for i in chosen] if first.named or columns is None else list(columns or ())
        self._weight = weight
        self.name = first.name if len(paths) == 1 else f"{len(paths)} files"
        self.names = tuple(first.names[i] for i in chosen)
        self.named = first.named
        self.weighted = weighing is not None
        # float64 anywhere makes all of it float64, whichever file comes first
        self.single = first.single(chosen) and all(file.single(self._choose(file)[0]) for file in self.files())

    @property
    def n_features(self) -> int:
        return len(self.names)

    @property
    def paths(self) -> list[str]:
        """Of the files, in order."""
        return list(self._paths)

    def files(self) -> Iterator[TableFile]:
        """Those that have rows, opened."""
        return (file for file in map(self._open, self._paths) if file is not None)

    def parts(self) -> Iterator[Part]:
        """Once through all rows: the features, then the weight."""
        for path in self._paths:
            file = self._open(path)
            if file is None:
                continue
            try:
                yield from self._parts_of(file, path)
            except DataError:
                self._check_unchanged(path)  # the better reason
                raise
            self._check_unchanged(path)

    def blocks(self) -> Iterator[FloatArray]:
        """The features, a few rows at a time, looked at for numbers that are missing."""
        for part in self.parts():
            values = np.empty((len(part), self.n_features), np.float32 if self.single else np.float64)
            part.copy(0, len(part), values, None)
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                row, column = bad[0]
                what = MISSING if np.isnan(values[row, column]) else "infinite"
                raise DataError(
                    f"column {self.names[column]!r}, {part.place.of(int(row))} is {what}; drop or fill such rows first"
                )
            yield values

    def _parts_of(self, file: TableFile, path: str) -> Iterator[Part]:
        chosen, weighing = self._choose(file)
        every = [*chosen, *([] if weighing is None else [weighing])]
        if path not in self._written:
            self._written[path] = self._side_by_side(file, every)
        written = self._written[path]
        for index, part in enumerate(file.parts(every) if written is None else written.parts()):
            if index == 0 and isinstance(part.columns, list):
                self._check_first(file, part.columns, every)
            yield part

    def _side_by_side(self, file: TableFile, every: Sequence[int]) -> SideBySide | None:
        if file.held(every) <= HELD:
            return None
        self._check_first(file, first_rows(file, every), every)
        return SideBySide(file, every)

    def _check_first(self, file: TableFile, columns: Sequence[Any], every: Sequence[int]) -> None:
        check_first(file, columns, [file.names[i] for i in every], asked=self._asked)

    def _choose(self, file: TableFile) -> tuple[list[int], int | None]:
        like = self._like
        if (not self._asked and set(file.names) != set(like.names)) or len(file.names) < len(self._columns):
            raise DataError(
                f"{file.name} has the columns {_listed(file.names)}, but {like.name} has {_listed(like.names)}; give "
                "files with the same columns, or choose columns that all of them have"
            )
        return choose(file, self._columns, self._weight)

    def _first(self) -> TableFile:
        for path in self._paths:
            file = self._open(path)
            if file is not None:
                return file
        raise DataError(f"none of the {len(self._paths)} files has rows; at least one row of numbers was expected")

    def _open(self, path: str) -> TableFile | None:
        """A file, or None for one without rows beside others."""
        if self._once is not None:
            return self._once
        self._check_unchanged(path)
        try:
            return open_table(CsvPath(path, self._header))
        except EmptyTableError:
            if len(self._paths) == 1 or _truncated(path):
                raise
            return None

    def _check_unchanged(self, path: str) -> None:
        if self._once is not None:
            return
        now = Stamp.of(path)
        if self._stamps.setdefault(path, now) != now:
            before = self._stamps[path]
            raise changed(path, before.size, now.size, before.against(now))


def _truncated(path: str) -> bool:
    """Nothing at all, where even a table without rows has some bytes."""
    return os.path.getsize(path) == 0 and EXTENSIONS.get(Path(path).suffix.lower()) != "CSV"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
