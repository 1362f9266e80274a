"""NumPy's .npy, mapped into memory and never unpickled."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.content import Content, EmptyTableError
from bactrian.files.part import Part, array_parts


class NpyFile:
    """An (N, D) or (N,) array; see ``formats.TableFile``."""

    named = False

    def __init__(self, content: Content) -> None:
        self.name = content.name
        self.content = content  # a temporary file goes when nobody holds it
        self.array = _load(content)
        if self.array.dtype.kind not in "iufb":
            raise DataError(f"{self.name} holds {self.array.dtype}; an array of real numbers was expected")
        shape = self.array.shape
        if self.array.ndim not in (1, 2) or 0 in shape:
            kind = EmptyTableError if shape[:1] == (0,) else DataError
            raise kind(f"{self.name} holds an array of shape {shape}; rows and features (N, D) were expected")
        self.array = self.array.reshape(len(self.array), -1)
        self.names = tuple(f"x{i}" for i in range(self.array.shape[1]))

    def read(self, chosen: Sequence[int]) -> Any:
        every = list(chosen) == list(range(len(self.names)))
        return self.array if every else self.array[:, list(chosen)]

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return int(self.array.size)

    def single(self, chosen: Sequence[int]) -> bool:
        return bool(self.array.dtype == np.float32)

    def held(self, chosen: Sequence[int]) -> int:
        return 0  # pages are given back

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        return array_parts(self.array, self.name, chosen)

    def group(self, row: int) -> str:
        return ""

    def line(self, row: int) -> int | None:
        return None


def _load(content: Content) -> Any:
    try:
        if isinstance(content.source, str) and not content.zipped:
            return np.load(content.source, mmap_mode="r", allow_pickle=False)
        with content.open() as stream:
            return np.load(io.BytesIO(stream.read()), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        objects = any(word in str(error) for word in ("pickle", "Python objects"))
        why = "of Python objects" if objects else "that is damaged or cut short"
        raise DataError(
            f"{content.name} holds an array {why}; a whole array of numbers was expected, so save it again"
        ) from error
