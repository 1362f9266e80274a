"""A NumPy array in a mapped file as a store: pages are given back as soon as they were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.part import Part, array_parts


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
        self.name = name
        self.names = tuple(map(str, range(self._array.shape[1])))
        self.single = bool(array.dtype == np.float32)

    def parts(self) -> Iterator[Part]:
        return array_parts(self._array, self.name)
