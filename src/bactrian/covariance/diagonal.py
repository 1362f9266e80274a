"""Covariances without correlation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bactrian.covariance.form import Covariance, read_only
from bactrian.covariance.full import Full
from bactrian.errors import CovarianceError
from bactrian.typing import FloatArray, IntArray

SURELY_POSITIVE = 1e-300  # and of finite inverse


@dataclass(frozen=True, eq=False)
class Diagonal(Covariance):
    """``variances`` : (M, D) array, M = 1 if tied else K."""

    variances: FloatArray
    n_components: int
    tied: bool = False
    n_features: int = field(init=False)
    whiteners: FloatArray = field(init=False, repr=False)
    kind: ClassVar[str] = "diagonal"

    def __post_init__(self) -> None:
        check_variances(self.variances, self.tied)
        object.__setattr__(self, "variances", read_only(self.variances))
        object.__setattr__(self, "n_features", self.variances.shape[1])
        object.__setattr__(self, "whiteners", read_only(1.0 / np.sqrt(self.variances)))

    @property
    def array(self) -> FloatArray:
        return self.variances[0] if self.tied else self.variances

    @property
    def log_determinants(self) -> FloatArray:
        return self._per_component(np.log(self.variances).sum(axis=1))

    def dense(self) -> FloatArray:
        return self._per_component(self.variances[:, :, None] * np.eye(self.n_features))

    def color(self, component: int, normals: FloatArray) -> FloatArray:
        return np.asarray(normals * np.sqrt(self.variances[self.slot(component)]))

    def marginal(self, features: IntArray) -> Covariance:
        return Diagonal(self.variances[:, features], self.n_components, self.tied)

    def select(self, components: IntArray) -> Covariance:
        return Diagonal(self.variances[self.slots(components)], len(components), self.tied)

    def affine(self, matrix: FloatArray) -> Covariance:
        one_source_each = (np.count_nonzero(matrix, axis=0) <= 1).all()
        if one_source_each:  # rows of A do not share a feature, so no correlation can appear
            return Diagonal(self.variances @ (matrix**2).T, self.n_components, self.tied)
        dense = np.einsum("pd,md,qd->mpq", matrix, self.variances, matrix)
        return Full(dense, self.n_components, self.tied)


def check_variances(variances: FloatArray, tied: bool) -> None:
    """Raise unless every number of the (M, D) array is a positive, finite variance."""
    if variances.min() > SURELY_POSITIVE and variances.max() < np.inf:
        return
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # found here, reported below
        good = (variances > 0) & np.isfinite(variances) & np.isfinite(1.0 / variances)
    if good.all():
        return
    m, d = (int(i) for i in np.argwhere(~good)[0])
    where = "the tied covariance" if tied else f"the covariance of component {m}"
    raise CovarianceError(
        f"{where} is not positive definite: the variance of feature {d} is {variances[m, d]:g}, "
        "and a variance must be a positive finite number"
    )
