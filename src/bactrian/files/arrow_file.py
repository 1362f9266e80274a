"""Arrow's own file (IPC file, Feather of version 2), mapped into memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.content import Content, EmptyTableError
from bactrian.files.part import Part, Place, part_rows, release


class ArrowFile:
    """An Arrow file; see ``formats.TableFile``. A batch that is compressed is unpacked whole."""

    named = True

    def __init__(self, content: Content) -> None:
        self.name = content.name
        self.content = content
        _, reader = self._open()
        self.schema = reader.schema
        self.names = tuple(reader.schema.names)
        self._n_rows = self._count() if self.names else 0
        if not self._n_rows:
            raise EmptyTableError(f"{self.name} has no rows; at least one row of numbers was expected")

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return int(self._n_rows * len(self.names))

    def single(self, chosen: Sequence[int]) -> bool:
        return all(self.schema.field(i).type == arrow().float32() for i in chosen)

    def read(self, chosen: Sequence[int]) -> Any:
        _, reader = self._open()
        return self._guarded(lambda: reader.read_all().select(list(chosen)))

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        mapping, reader = self._open()
        first, step = 0, part_rows(len(chosen))
        columns: list[Any] | None
        for group in range(reader.num_record_batches):
            batch = self._guarded(reader.get_batch, group)
            n_rows = batch.num_rows
            for start in range(0, n_rows, step):
                columns = [batch.column(i).slice(start, step) for i in chosen]
                yield Part(columns, Place(self.name, first + start, f"batch {group}"))
                release(mapping)
            first += n_rows
            batch = columns = None  # before the next one is there

    def line(self, row: int) -> int | None:
        return None

    def _count(self) -> int:
        _, reader = self._open()
        return int(self._guarded(lambda: sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))))

    def _open(self) -> tuple[mmap.mmap | None, Any]:
        pa, ipc, source, mapping = arrow(), arrow("pyarrow.ipc"), self.content.source, None
        if isinstance(source, str):
            with open(source, "rb") as file:
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        buffer = pa.py_buffer(source if mapping is None else mapping)
        return mapping, self._guarded(lambda: ipc.open_file(pa.BufferReader(buffer)))

    def _guarded(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (arrow().ArrowException, OSError) as error:
            raise DataError(f"{self.name} is a damaged Arrow file ({error}); write or download it again") from error
