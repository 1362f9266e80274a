"""Seeds and generators, as users pass them."""

from __future__ import annotations

import numpy as np

from bactrian.errors import ParameterError
from bactrian.typing import RandomState


def generator(rng: RandomState) -> np.random.Generator:
    """A NumPy Generator from a seed, a Generator, a legacy RandomState, or None (fresh entropy)."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, np.random.RandomState):
        return np.random.default_rng(rng.randint(0, 2**32, size=4, dtype=np.uint32))
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"a random state should be a non-negative integer, a Generator or None, but got {rng!r}"
        ) from error
