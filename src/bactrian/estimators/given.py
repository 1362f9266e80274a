"""``weights_init``, ``means_init``, ``precisions_init``: the parts of a start that the user gives.

The sentences are scikit-learn's, because its tests, and programs, match them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from bactrian.covariance import Covariance, parse_covariance
from bactrian.errors import ParameterError
from bactrian.kernels import Parameters
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Given:
    """``weights`` (K,), ``means`` (K, D) and ``covariance``; None where the user gave nothing."""

    weights: FloatArray | None
    means: FloatArray | None
    covariance: Covariance | None

    def over(self, found: Parameters) -> Parameters:
        """The parameters found, but for the parts given."""
        if self.weights is None and self.means is None and self.covariance is None:
            return found  # whose numbers may still be in the core
        return Parameters(
            found.weights if self.weights is None else self.weights,
            found.means if self.means is None else self.means,
            found.covariance if self.covariance is None else self.covariance,
        )

    @property
    def whole(self) -> Parameters | None:
        """The start, if nothing is left to find."""
        if self.weights is None or self.means is None or self.covariance is None:
            return None
        return Parameters(self.weights, self.means, self.covariance)


def read_given(
    weights: Any, means: Any, precisions: Any, form: str, covariance_type: str, shape: tuple[int, int]
) -> Given:
    """Check the three arrays, any of which may be None; ``shape`` is (K, D).

    Raises
    ------
    ParameterError
        Wrong shapes, weights that do not sum to 1, precisions that are not positive definite.
    """
    return Given(
        None if weights is None else _weights(weights, shape[0]),
        None if means is None else _shaped(means, shape, "means"),
        None if precisions is None else _covariance(precisions, form, covariance_type, *shape),
    )


def _weights(values: Any, n_components: int) -> FloatArray:
    weights = _shaped(values, (n_components,), "weights")
    if (weights < 0).any() or (weights > 1).any():
        # scikit-learn prints the least as "max" and the greatest as "min", and its tests ask for that
        raise ParameterError(
            "The parameter 'weights' should be in the range [0, 1], but got max value "
            f"{weights.min():.5f}, min value {weights.max():.5f}"
        )
    total = float(weights.sum())
    if abs(total - 1) > 1e-6:
        raise ParameterError(f"The parameter 'weights' should be normalized, but got sum(weights) = {total:.5f}")
    return weights / total


def _covariance(values: Any, form: str, covariance_type: str, k: int, d: int) -> Covariance:
    name = f"{covariance_type} precision"
    shapes = {"full": (k, d, d), "tied": (d, d), "diagonal": (k, d), "tied diagonal": (d,), "spherical": (k,)}
    precisions = _shaped(values, shapes.get(form, ()), name)
    if form not in ("full", "tied"):
        if (precisions <= 0).any():
            raise ParameterError(f"'{name}' should be positive")
        return parse_covariance(1 / precisions, k, d, form)
    matrices = precisions.reshape(-1, d, d)
    covariances = np.stack([_inverse(matrix, name) for matrix in matrices])
    return parse_covariance(covariances.reshape(precisions.shape), k, d, form)


def _inverse(precision: FloatArray, name: str) -> FloatArray:
    try:
        if not np.allclose(precision, precision.T):
            raise linalg.LinAlgError
        factor = linalg.cholesky(precision, lower=True)
    except linalg.LinAlgError as error:
        raise ParameterError(f"'{name}' should be symmetric, positive-definite") from error
    root = linalg.solve_triangular(factor, np.eye(len(factor)), lower=True)
    return np.asarray(root.T @ root)


def _shaped(values: Any, shape: tuple[int, ...], name: str) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"The parameter '{name}' should be an array of numbers, but {error}") from error
    if array.shape != shape:
        raise ParameterError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}")
    if not np.isfinite(array).all():
        raise ParameterError(f"The parameter '{name}' should be finite, but holds NaN or infinity")
    return array
