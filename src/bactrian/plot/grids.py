"""Where a density is evaluated: close together where a component is narrow, so that no peak is missed."""

from __future__ import annotations

import numpy as np

from bactrian.typing import FloatArray

EVEN = 151
REACH = np.linspace(-5, 5, 51)


def grid(means: FloatArray, sds: FloatArray, low: float, high: float, most: int) -> FloatArray:
    """At most ``most`` rising positions in [low, high]: even steps, and steps of sd/5 about the means.

    Parameters
    ----------
    means, sds : (K,) arrays
        Of one feature.
    """
    even = np.linspace(low, high, EVEN)
    about = (means[:, None] + sds[:, None] * REACH).ravel()
    places = np.unique(np.concatenate([even, about[(about > low) & (about < high)]]))
    if len(places) <= most:
        return places
    # leaving out at equal ranks keeps the places dense where they were dense
    return places[np.linspace(0, len(places) - 1, most).round().astype(np.intp)]
