"""Rows to fit, as scikit-learn wants them checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.engines import mapper_of
from bactrian.errors import DataError
from bactrian.estimators.fitted import DTYPES, validated
from bactrian.sources import ArraySource, Source
from bactrian.sources.door import open_source
from bactrian.typing import FloatArray


def source_to_fit(estimator: Any, X: Any, sample_weight: Any) -> tuple[Source, Any]:
    """The rows, and the dtype that the attributes shall have; the estimator then knows the features and their names.

    Raises
    ------
    ValueError
        Data that cannot be used.
    """
    if mapper_of(X) is None:
        values = rows_to_fit(estimator, X)
        return ArraySource(values, sample_weight), values.dtype
    source, names = open_source(X, sample_weight)
    estimator.n_features_in_ = source.n_features
    if names is not None and names != tuple(f"x{j}" for j in range(source.n_features)):  # made up, of a file without
        estimator.feature_names_in_ = np.array(names, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_
    in_memory = isinstance(source, ArraySource)
    given = [name for name in ("means_init", "precisions_init") if getattr(estimator, name) is not None]
    if not in_memory and (given or estimator.init_params != "kmeans"):
        what = given[0] if given else f"init_params={estimator.init_params!r}"
        raise DataError(
            f"rows that are not in memory are read a block at a time, where {what} cannot be used; leave "
            "init_params at 'kmeans', or give bt.fit a start"
        )
    return source, np.dtype(np.float32 if source.single_precision else np.float64)


def rows_to_fit(estimator: Any, X: Any) -> FloatArray:
    """(N, D) finite float32 or float64 values; the estimator then knows the features and their names.

    scikit-learn's own checks take as long as a tenth of a small fit, so arrays that are plainly fine are not given to
    them.

    Raises
    ------
    ValueError
        With scikit-learn's sentences.
    """
    if type(X) is np.ndarray and not hasattr(estimator, "feature_names_in_") and _is_fine(X):
        estimator.n_features_in_ = X.shape[1]
        return X
    return validated(estimator, X, ensure_min_samples=2)


def _is_fine(X: FloatArray) -> bool:
    if X.dtype not in DTYPES or X.ndim != 2 or X.shape[0] < 2 or X.shape[1] == 0:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.add.reduce(X, axis=None, dtype=np.float64)))  # a sum hides NaN and infinity never
