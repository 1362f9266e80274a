"""The M-steps of diagonal covariances whose volume or shape is equal (Celeux & Govaert 1995, section 3.2)."""

from __future__ import annotations

from functools import partial

import numpy as np

from bactrian.covariance import Covariance, Diagonal
from bactrian.families.axes import volumes_of
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.families.values import Values, equal_variable, variable_equal
from bactrian.typing import IntArray

Result = tuple[Covariance, IntArray]


def vei(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda_k A: volumes and shape in turn."""
    return _diagonal(scatters, floor.unbounded, before, variable_equal)


def evi(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> Result:
    """lambda A_k: A_k = diag(W_k) / gm(diag(W_k)), lambda = sum_k gm(diag(W_k)) / N."""
    return _diagonal(scatters, floor, before, partial(equal_variable, span=floor.span))


def _diagonal(scatters: Scatters, floor: Floor, before: Covariance | None, values: Values) -> Result:
    filled = scatters.filled
    least = np.broadcast_to(floor.minimum, filled.within.shape)
    variances = values(np.maximum(filled.within, 0.0), filled.counts, least, volumes_of(before))
    held = floor.holds(variances, least)[:, floor.varying].any(axis=1)
    return Diagonal(variances, len(variances)), np.flatnonzero(held)
