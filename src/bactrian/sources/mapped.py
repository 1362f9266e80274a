"""A NumPy array in a mapped file as a store: pages are given back as soon as they were read."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.part import Part, array_parts, changed, mapping_of


class MappedStore:
    """(N, D) rows of any real numbers; see ``chunks.Store``."""

    named = False
    weighted = False

    def __init__(self, array: Any, name: str) -> None:
        if array.dtype.kind not in "iufb" or array.ndim not in (1, 2) or 0 in array.shape:
            raise DataError(
                f"{name} holds {array.dtype} in the shape {array.shape}; real numbers in rows and features (N, D) were "
                "expected"
            )
        self._array = array.reshape(len(array), -1)
        self._file = MappedFile(array, name)
        self.name = name
        self.names = tuple(map(str, range(self._array.shape[1])))
        self.single = bool(array.dtype == np.float32)

    def parts(self) -> Iterator[Part]:
        self._file.check()
        yield from array_parts(self._array, self.name, check=self._file.check)
        self._file.check()


class MappedFile:
    """The file behind an array or a view of it, as it was when this was made."""

    def __init__(self, array: Any, name: str) -> None:
        self._name = name
        self._mapping: mmap.mmap | None = mapping_of(array)
        self._size = _size(self._mapping)
        owner = _map_of(array)
        # what a writable map still has to write changes the time, perhaps late; that rows changed is seen anyway
        known = owner is not None and owner.mode == "r" and owner.filename is not None
        self._path = os.fspath(owner.filename) if known else None
        self._found = self._stat()

    def check(self) -> None:
        """Raise DataError if the file was cut short or written to.

        One that was removed, or replaced by another of its name, is still there as long as it is mapped.
        """
        size = _size(self._mapping)
        if size < self._size:  # also where the map is of its last part only
            raise changed(self._name, self._size, size)
        now = self._stat()
        if self._found is None or now is None or now.st_ino != self._found.st_ino:
            return
        if (now.st_size, now.st_mtime_ns) != (self._found.st_size, self._found.st_mtime_ns):
            raise changed(self._name, self._found.st_size, now.st_size)

    def _stat(self) -> os.stat_result | None:
        try:
            return None if self._path is None else os.stat(self._path)
        except OSError:
            return None


def _size(mapping: mmap.mmap | None) -> int:
    """Bytes of the whole file; 0 where nobody can tell."""
    try:
        return 0 if mapping is None else mapping.size()
    except (OSError, ValueError):
        return 0


def _map_of(array: Any) -> Any:
    """The ``np.memmap`` that an array is, or is a view of: the one that opened the file."""
    found = None
    while isinstance(array, np.ndarray):
        found = array if isinstance(array, np.memmap) else found
        array = array.base
    return found
