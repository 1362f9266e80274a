"""Parquet, read by pyarrow: only the columns that are chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.content import Content, EmptyTableError
from bactrian.files.part import Part, Place, part_rows

PANDAS_INDEX = re.compile(r"__index_level_\d+__")
READ_AT_ONCE = 32 << 20  # bytes of all columns, so that a row group of any size costs no more memory
UNPACKED = 3 << 20  # bytes of a column: a dictionary, a page, and the page as it was packed; writers make these of 1 MB


class ParquetFile:
    """A Parquet file; see ``formats.TableFile``."""

    named = True

    def __init__(self, content: Content) -> None:
        self.name = content.name
        self.content = content
        self.file = self._open()
        self.names = tuple(n for n in self.file.schema_arrow.names if not PANDAS_INDEX.fullmatch(n))
        if not self.names or not self.file.metadata.num_rows:
            raise EmptyTableError(f"{self.name} has no rows; at least one row of numbers was expected")

    def read(self, chosen: Sequence[int]) -> Any:
        pa, names = arrow(), [self.names[i] for i in chosen]
        try:
            return self.file.read(columns=names).select(names)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return int(self.file.metadata.num_rows * len(self.names))

    def single(self, chosen: Sequence[int]) -> bool:
        schema = self.file.schema_arrow
        return all(schema.field(self.names[i]).type == arrow().float32() for i in chosen)

    def held(self, chosen: Sequence[int]) -> int:
        """Of each column what is unpacked of one row group, but no more than a page and a dictionary."""
        names = [self.names[i] for i in chosen]
        most = UNPACKED * len(names)
        if most <= READ_AT_ONCE:
            return most
        return max(sum(sizes.get(name, UNPACKED) for name in names) for sizes in self._unpacked)

    @cached_property
    def _unpacked(self) -> list[dict[str, int]]:
        """Of each row group the bytes by column."""
        metadata = self.file.metadata
        groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
        columns = [[group.column(i) for i in range(group.num_columns)] for group in groups]
        return [{c.path_in_schema: min(UNPACKED, 2 * c.total_uncompressed_size) for c in some} for some in columns]

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        pa, names = arrow(), [self.names[i] for i in chosen]
        file, first = self._open(buffer_size=_buffer(len(names)), pre_buffer=False), 0
        try:
            for group in range(file.metadata.num_row_groups):
                for batch in file.iter_batches(part_rows(len(names)), row_groups=[group], columns=names):
                    yield Part([batch.column(name) for name in names], Place(self.name, first, f"row group {group}"))
                    first += len(batch)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _open(self, **how: Any) -> Any:
        pa, parquet, source = arrow(), arrow("pyarrow.parquet"), self.content.source
        try:
            return parquet.ParquetFile(source if isinstance(source, str) else pa.BufferReader(source), **how)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def group(self, row: int) -> str:
        metadata = self.file.metadata
        ends = accumulate(metadata.row_group(g).num_rows for g in range(metadata.num_row_groups))
        return f"row group {next((g for g, end in enumerate(ends) if row < end), 0)}"

    def line(self, row: int) -> int | None:
        return None

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.name} is a damaged Parquet file ({error}); write or download it again")


def _buffer(n_columns: int) -> int:
    """Bytes of one column that are read at a time."""
    return max(1 << 14, min(1 << 18, READ_AT_ONCE // n_columns))
