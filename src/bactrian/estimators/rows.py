"""Rows to fit, as scikit-learn wants them checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from bactrian.estimators.fitted import DTYPES
from bactrian.typing import FloatArray


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
    return validate_data(estimator, X, dtype=DTYPES, ensure_min_samples=2)  # type: ignore[no-any-return]


def _is_fine(X: FloatArray) -> bool:
    if X.dtype not in DTYPES or X.ndim != 2 or X.shape[0] < 2 or X.shape[1] == 0:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.add.reduce(X, axis=None, dtype=np.float64)))  # a sum hides NaN and infinity never
