"""A family: volume, shape and orientation of the components, each Equal, Variable or Identity.

Sigma_k = lambda_k D_k A_k D_k^T (Banfield & Raftery 1993; Celeux & Govaert 1995, Pattern Recognition 28:781).
Everything but the M-step follows from the three letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

from bactrian.covariance import Covariance
from bactrian.families.decomposition import Decomposition, decompose
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.statistics import Scatter
from bactrian.typing import IntArray

MStep: TypeAlias = Callable[[Scatters, Floor, Covariance | None], tuple[Covariance, IntArray]]


@dataclass(frozen=True)
class Family:
    """One of mclust's families, by its code.

    Parameters
    ----------
    code : str
        Volume, shape, orientation: ``"VVV"`` is unconstrained, ``"EEE"`` one ellipse for all, ``"VII"``
        spheres, ``"VVI"`` ellipses along the axes.
    scatter : Scatter
        The second moments the M-step needs.
    m_step : callable
        W_k and n_k, a floor, and the covariance before this step (None at the first; steps that iterate begin there)
        -> the covariance that maximises -1/2 sum_k (n_k log|Sigma_k| + tr(W_k Sigma_k^-1)) under the constraint, and
        which of its matrices the floor had to hold.
    native : bool
        Whether the compiled core knows this M-step by the three letters of the code.
    """

    code: str
    scatter: Scatter
    m_step: MStep
    native: bool = False

    @cached_property
    def kind(self) -> str:
        """How the covariances are stored: ``"spherical"``, ``"diagonal"`` or ``"full"``."""
        _, shape, orientation = tuple(self.code)
        return "spherical" if shape == "I" else "diagonal" if orientation == "I" else "full"

    @cached_property
    def tied(self) -> bool:
        """Whether all components share one covariance."""
        return "V" not in self.code

    def in_form(self, covariance: Covariance) -> bool:
        """Whether a covariance is held in the family's form, as it is after an M-step."""
        return (covariance.kind, covariance.tied) == (self.kind, self.tied)

    @cached_property
    def iterates(self) -> bool:
        """Whether the M-step may begin at the covariance before it; it is a formula where all letters but I are one."""
        return len(set(self.code) - {"I"}) > 1

    def decompose(self, covariance: Covariance) -> Decomposition:
        """Volumes, shapes and orientations of one of the family's covariances."""
        return decompose(covariance, self.code[2])

    def contains(self, other: Family) -> bool:
        """Whether every mixture of another family is one of this one: no letter allows less."""
        return _allows(self.code, other.code)

    def n_covariance_parameters(self, n_components: int, n_features: int) -> int:
        """Free parameters of the covariances alone."""
        k, d = n_components, n_features
        volume, shape, orientation = tuple(self.code)
        return (
            {"E": 1, "V": k}[volume]
            + {"I": 0, "E": d - 1, "V": k * (d - 1)}[shape]
            + {"I": 0, "E": d * (d - 1) // 2, "V": k * d * (d - 1) // 2}[orientation]
        )

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Free parameters of the whole mixture: covariances, means and weights."""
        k, d = n_components, n_features
        return self.n_covariance_parameters(k, d) + k * d + k - 1

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"Family({self.code!r})"


@cache
def _allows(code: str, other: str) -> bool:
    """Asked of each pair of candidates of a search, and so a thousand times."""
    return other != code and all("IEV".index(b) <= "IEV".index(a) for a, b in zip(code, other, strict=True))
