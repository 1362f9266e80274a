"""From a Dask collection to a source: pinned on the workers of a cluster, or read by threads of this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from bactrian.errors import ParameterError
from bactrian.sources.dask.blocks import read_collection
from bactrian.sources.dask.pinned import PinnedSource
from bactrian.sources.dask.threaded import ThreadedSource
from bactrian.sources.partitioned import PartitionedSource


def source_of(
    collection: Any, sample_weight: Any = None, features: Sequence[str | int] | None = None
) -> PartitionedSource:
    """The rows of a Dask array, data frame or series.

    With a ``distributed.Client`` the partitions are computed once and stay on the workers, in memory, until the fit
    ends. Without one each pass computes them again on the threads of this process, so that they need not fit in memory
    together; ``collection.persist()`` first keeps those that do.

    Parameters
    ----------
    collection : dask.array.Array (N, D) or (N,), dask.dataframe.DataFrame or Series
        Each row block or partition is a partition of the source.
    sample_weight : (N,) Dask array or series with the same partitions, NumPy array or column name, optional
    features : column names, or numbers for an array, optional
        All columns less the weights' by default.

    Raises
    ------
    DataError
        Columns that are not numbers, NaN, infinity, no rows, weights that cannot be used: says which partition.
    ParameterError
        A client that is asynchronous.
    ClusterError
        The cluster cannot compute the partitions.
    """
    blocks = read_collection(collection, sample_weight, features)
    client = current_client()
    return ThreadedSource(blocks) if client is None else PinnedSource(blocks, client)


def current_client() -> Any:
    """The ``distributed.Client`` that Dask would use, or None."""
    distributed = sys.modules.get("distributed")  # without the import there can be no client
    try:
        client = None if distributed is None else distributed.default_client()
    except ValueError:
        return None
    if client is not None and client.asynchronous:
        raise ParameterError(
            "the Dask client is asynchronous, but a fit waits for its passes; make it with asynchronous=False"
        )
    return client
