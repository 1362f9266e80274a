"""L and L^-1 of every component's covariance, written out."""

from __future__ import annotations

import numpy as np

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.typing import FloatArray


def variances(covariance: Covariance) -> FloatArray | None:
    """(K, D) variances of components without correlation; None for full covariances."""
    shape = (covariance.n_components, covariance.n_features)
    if isinstance(covariance, Diagonal):
        return np.broadcast_to(covariance.variances, shape)
    if isinstance(covariance, Spherical):
        return np.broadcast_to(covariance.variances[:, None], shape)
    return None


def cholesky(covariance: Covariance) -> FloatArray:
    """(K, D, D) lower triangles L, L L^T = covariance."""
    flat = variances(covariance)
    return _written_out(covariance, covariance.cholesky if isinstance(covariance, Full) else None, flat, 0.5)


def whiteners(covariance: Covariance) -> FloatArray:
    """(K, D, D) lower triangles L^-1."""
    flat = variances(covariance)
    return _written_out(covariance, covariance.whiteners if isinstance(covariance, Full) else None, flat, -0.5)


def _written_out(covariance: Covariance, full: FloatArray | None, flat: FloatArray | None, power: float) -> FloatArray:
    d = covariance.n_features
    if flat is not None:
        return np.asarray((flat**power)[:, :, None] * np.eye(d))
    return np.broadcast_to(np.asarray(full), (covariance.n_components, d, d))
