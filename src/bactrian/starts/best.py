"""A long look for the best starts, beside noise too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bactrian import em
from bactrian.kernels import Kernel
from bactrian.objective import Objective
from bactrian.starts.beside_noise import beside_noise
from bactrian.starts.groups import Groups
from bactrian.starts.search import BESIDE_NOISE, ranked
from bactrian.starts.thorough import thorough


def best_starts(
    groups: Groups,
    kernel: Kernel,
    objective: Objective,
    rng: np.random.Generator,
    memory: em.Memory | None = None,
    *,
    over: Callable[[em.Climb], em.Climb] = lambda start: start,
    sampled: bool = False,
    again: bool = False,
) -> list[em.Climb]:
    """The starts, best first. The model without noise is a case of that with it: both are looked for.

    Parameters
    ----------
    over : callable
        Puts what is known of the mixture over a start.
    sampled, again : bool
        As in ``thorough``.
    """
    clean = replace(objective, noise=None)

    def look(put: Callable[[list[em.Climb]], list[em.Climb]]) -> list[em.Climb]:
        starts, further = put(groups.starts(clean)), lambda: put(groups.further(clean))
        return thorough(groups.sample, kernel, starts, further, rng, memory, sampled=sampled, again=again)

    without = look(lambda starts: [over(start) for start in starts])
    if objective.noise is None:
        return without
    found = look(lambda starts: [s for start in starts for s in beside_noise(over(start), objective, None)])
    some = [found[0], *beside_noise(without[0], objective, None)]
    return ranked(groups.sample, kernel, some, BESIDE_NOISE, memory=memory)[:1] + found[1:]
