"""Answers about rows that pass by: files, queries and streams are read a block at a time, each answered and let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.files.columns import named_or_in_order
from bactrian.files.dataset import Dataset, open_dataset
from bactrian.files.stream import batches_of, used_up
from bactrian.files.table import Table
from bactrian.sources.door import IN_MEMORY, is_path, is_stream
from bactrian.sources.lazy import is_lazy, lazy_batches
from bactrian.sources.sql import Query, is_duckdb


def recognises(data: Any) -> bool:
    """Whether rows pass by rather than stay."""
    seen = is_path(data) or isinstance(data, (Table, Dataset, Query))
    return seen or is_duckdb(data) or is_lazy(data) or is_stream(data)


def map_rows(mixture: Any, method: str, data: Any) -> Any:
    """What a method of a mixture answers for all rows, as one array; the rows are never there at once.

    Raises
    ------
    DataError
        Anything about the data; other features than the mixture's.
    """
    return answers(data, mixture.feature_names, getattr(mixture, method))


def answers(data: Any, names: Sequence[str] | None, answer: Callable[[Any], Any]) -> Any:
    """What is answered for each block (n, D) of rows, one below the other; ``names`` are the columns wanted."""
    found = [answer(block) for block in _blocks(data, names)]
    if not found:
        raise used_up(data) if is_stream(data) else DataError("the data has no rows; at least one is needed")
    return np.concatenate(found)


def _blocks(data: Any, names: Sequence[str] | None) -> Iterator[Any]:
    if is_path(data):
        wanted = None if names is None else named_or_in_order(tuple(names))
        return open_dataset(data, wanted, most_bytes=IN_MEMORY).blocks()
    if isinstance(data, (Table, Dataset)):
        return data.blocks()
    table = arrow().Table
    return (table.from_batches([batch]) for batch in _batches(data) if batch.num_rows)


def _batches(data: Any) -> Iterator[Any]:
    if isinstance(data, Query):
        return data.batches()
    return lazy_batches(data) if is_lazy(data) else batches_of(data)
