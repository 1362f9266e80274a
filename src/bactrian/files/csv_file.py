"""CSV, read by pyarrow."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.content import Content, damaged_gzip
from bactrian.files.dialect import detect, records
from bactrian.files.numbers import bad_cell
from bactrian.files.part import Part, Place

BLOCK = 4 << 20  # bytes; a row must fit in it
STREAM_BLOCK = 1 << 20  # the same where rows are read a few at a time; pyarrow reads many blocks ahead
LINES = 10_000_000  # rows up to which a message says on which line of a text a row stands


class CsvFile:
    """A CSV text with a known dialect; see ``formats.TableFile``. ``header`` : as of ``detect``."""

    def __init__(self, content: Content, header: bool | None = None) -> None:
        self.content = content
        self.dialect = detect(content, header)
        self.name = content.name
        self.names = self.dialect.names
        self.named = self.dialect.named

    def read(self, chosen: Sequence[int]) -> Any:
        csv, pa = arrow("pyarrow.csv"), arrow()
        try:
            return csv.read_csv(self.content.arrow_stream(), *self._options(chosen, whole=True))
        except pa.ArrowInvalid as error:
            raise self._ragged() or DataError(f"{self.name} is not a CSV table: {error}") from error
        except OSError as error:
            raise damaged_gzip(self.name, error) from error

    @property
    def cells(self) -> int:
        """No more cells than bytes; a text that has to be unzipped may have any number."""
        if self.content.whole:
            return len(self.content.head)
        if self.content.zipped:
            return 1 << 62
        source = self.content.source
        return os.path.getsize(source) if isinstance(source, str) else len(source)

    def single(self, chosen: Sequence[int]) -> bool:
        return False

    def held(self, chosen: Sequence[int]) -> int:
        return 0  # a few blocks of text, however many columns

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        types, first = self._types(chosen), 0
        for columns in self._batches(chosen, types):
            yield Part(columns, Place(self.name, first, line=self.line))
            first += len(columns[0])

    def _types(self, chosen: Sequence[int]) -> dict[str, Any]:
        """Of the columns by their first block; more columns of numbers than it shows may have fractions below."""
        pa, kinds = arrow(), arrow("pyarrow.types")
        seen = next(self._batches(chosen, None), [])
        as_float = (kinds.is_integer, kinds.is_floating, kinds.is_null)
        found = {str(i): column.type for i, column in zip(chosen, seen, strict=False)}
        return {key: pa.float64() if any(is_(type_) for is_ in as_float) else type_ for key, type_ in found.items()}

    def _batches(self, chosen: Sequence[int], types: dict[str, Any] | None) -> Iterator[list[Any]]:
        csv, pa = arrow("pyarrow.csv"), arrow()
        try:
            for batch in csv.open_csv(self.content.arrow_stream(), *self._options(chosen, types)):
                yield [batch.column(str(i)) for i in chosen]
        except pa.ArrowInvalid as error:
            as_text = types is None or arrow().string() in types.values()  # nothing to convert
            raise (
                (None if as_text or types is None else self._bad_cell(chosen, types))
                or self._ragged()
                or DataError(f"{self.name} is not a CSV table: {error}")
            ) from error
        except OSError as error:
            raise damaged_gzip(self.name, error) from error

    def _bad_cell(self, chosen: Sequence[int], types: dict[str, Any]) -> DataError | None:
        """The first cell that is not what its column's first block is, if that is what is wrong."""
        pa, compute, first = arrow(), arrow("pyarrow.compute"), 0
        as_text = dict.fromkeys(types, pa.string())
        batches = self._batches(chosen, as_text)
        while True:
            try:
                columns = next(batches, None)
            except DataError:
                return None  # its lines are at fault
            if columns is None:
                return None
            for i, column in zip(chosen, columns, strict=True):
                plain = compute.replace_substring(column, ",", ".") if self.dialect.decimal == "," else column
                try:
                    compute.utf8_trim_whitespace(plain).cast(types[str(i)])
                except pa.ArrowInvalid:
                    return bad_cell(self, self.names[i], column, first)
            first += len(columns[0])

    def _options(
        self, chosen: Sequence[int], types: dict[str, Any] | None = None, *, whole: bool = False
    ) -> tuple[Any, Any, Any]:
        csv = arrow("pyarrow.csv")
        # pyarrow gets names of our own, since those of the file may be empty or the same
        keys = [str(i) for i in range(len(self.names))]
        return (
            csv.ReadOptions(
                skip_rows=self.dialect.skip, column_names=keys, block_size=BLOCK if whole else STREAM_BLOCK
            ),
            csv.ParseOptions(delimiter=self.dialect.separator, newlines_in_values=True),
            csv.ConvertOptions(
                include_columns=[keys[i] for i in chosen],
                column_types=types,
                decimal_point=self.dialect.decimal,
                strings_can_be_null=types is not None and arrow().string() in types.values(),
            ),
        )

    def group(self, row: int) -> str:
        return ""

    def line(self, row: int) -> int | None:
        """The line of the file a row stands on, from 1. Reads the file again, so for messages only."""
        if row > LINES:
            return None
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
