"""A mixture as scikit-learn's attributes, and back.

The attributes are the model: where a user has changed them by hand (to sort the components, or to make a
model from known numbers) the estimator follows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from bactrian.errors import ParameterError
from bactrian.mixture import Mixture
from bactrian.typing import FloatArray


def attributes_of(mixture: Mixture, dtype: DTypeLike) -> dict[str, Any]:
    """``weights_``, ``means_``, ``covariances_`` and ``precisions_cholesky_`` as new arrays of a dtype."""
    numbers = {
        "weights_": mixture.weights,
        "means_": mixture.means,
        "covariances_": mixture.covariances,
        "precisions_cholesky_": precisions_cholesky(mixture),
    }
    return {name: np.array(values, dtype=dtype) for name, values in numbers.items()}


def precisions_cholesky(mixture: Mixture) -> FloatArray:
    """U, upper triangular, with U U^T the inverse covariance: the transpose of the stored L^-1."""
    covariance = mixture.parameters.covariance
    whiteners = covariance.whiteners
    upper = whiteners.swapaxes(1, 2) if whiteners.ndim == 3 else whiteners
    return np.asarray(upper[0] if covariance.tied else upper)


def squared(root: FloatArray, form: str) -> FloatArray:
    """``precisions_`` from ``precisions_cholesky_``."""
    return np.asarray(root @ root.swapaxes(-1, -2) if form in ("full", "tied") else root**2)


def changed(estimator: Any, mixture: Mixture) -> set[str]:
    """The attributes that no longer show the mixture."""
    shown = attributes_of(mixture, getattr(estimator.means_, "dtype", np.float64))
    return {name for name, values in shown.items() if not np.array_equal(values, _now(estimator, name))}


def _now(estimator: Any, name: str) -> Any:
    return getattr(estimator, name, None)


def mixture_of(estimator: Any, form: str, by_hand: set[str]) -> Mixture:
    """The mixture that attributes set by hand stand for.

    ``covariances_`` counts, or ``precisions_cholesky_`` where only that was set.
    """
    if "covariances_" in by_hand or "precisions_cholesky_" not in by_hand:
        covariances = getattr(estimator, "covariances_", None)
    else:
        covariances = None
    if covariances is None:
        covariances = _covariances(np.asarray(estimator.precisions_cholesky_, dtype=np.float64), form)
    weights = np.asarray(estimator.weights_, dtype=np.float64)
    if np.shape(estimator.means_)[:1] != weights.shape:
        raise ParameterError(
            f"weights_ of shape {weights.shape} and means_ of shape {np.shape(estimator.means_)} do not "
            "belong together; set weights_, means_ and covariances_ to the same number of components"
        )
    return Mixture(weights, estimator.means_, covariances, form=form)


def _covariances(root: FloatArray, form: str) -> FloatArray:
    if form not in ("full", "tied"):
        return np.asarray(1 / root**2)
    inverse = np.linalg.inv(root)
    return np.asarray(inverse.swapaxes(-1, -2) @ inverse)
