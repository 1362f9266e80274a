"""Whether the batches of an Arrow file are compressed, which pyarrow does not say.

Read from the header of the first batch, a FlatBuffer (https://arrow.apache.org/docs/format/Columnar.html, "Message" and
"RecordBatch"). A table is a place from which all else is counted: backwards to its list of fields, forwards to these.
"""

from __future__ import annotations

import struct
from typing import Any

from bactrian.files.arrow import arrow

STREAM_AT = 8  # bytes: an Arrow file is a stream behind a magic number
HEADER, COMPRESSION = 2, 3  # numbers of fields, of Message and of RecordBatch


def is_packed(file: Any) -> bool:
    """Of an Arrow buffer; False where that cannot be seen, as in a file that is damaged."""
    pa, ipc = arrow(), arrow("pyarrow.ipc")
    try:
        stream = ipc.MessageReader.open_stream(pa.BufferReader(file.slice(STREAM_AT)))
        message = next(message for message in stream if message.type == "record batch")
        metadata = message.metadata.to_pybytes()
        header = _field(metadata, _offset(metadata, 0), HEADER)
        return _field(metadata, header + _offset(metadata, header), COMPRESSION) > 0
    except (pa.ArrowException, OSError, StopIteration, struct.error, TypeError):
        return False


def _field(metadata: bytes, table: int, number: int) -> int:
    """Where a field of a table is; 0 where it has none."""
    (back,) = struct.unpack_from("<i", metadata, table)
    fields = table - back
    (size,) = struct.unpack_from("<H", metadata, fields)
    place = 4 + 2 * number
    if place >= size:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, fields + place)
    return table + int(offset) if offset else 0


def _offset(metadata: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", metadata, at)[0])
