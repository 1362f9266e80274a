"""The regularisation: no variance below a floor.

A floor is a constraint, Sigma_k >= diag(minimum), not something added: where it is not met the maximum-likelihood
estimate is left exactly as it is, and where it is, clipping the eigenvalues gives the constrained maximum, so
that the objective stays monotone (Ingrassia & Rocci 2007, CSDA 51:5339). The minimum follows the scale of the
data, feature by feature, so units do not matter. See docs/adr/0002.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.errors import CovarianceError
from bactrian.typing import FloatArray, IntArray

AT = 1e-9  # a variance that is above its floor by less than this part is held there
ROUNDING = 1e-14  # of the greatest variance: what is less, beside it, is not told from zero


@dataclass(frozen=True, eq=False)
class Floor:
    """``minimum`` : (D,) array, the least variance along each feature; zeros turn it off.

    ``constant`` : (D,) bool, optional: features that do not vary over all rows. The floor holds every component
    there, which says nothing about the component, so it does not count as held.

    ``span`` : in families of equal volumes, the greatest variance along an axis in units of the least: a component
    without spread in one direction would else be stretched without end in the others.
    """

    minimum: FloatArray
    constant: NDArray[np.bool_] | None = None
    span: float = 1e12

    def spherical(self, variances: FloatArray, k: int, tied: bool) -> tuple[Spherical, IntArray]:
        """The form from (M,) variances, and which of the M were below the floor."""
        least = self.minimum.mean()
        covariance = Spherical(np.maximum(variances, least), k, len(self.minimum), tied)
        return covariance, np.flatnonzero(variances < least)

    def diagonal(self, variances: FloatArray, k: int, tied: bool) -> tuple[Diagonal, IntArray]:
        """The form from (M, D) variances, and which of the M were below the floor."""
        low = (variances < self.minimum)[:, self.varying].any(axis=1)
        return Diagonal(np.maximum(variances, self.minimum), k, tied), np.flatnonzero(low)

    def full(self, matrices: FloatArray, k: int, tied: bool) -> tuple[Full, IntArray]:
        """The form from (M, D, D) matrices, and which of the M were below the floor."""
        narrowest = 0.0
        try:
            covariance = Full(matrices, k, tied)
        except CovarianceError:
            if not self.minimum.all() or not np.isfinite(matrices).all():
                raise
            narrowest = ROUNDING
        else:
            # |L^-1 scale|^2 bounds the largest eigenvalue of scale Sigma^-1 scale: below 1 none is too small
            bound = (covariance.whiteners**2 @ self.minimum).sum(axis=1)
            if max(bound.tolist()) < 1:
                return covariance, np.empty(0, dtype=np.intp)
        scale = np.sqrt(self.minimum)
        values, vectors = np.linalg.eigh(matrices / scale[:, None] / scale)
        least = np.maximum(1, narrowest * values[:, -1:])  # one volume can be so large that rounding takes the least
        low = values[:, 0] < least[:, 0]
        lifted = (vectors * np.maximum(values, least)[:, None, :]) @ vectors.swapaxes(1, 2)
        lifted *= scale[:, None] * scale
        covariance = Full(np.where(low[:, None, None], lifted, matrices), k, tied)
        lost = low & (least[:, 0] > 1)
        return covariance, np.flatnonzero(lost | (low & self._is_low(matrices / scale[:, None] / scale)))

    def _is_low(self, scaled: FloatArray) -> NDArray[np.bool_]:
        """Which of the (M, D, D) matrices, in units of the floor, are below it in a direction that varies."""
        if self.varying.all():
            return np.ones(len(scaled), dtype=bool)  # the caller has seen that
        some = np.flatnonzero(self.varying)
        if not len(some):
            return np.zeros(len(scaled), dtype=bool)
        return np.asarray(np.linalg.eigvalsh(scaled[:, some[:, None], some])[:, 0] < 1)

    def admits(self, covariance: Covariance) -> bool:
        """Whether no variance is below the minimum; of spheres, whose own floor is an average, in any direction."""
        if not isinstance(covariance, Spherical):
            return True  # of all families along axes the floor is the same
        return bool((covariance.whiteners**2).max() * self.minimum.max() <= 1 + AT)

    @property
    def unbounded(self) -> Floor:
        """The same without a greatest variance."""
        return replace(self, span=np.inf)

    def holds(self, variances: FloatArray, least: FloatArray) -> NDArray[np.bool_]:
        """Which of (K, D) variances along axes are at what the floor, or its span, allows there."""
        high = self.span * np.where(least > 0, least, 1.0)
        return np.asarray((least > 0) & ((variances <= least * (1 + AT)) | (variances >= high * (1 - AT))))

    @property
    def varying(self) -> NDArray[np.bool_]:
        """(D,) the features that are not constant."""
        return np.ones(len(self.minimum), dtype=bool) if self.constant is None else ~self.constant

    def units(self, variances: FloatArray) -> FloatArray:
        """(D,) units of length in which the minimum is 1; without a floor those in which (D,) ``variances`` are."""
        return np.asarray(np.sqrt(self.minimum if self.minimum.all() else np.where(variances > 0, variances, 1.0)))
