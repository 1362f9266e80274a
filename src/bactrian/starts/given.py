"""From labels or responsibilities to a first mixture: EM then begins with the M-step."""

from __future__ import annotations

import numpy as np

from bactrian.em import Climb
from bactrian.kernels import Kernel
from bactrian.objective import Objective
from bactrian.sources import Source
from bactrian.statistics import Scatter
from bactrian.typing import FloatArray, IntArray


def from_assignment(
    source: Source,
    kernel: Kernel,
    objective: Objective,
    assignment: FloatArray | IntArray,
    n_components: int,
) -> Climb:
    """The M-step under labels (N,) or responsibilities (N, K)."""
    statistics = source.fold_groups(kernel, assignment, n_components, objective.family.scatter)
    return Climb(objective, *objective.maximize(statistics))


def means_of(source: Source, kernel: Kernel, assignment: FloatArray | IntArray, n_components: int) -> FloatArray:
    """(K, D) means, taken first so that the scatter can be taken about them."""
    shift = np.repeat(source.moments.mean[None], n_components, axis=0)
    return source.fold_given(kernel, assignment, shift, Scatter.TRACE).means()
