"""A family: volume, shape and orientation of the components, each Equal, Variable or Identity.

Sigma_k = lambda_k D_k A_k D_k^T (Banfield & Raftery 1993; Celeux & Govaert 1995, Pattern Recognition 28:781).
Everything but the M-step follows from the three letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bactrian.covariance import Covariance
from bactrian.families.floor import Floor
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import IntArray

MStep: TypeAlias = Callable[[Statistics, Floor], tuple[Covariance, IntArray]]


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
        Statistics and a floor -> the covariance that maximises the likelihood under the constraint, and which of
        its matrices the floor had to hold.
    average : (kind, tied), optional
        The storage form in which the M-step is no more than a weighted average; kernels can then make it themselves.
    """

    code: str
    scatter: Scatter
    m_step: MStep
    average: tuple[str, bool] | None = None

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
