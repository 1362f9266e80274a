"""Split and merge: from one optimum to a better one.

EM cannot carry a component across a gap: where two components share one group and another component covers two, it
stays. A move merges the pair that loses least and splits the component that gains most (Ueda, Nakano, Ghahramani &
Hinton 2000, Neural Computation 12:2109); gains are measured by a local fit of two components, losses by the bound
of Runnalls 2007 (IEEE TAES 43:989). Moves that do not end higher are undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian import em
from bactrian.kernels import Kernel
from bactrian.sources import ArraySource
from bactrian.typing import FloatArray

SPLITS = 2  # labellings tried for the split of one component
LOCAL = 10  # iterations of the local fit of two components
TRIAL = 40  # iterations after which a move must promise to end higher
PATIENCE = 4  # moves that fail before the search ends
WORTH = 1e-6  # nats per row that a move must gain


@dataclass(frozen=True, eq=False)
class Split:
    """A component's two halves: their shares of its weight, means and covariances, and what they gain in nats."""

    gain: float
    weights: FloatArray
    means: FloatArray
    dense: FloatArray


def improve(source: ArraySource, kernel: Kernel, climb: em.Climb, rng: np.random.Generator, *, tol: float) -> em.Climb:
    """The climb, or a higher one that moves lead to; each ends where less than ``tol`` per row remains."""
    while True:
        for trial in _moves(source, kernel, climb, rng):
            (found,) = em.run(source, kernel, [trial], tol=tol, max_iter=TRIAL)
            if found.held or found.value + _promise(found) < climb.value + WORTH * source.total:
                continue
            (found,) = em.run(source, kernel, [found], tol=tol, max_iter=10 * TRIAL)
            if found.rank > climb.rank and found.value > climb.value + WORTH * source.total:
                climb = found
                break
        else:
            return climb
