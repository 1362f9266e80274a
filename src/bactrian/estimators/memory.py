"""What a warm start remembers, so that stopping and going on is the same as not having stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from bactrian.mixture import Mixture
from bactrian.sources import Source
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Memory:
    """The log-likelihoods of the climb that led to a mixture, and the first moments of its rows."""

    mixture: Mixture
    history: tuple[float, ...]
    total: float
    moments: tuple[FloatArray, FloatArray]

    @classmethod
    def of(cls, mixture: Mixture, source: Source, history: tuple[float, ...]) -> Self:
        moments = source.moments
        return cls(mixture, history, source.total, (moments.mean, moments.covariance))

    def history_for(self, mixture: Mixture, source: Source) -> tuple[float, ...]:
        """The history if mixture and rows are still the same, else none: gains on other rows say nothing."""
        mean, covariance = self.moments
        same = (
            self.mixture == mixture
            and self.total == source.total
            and np.array_equal(mean, source.moments.mean)
            and np.array_equal(covariance, source.moments.covariance)
        )
        return self.history if same else ()
