"""Polars' LazyFrames: collected once, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bactrian.errors import BactrianError, DataError
from bactrian.files.stream import first_line


def is_lazy(data: Any) -> bool:
    """A LazyFrame of Polars, which need not be installed."""
    return type(data).__name__ == "LazyFrame" and type(data).__module__.split(".")[0] == "polars"


def lazy_batches(data: Any) -> Iterator[Any]:
    """Its record batches. Whatever Polars raises becomes a DataError."""
    try:
        if hasattr(data, "collect_batches"):
            frames = data.collect_batches(maintain_order=True)
        else:  # Polars before 1.34
            frames = iter([data.collect()])
        for frame in frames:
            yield from frame.to_arrow().to_batches()
    except (BactrianError, MemoryError):
        raise
    except Exception as error:  # Polars has many kinds
        raise DataError(
            f"the LazyFrame could not be collected ({first_line(error)}); correct the query, as .collect() shows"
        ) from error
