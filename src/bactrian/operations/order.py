"""An order of components that depends on what they are, not on how they were numbered."""

from __future__ import annotations

import numpy as np

from bactrian.kernels import Parameters
from bactrian.typing import IntArray


def canonical_order(parameters: Parameters) -> IntArray:
    """(K,) components by their means, first feature first; among equal means the heavier one first.

    Where both are equal the numbers of the covariances decide, so that only twins stay as they stood.
    """
    means, weights = parameters.means, parameters.weights
    keys = [*means.T, -weights]
    if len(np.unique(np.array(keys), axis=1).T) < len(weights) and not parameters.covariance.tied:
        keys += [*parameters.covariance.array.reshape(len(weights), -1).T]
    return np.lexsort(keys[::-1])
