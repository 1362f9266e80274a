"""Arrow's own file (IPC file, Feather of version 2), mapped into memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.arrow_packed import is_packed
from bactrian.files.content import Content, EmptyTableError
from bactrian.files.part import Part, Place, check_mapped, part_rows, release

MAPPED = 1 << 20  # bytes of a column that may be there at a time where some of its pages are read


class ArrowFile:
    """An Arrow file; see ``formats.TableFile``. Of a batch that is compressed the chosen columns are unpacked whole."""

    named = True

    def __init__(self, content: Content) -> None:
        self.name = content.name
        self.content = content
        self._packed = False
        mapping, reader = self._open()
        self._packed = mapping is not None and is_packed(arrow().py_buffer(mapping))
        self.schema = reader.schema
        self.names = tuple(reader.schema.names)
        self._n_rows, self._longest = self._look() if self.names else (0, 0)
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

    def held(self, chosen: Sequence[int]) -> int:
        """A batch that is compressed, packed and unpacked; of another what the system maps at a time."""
        sizes = [self._longest * _width(self.schema.field(i).type) for i in chosen]
        return 2 * sum(sizes) if self._packed else sum(min(size, MAPPED) for size in sizes)

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        mapping, reader = self._open(chosen)
        places = [sorted(chosen).index(i) for i in chosen] if self._packed else chosen
        first, step = 0, part_rows(len(chosen))
        columns: list[Any] | None
        check = partial(check_mapped, mapping, self.name)
        for group in range(reader.num_record_batches):
            check()
            batch = self._guarded(reader.get_batch, group)
            n_rows = batch.num_rows
            for start in range(0, n_rows, step):
                columns = [batch.column(i).slice(start, step) for i in places]
                yield Part(columns, Place(self.name, first + start, f"batch {group}"), check)
                release(mapping)
            first += n_rows
            batch = columns = None  # before the next one is there

    def group(self, row: int) -> str:
        ends = accumulate(self._sizes())
        return f"batch {next((g for g, end in enumerate(ends) if row < end), 0)}"

    def line(self, row: int) -> int | None:
        return None

    def _look(self) -> tuple[int, int]:
        """Rows of all batches, and of the longest."""
        n_rows = self._sizes()
        return sum(n_rows), max(n_rows, default=0)

    def _sizes(self) -> list[int]:
        """Rows of each batch."""
        _, reader = self._open([0])
        return [self._guarded(reader.get_batch, i).num_rows for i in range(reader.num_record_batches)]

    def _open(self, chosen: Sequence[int] | None = None) -> tuple[mmap.mmap | None, Any]:
        pa, ipc, source, mapping = arrow(), arrow("pyarrow.ipc"), self.content.source, None
        if isinstance(source, str):
            with open(source, "rb") as file:
                mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        buffer = pa.py_buffer(source if mapping is None else mapping)
        # where nothing has to be unpacked, a batch of some columns would be a copy of them
        fields = sorted(chosen) if chosen is not None and self._packed else None
        options = ipc.IpcReadOptions(included_fields=fields)
        return mapping, self._guarded(lambda: ipc.open_file(pa.BufferReader(buffer), options=options))

    def _guarded(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (arrow().ArrowException, OSError) as error:
            raise DataError(f"{self.name} is a damaged Arrow file ({error}); write or download it again") from error


def _width(type_: Any) -> int:
    """Bytes of a number; of anything else as many as of the longest of these."""
    try:
        return -(-int(type_.bit_width) // 8)
    except ValueError:
        return 16
