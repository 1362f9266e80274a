"""The generator that ``sample`` goes on with.

An integer seed must make a program repeatable and yet not repeat the same rows at each call, so the estimator
keeps a generator between calls. A clone starts anew; a copy or a pickle goes on from where the original was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from bactrian.randomness import generator

STREAM = 1  # beside the one that fit draws its starts from


def sampler(estimator: Any) -> np.random.Generator:
    """The estimator's own generator, made from ``random_state`` when it is first asked for."""
    seed = estimator.random_state
    if not isinstance(seed, (int, np.integer)):
        return generator(resolved(seed))  # generators carry their own state
    kept = getattr(estimator, "_sampler", None)
    if kept is None or kept[0] != seed:
        kept = estimator._sampler = (int(seed), np.random.default_rng((int(seed), STREAM)))
    return kept[1]


def restart(estimator: Any) -> None:
    """Forget the generator, as after a fit."""
    estimator._sampler = None


def resolved(random_state: Any) -> np.random.RandomState | np.random.Generator:
    """A generator as scikit-learn understands ``random_state``: None is NumPy's global one."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return check_random_state(random_state)  # type: ignore[no-any-return]
