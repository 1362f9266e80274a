"""What a mixture says of the rows of a Dask collection, as a Dask collection that has not been computed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from bactrian.errors import DataError
from bactrian.features import check_width
from bactrian.operations.uncertainty import uncertainty
from bactrian.sources.dask.blocks import as_matrix, is_frame

if TYPE_CHECKING:
    from bactrian.mixture import Mixture

DTYPES = {"logpdf": np.float64, "responsibilities": np.float64, "classify": np.intp}


def map_rows(mixture: Mixture, what: str, collection: Any) -> da.Array:
    """A lazy (N,) array, or (N, K) responsibilities; its blocks are those of the collection.

    ``what`` : ``"logpdf"``, ``"responsibilities"``, ``"classify"`` or ``"uncertainty"``.
    """
    if what == "uncertainty":
        return map_rows(mixture, "responsibilities", collection).map_blocks(uncertainty, drop_axis=1)
    wide = what == "responsibilities"
    meta = np.empty((0,) * (2 if wide else 1), dtype=DTYPES[what])
    score = partial(score_block, mixture, what)
    if is_frame(collection):
        scored = collection.map_partitions(score, meta=meta)
        return _with_width(scored, mixture.n_components) if wide else scored
    if not isinstance(collection, da.Array):
        raise DataError(f"a Dask array, data frame or series can be scored, but got a {type(collection).__name__}")
    matrix = as_matrix(collection)
    check_width(matrix.shape[1], mixture.n_features, mixture.feature_names)
    if wide:
        return matrix.map_blocks(score, chunks=(matrix.chunks[0], (mixture.n_components,)), meta=meta)
    return matrix.map_blocks(score, drop_axis=1, meta=meta)


def score_block(mixture: Mixture, what: str, block: Any) -> Any:
    return getattr(mixture, what)(block)


def _with_width(scored: da.Array, k: int) -> da.Array:
    """The same blocks with the number of columns they have, which Dask could not know."""
    return da.Array(scored.dask, scored.name, (scored.chunks[0], (k,)), meta=scored._meta)
