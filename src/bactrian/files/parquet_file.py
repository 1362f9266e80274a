"""Parquet, read by pyarrow: only the columns that are chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.content import Content

PANDAS_INDEX = re.compile(r"__index_level_\d+__")


class ParquetFile:
    """A Parquet file; see ``formats.TableFile``."""

    named = True

    def __init__(self, content: Content) -> None:
        pa, parquet = arrow(), arrow("pyarrow.parquet")
        self.name = content.name
        source = content.source if isinstance(content.source, str) else pa.BufferReader(content.source)
        try:
            self.file = parquet.ParquetFile(source)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self.names = tuple(n for n in self.file.schema_arrow.names if not PANDAS_INDEX.fullmatch(n))
        if not self.names or not self.file.metadata.num_rows:
            raise DataError(f"{self.name} has no rows; at least one row of numbers was expected")

    def read(self, chosen: Sequence[int]) -> Any:
        pa, names = arrow(), [self.names[i] for i in chosen]
        try:
            return self.file.read(columns=names).select(names)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def line(self, row: int) -> int | None:
        return None

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.name} is a damaged Parquet file ({error}); write or download it again")
