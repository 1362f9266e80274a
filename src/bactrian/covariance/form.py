"""What every storage form can do.

A form holds M matrices of D x D: M = K, or M = 1 when they are tied. Everything that needs a factorisation
(whitening, log-determinants, colouring) uses the one that was made when the form was built, so a form that
exists is positive definite.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from bactrian.typing import FloatArray, IntArray


class Covariance(ABC):
    """K covariance matrices of D features, in the form they have.

    Attributes
    ----------
    kind : str
        ``"full"``, ``"diagonal"`` or ``"spherical"``.
    tied : bool
        One matrix shared by all components.
    n_components, n_features : int
    whiteners : array
        L^-1 with L L^T = covariance, in the form's own shape: (M, D, D) lower, (M, D) or (M,).
    """

    kind: ClassVar[str]
    tied: bool
    n_components: int
    n_features: int
    whiteners: FloatArray

    @property
    def name(self) -> str:
        """The form's name at the public door: ``"tied"`` alone means tied and full."""
        if not self.tied:
            return self.kind
        return "tied" if self.kind == "full" else f"tied {self.kind}"

    @property
    @abstractmethod
    def array(self) -> FloatArray:
        """The numbers in the shape a user gives them: (K,D,D), (D,D), (K,D), (D,), (K,) or ()."""

    @property
    @abstractmethod
    def log_determinants(self) -> FloatArray:
        """(K,) array."""

    @abstractmethod
    def dense(self) -> FloatArray:
        """(K, D, D) array: every matrix written out."""

    @abstractmethod
    def color(self, component: int, normals: FloatArray) -> FloatArray:
        """Turn (n, D) standard normal rows into rows with this component's covariance."""

    @abstractmethod
    def marginal(self, features: IntArray) -> Covariance:
        """The same form over some features, in the order given."""

    @abstractmethod
    def select(self, components: IntArray) -> Covariance:
        """The same form for some components, in the order given."""

    @abstractmethod
    def affine(self, matrix: FloatArray) -> Covariance:
        """A Sigma A^T for a (P, D) matrix A, in the narrowest form that holds it."""

    def slot(self, component: int) -> int:
        """Where the component's matrix is stored."""
        return 0 if self.tied else component

    def slots(self, components: IntArray) -> IntArray:
        return np.zeros(1, dtype=np.intp) if self.tied else components

    def _per_component(self, values: FloatArray) -> FloatArray:
        """Repeat what is stored once per matrix so that it stands once per component."""
        return np.repeat(values, self.n_components, axis=0) if self.tied else values


def frozen(values: FloatArray) -> FloatArray:
    """The same array, which nobody else holds, made so that nobody can write into it."""
    values.flags.writeable = False
    return values


def read_only(values: FloatArray) -> FloatArray:
    """A copy that nobody can write into, not even through the caller's own array."""
    values = np.array(values, dtype=np.float64, order="C")
    values.flags.writeable = False
    return values
