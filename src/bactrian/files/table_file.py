"""What a table in a file is, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from bactrian.files.part import Part


class TableFile(Protocol):
    """A table whose columns are known and can be read.

    Attributes
    ----------
    name : str
        What messages call it.
    names : tuple of str
        Of its columns, in order; they may be empty or repeat.
    named : bool
        The names stand in the file; otherwise they are made up: x0, x1 ...
    cells : int
        Rows times columns, or for a text no fewer than that.
    """

    name: str
    names: tuple[str, ...]
    named: bool

    @property
    def cells(self) -> int: ...

    def read(self, chosen: Sequence[int]) -> Any:
        """The chosen columns, in that order: a pyarrow table, or an (N, D) array."""
        ...

    def single(self, chosen: Sequence[int]) -> bool:
        """The chosen columns are all float32."""
        ...

    def held(self, chosen: Sequence[int]) -> int:
        """Bytes that are held, about, while ``parts`` reads the chosen columns."""
        ...

    def parts(self, chosen: Sequence[int]) -> Iterator[Part]:
        """The same a few rows at a time, with little memory."""
        ...

    def group(self, row: int) -> str:
        """What messages call the group of rows that a row stands in, as "row group 3"; "" without groups."""
        ...

    def line(self, row: int) -> int | None:
        """The line of the file that a row stands on, if it has lines."""
        ...
