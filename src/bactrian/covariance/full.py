"""Covariances with every correlation."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from bactrian.covariance.factor import factor, whitened
from bactrian.covariance.form import Covariance, frozen
from bactrian.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Full(Covariance):
    """``matrices`` : (M, D, D) array, symmetric positive definite, M = 1 if tied else K.

    The inverse factors are kept, for each pass needs them, and the factors themselves made when they are asked for.
    """

    matrices: FloatArray
    n_components: int
    tied: bool = False
    n_features: int = field(init=False)
    whiteners: FloatArray = field(init=False, repr=False)
    kind: ClassVar[str] = "full"

    def __post_init__(self) -> None:
        matrices, whiteners = whitened(self.matrices, self.tied)
        object.__setattr__(self, "matrices", matrices)
        object.__setattr__(self, "n_features", matrices.shape[1])
        object.__setattr__(self, "whiteners", whiteners)

    @cached_property
    def cholesky(self) -> FloatArray:
        """(M, D, D) lower factors, L L^T = matrix."""
        return factor(self.matrices, self.tied)[0]

    @property
    def array(self) -> FloatArray:
        return self.matrices[0] if self.tied else self.matrices

    @property
    def log_determinants(self) -> FloatArray:
        diagonals = np.diagonal(self.whiteners, axis1=1, axis2=2)
        return self._per_component(-2 * np.log(diagonals).sum(axis=1))

    def dense(self) -> FloatArray:
        return self._per_component(self.matrices)

    def color(self, component: int, normals: FloatArray) -> FloatArray:
        return np.asarray(normals @ self.cholesky[self.slot(component)].T)

    def marginal(self, features: IntArray) -> Full:
        return Full(self.matrices[:, features[:, None], features], self.n_components, self.tied)

    def select(self, components: IntArray) -> Covariance:
        same = object.__new__(Full)  # of matrices that are factored already
        same.__dict__.update(self.__dict__, n_components=len(components))
        if not self.tied:
            for name in {"matrices", "whiteners", "cholesky"}.intersection(self.__dict__):
                object.__setattr__(same, name, frozen(getattr(self, name)[components]))
        return same

    def affine(self, matrix: FloatArray) -> Covariance:
        dense = matrix @ self.matrices @ matrix.T
        return Full((dense + dense.swapaxes(1, 2)) / 2, self.n_components, self.tied)
