"""Tables of results to a file or to stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from bactrian.files import Chunk, write_columns, write_csv
from bactrian.progress import Meter


def write(output: str | None, chunks: Iterable[Chunk], n_rows: int, meter: Meter) -> None:
    """Write to a file, whole or not at all, or as CSV to stdout. ``n_rows`` : 0 if it is not known."""
    watched = _watched(chunks, n_rows, meter)
    if output is None:
        write_csv(sys.stdout.buffer, watched)
    else:
        write_columns(output, watched)


def _watched(chunks: Iterable[Chunk], n_rows: int, meter: Meter) -> Iterator[Chunk]:
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(next(iter(chunk.values())))
        meter.show(f"{done} of {n_rows} rows" if n_rows else f"{done} rows", done, n_rows)
