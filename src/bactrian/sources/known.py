"""What the user knows of single rows, beside rows that are in memory or in a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

from bactrian.errors import DataError
from bactrian.files.label_column import NamedLabels
from bactrian.sources.array import ArraySource
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.labelled import Labelled, beyond, check_used, read_labels
from bactrian.sources.labelled_chunks import LabelledChunks
from bactrian.sources.source import Source

ON_A_CLUSTER = "{} can be given only for rows in memory or in files, not on a cluster; take a sample of them"

Known: TypeAlias = Labelled | LabelledChunks


@overload
def labelled(source: ArraySource, labels: Any, counts: Sequence[int] | None = None) -> Labelled: ...
@overload
def labelled(source: Source, labels: Any, counts: Sequence[int] | None = None) -> Known: ...
def labelled(source: Source, labels: Any, counts: Sequence[int] | None = None) -> Known:
    """The rows with what the user knows of their components.

    Parameters
    ----------
    counts : sequence of int, optional
        The K that will be tried, where they are known by now.

    Raises
    ------
    DataError
        The labels cannot be used, no K is enough for them, or the rows have no order that they could have too.
    """
    whole = in_order(source, "labels")
    values, names = (labels.values, labels.names) if isinstance(labels, NamedLabels) else (labels, ())
    known = whole.keep(read_labels(values, whole.n_given))
    check_used(known, names)
    largest = int(known.max())
    if counts is not None and largest >= max(counts):
        why = beyond(largest, max(counts), at_most=len(counts) > 1)
        raise DataError(f"{why}; ask for {largest + 1} or more, or number the groups from 0")
    return Labelled(whole, known) if isinstance(whole, ArraySource) else LabelledChunks(whole, known)


def in_order(source: Source, what: str) -> ArraySource | ChunkedSource:
    """The same source where its rows have an order; else a DataError saying that ``what`` needs that."""
    if isinstance(source, (ArraySource, ChunkedSource)):
        return source
    raise DataError(ON_A_CLUSTER.format(what))
