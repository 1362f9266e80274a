"""CSV, read by pyarrow."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.content import Content, damaged_gzip
from bactrian.files.dialect import detect, records

BLOCK = 4 << 20  # bytes; a row must fit in it


class CsvFile:
    """A CSV text with a known dialect; see ``formats.TableFile``."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.dialect = detect(content)
        self.name = content.name
        self.names = self.dialect.names
        self.named = self.dialect.named

    def read(self, chosen: Sequence[int]) -> Any:
        csv, pa = arrow("pyarrow.csv"), arrow()
        # pyarrow gets names of our own, since those of the file may be empty or the same
        keys = [str(i) for i in range(len(self.names))]
        try:
            return csv.read_csv(
                self.content.arrow_stream(),
                csv.ReadOptions(skip_rows=self.dialect.skip, column_names=keys, block_size=BLOCK),
                csv.ParseOptions(delimiter=self.dialect.separator, newlines_in_values=True),
                csv.ConvertOptions(include_columns=[keys[i] for i in chosen], decimal_point=self.dialect.decimal),
            )
        except pa.ArrowInvalid as error:
            raise self._ragged() or DataError(f"{self.name} is not a CSV table: {error}") from error
        except OSError as error:
            raise damaged_gzip(self.name, error) from error

    def line(self, row: int) -> int | None:
        """The line of the file a row stands on, from 1. Reads the file again, so for messages only."""
        for index, (line, _) in enumerate(self._rows()):
            if index == row:
                return line
        return None

    def _ragged(self) -> DataError | None:
        expected = len(self.names)
        for line, record in self._rows():
            if len(record) != expected:
                first = "header" if self.named else "first line"
                return DataError(
                    f"line {line} of {self.name} has {len(record)} cells, but the {first} has {expected}; "
                    "correct that line"
                )
        return None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        with io.TextIOWrapper(self.content.open(), "utf-8", errors="replace", newline="") as lines:
            for line, record in records(lines, self.dialect.separator):
                if line > self.dialect.skip:
                    yield line, record
