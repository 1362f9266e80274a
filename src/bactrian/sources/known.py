"""What the user knows of single rows, beside rows that are in memory or in a store."""

from __future__ import annotations

from typing import Any, TypeAlias, overload

from bactrian.errors import DataError
from bactrian.files.label_column import NamedLabels
from bactrian.sources.array import ArraySource
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.labelled import Labelled, check_used, read_labels
from bactrian.sources.labelled_chunks import LabelledChunks
from bactrian.sources.source import Source

ON_A_CLUSTER = "{} can be given only for rows in memory or in files, not on a cluster; take a sample of them"

Known: TypeAlias = Labelled | LabelledChunks


@overload
def labelled(source: ArraySource, labels: Any) -> Labelled: ...
@overload
def labelled(source: Source, labels: Any) -> Known: ...
def labelled(source: Source, labels: Any) -> Known:
    """The rows with what the user knows of their components.

    Raises
    ------
    DataError
        The labels cannot be used, or the rows have no order that they could have too.
    """
    whole = in_order(source, "labels")
    values, names = (labels.values, labels.names) if isinstance(labels, NamedLabels) else (labels, ())
    known = whole.keep(read_labels(values, whole.n_given))
    check_used(known, names)
    return Labelled(whole, known) if isinstance(whole, ArraySource) else LabelledChunks(whole, known)


def in_order(source: Source, what: str) -> ArraySource | ChunkedSource:
    """The same source where its rows have an order; else a DataError saying that ``what`` needs that."""
    if isinstance(source, (ArraySource, ChunkedSource)):
        return source
    raise DataError(ON_A_CLUSTER.format(what))
