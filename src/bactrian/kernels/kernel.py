"""What a kernel is: five functions of a chunk of rows.

The reference kernel defines their results; every other kernel is tested against it. A kernel never knows
where rows come from, nor the name of a family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bactrian.covariance import Covariance
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Parameters:
    """The numbers of a mixture, checked: ``weights`` (K,), ``means`` (K, D), ``covariance``."""

    weights: FloatArray
    means: FloatArray
    covariance: Covariance


class Kernel(Protocol):
    """``rows`` is an (n, D) array of float32 or float64, of any strides, without NaN."""

    def accumulate(
        self, rows: FloatArray, sample_weight: FloatArray | None, parameters: Parameters, scatter: Scatter
    ) -> Statistics:
        """The statistics of the rows under the parameters, about the current means."""
        ...

    def accumulate_given(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        assignment: FloatArray | IntArray,
        shift: FloatArray,
        scatter: Scatter,
    ) -> Statistics:
        """The statistics under given responsibilities (n, K) or labels (n,), about ``shift`` (K, D)."""
        ...

    def log_densities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        """log p(x) of each row, (n,) float64, in nats."""
        ...

    def responsibilities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        """P(k | x), (n, K) float64; rows sum to 1."""
        ...

    def classify(self, rows: FloatArray, parameters: Parameters) -> IntArray:
        """The component of largest responsibility, (n,) intp; the first one where they tie."""
        ...
