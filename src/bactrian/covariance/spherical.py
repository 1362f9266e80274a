"""Covariances that are a multiple of the identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bactrian.covariance.diagonal import Diagonal, check_variances
from bactrian.covariance.form import Covariance, read_only
from bactrian.covariance.full import Full
from bactrian.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Spherical(Covariance):
    """``variances`` : (M,) array, M = 1 if tied else K."""

    variances: FloatArray
    n_components: int
    n_features: int
    tied: bool = False
    whiteners: FloatArray = field(init=False, repr=False)
    kind: ClassVar[str] = "spherical"

    def __post_init__(self) -> None:
        check_variances(self.variances[:, None], self.tied)
        object.__setattr__(self, "variances", read_only(self.variances))
        object.__setattr__(self, "whiteners", read_only(1.0 / np.sqrt(self.variances)))

    @property
    def array(self) -> FloatArray:
        return self.variances[0] if self.tied else self.variances

    @property
    def log_determinants(self) -> FloatArray:
        return self._per_component(self.n_features * np.log(self.variances))

    def dense(self) -> FloatArray:
        return self._per_component(self.variances)[:, None, None] * np.eye(self.n_features)

    def color(self, component: int, normals: FloatArray) -> FloatArray:
        return np.asarray(normals * np.sqrt(self.variances[self.slot(component)]))

    def marginal(self, features: IntArray) -> Covariance:
        return Spherical(self.variances, self.n_components, len(features), self.tied)

    def select(self, components: IntArray) -> Covariance:
        return Spherical(self.variances[self.slots(components)], len(components), self.n_features, self.tied)

    def affine(self, matrix: FloatArray) -> Covariance:
        gram = matrix @ matrix.T
        if np.array_equal(gram, gram[0, 0] * np.eye(len(gram))):
            return Spherical(self.variances * gram[0, 0], self.n_components, len(gram), self.tied)
        if np.array_equal(gram, np.diag(np.diagonal(gram))):
            return Diagonal(self.variances[:, None] * np.diagonal(gram), self.n_components, self.tied)
        return Full(self.variances[:, None, None] * gram, self.n_components, self.tied)
