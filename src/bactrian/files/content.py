"""Where the bytes of a table come from: a file, a pipe or stdin, with or without gzip."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.temporary import Waiting

HEAD = 1 << 20  # bytes looked at to tell formats and separators apart; the first line must end within them
GZIP = b"\x1f\x8b"
IN_MEMORY = 4 << 20  # bytes of a pipe that are kept
COPIED = 1 << 20  # bytes at a time


class EmptyTableError(DataError):
    """A table without rows: wrong by itself, and nothing to read where there are others beside it."""


@dataclass(frozen=True)
class Content:
    """Bytes that can be read more than once.

    Attributes
    ----------
    name : str
        What messages call it: the path as given, or ``"stdin"``.
    source : str or bytes
        The path of a regular file; of anything that can be read only once the bytes, or where these are many a
        temporary file that holds them.
    zipped : bool
        The bytes are gzip.
    head : bytes
        The first ``HEAD`` bytes, unzipped.
    """

    name: str
    source: str | bytes
    zipped: bool
    head: bytes
    waits: Waiting | None = None

    @property
    def whole(self) -> bool:
        """The head is all there is."""
        return len(self.head) < HEAD

    def open(self) -> BinaryIO:
        """A fresh stream of the unzipped bytes."""
        return _open(self.source, self.zipped)

    def arrow_stream(self) -> Any:
        """The same for pyarrow, which unzips faster."""
        pa = arrow()
        source = self.source if isinstance(self.source, str) else pa.py_buffer(self.source)
        return pa.input_stream(source, compression="gzip" if self.zipped else None)


def open_content(path: str | os.PathLike[str]) -> Content:
    """Look at a path, or at stdin for ``"-"``.

    Raises
    ------
    DataError
        Missing, a folder, not readable, empty, or damaged gzip.
    """
    name = "stdin" if os.fspath(path) == "-" else os.fspath(path)
    try:
        source, waits = _source(os.fspath(path), name)
        with _open(source, zipped=False) as stream:
            zipped = stream.read(2) == GZIP
        with _open(source, zipped) as stream:
            head = stream.read(HEAD)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_gzip(name, error) from error
    except OSError as error:
        if error.strerror is None:
            raise  # already a sentence
        raise DataError(f"{name} cannot be read: {error.strerror or error}; give a file's path") from error
    if not head:
        raise EmptyTableError(f"{name} is empty; a table with at least one row of numbers was expected")
    return Content(name, source, zipped, head, waits)


def damaged_gzip(name: str, error: Exception) -> DataError:
    return DataError(f"{name} starts like gzip but cannot be unzipped ({error}); make or download it again")


def _source(path: str, name: str) -> tuple[str | bytes, Waiting | None]:
    if path == "-":
        return _once(sys.stdin.buffer, name)
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return path, None
    with open(path, "rb") as pipe:  # a pipe gives its bytes only once
        return _once(pipe, name)


def _once(stream: BinaryIO, name: str) -> tuple[str | bytes, Waiting | None]:
    """Few bytes, or a file that holds many."""
    first = stream.read(IN_MEMORY)
    if len(first) < IN_MEMORY:
        return first, None
    waits = Waiting(chain([first], iter(lambda: stream.read(COPIED), b"")), name)
    return waits.path, waits


def _open(source: str | bytes, zipped: bool) -> BinaryIO:
    place = io.BytesIO(source) if isinstance(source, bytes) else source
    if zipped:
        return gzip.open(place, "rb")  # type: ignore[return-value]
    return open(place, "rb") if isinstance(place, str) else place
