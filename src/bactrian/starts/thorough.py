"""Where one candidate deserves a long look: several of the best starts climbed, each improved by moves.

All of it happens on a sample of the rows. Where every start leads to the same height there is nothing to look for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bactrian import em
from bactrian.kernels import Kernel
from bactrian.sources import Source
from bactrian.starts.moves import improve
from bactrian.starts.search import ranked

FIRST, KEEP = 12, 2  # iterations of the first round, and one in so many that goes on
TRAJECTORIES = 3, 8  # starts that are climbed and improved: at least, and at most
CHEAP = 1_000_000  # N D K of all of these together, within those bounds
TOL = 1e-5  # nats per row that may remain on the sample
LONGEST = 500  # iterations on the sample
ALIKE = 1e-6  # nats per row within which climbs have ended on the same height
CLOSE = 1e-3  # nats per row within which short climbs are on the way to the same height


def thorough(
    source: Source,
    kernel: Kernel,
    climbs: list[em.Climb],
    more: Callable[[], list[em.Climb]],
    rng: np.random.Generator,
    memory: em.Memory | None = None,
) -> list[em.Climb]:
    """The starts, best first, the best of them improved; ``more`` is asked for others where these do not agree."""
    climbs = ranked(source, kernel, climbs, first=FIRST, keep=KEEP, forget=False, memory=memory)
    if not _agree(climbs, source.total):
        further = [c for c in more() if not c.held]
        climbs = em.run(source, kernel, further, tol=TOL, max_iter=FIRST, memory=memory) + climbs
        climbs = sorted(climbs, key=lambda c: c.rank, reverse=True)
        size = source.n_rows * source.n_features * len(climbs[0].mixture.weights)
        n = int(np.clip(CHEAP // size, *TRAJECTORIES))
        climbs = _improved(source, kernel, climbs[:n], rng, memory) + climbs[n:]
    # their history was on the sample
    return [em.Climb(c.objective, c.mixture, c.held) for c in climbs]


def _improved(
    source: Source,
    kernel: Kernel,
    climbs: list[em.Climb],
    rng: np.random.Generator,
    memory: em.Memory | None,
) -> list[em.Climb]:
    found: list[em.Climb] = []
    under_way = [replace(climb, status=None) for climb in climbs]
    how: Any = {"tol": TOL, "max_iter": LONGEST, "acceleration": "squarem", "memory": memory}
    for end in em.run(source, kernel, under_way, **how):
        if not any(abs(end.value - other.value) <= ALIKE * source.total for other in found):
            end = improve(source, kernel, end, rng, tol=TOL, memory=memory)
        found.append(end)
    return sorted(found, key=lambda c: c.rank, reverse=True)


def _agree(climbs: list[em.Climb], total: float) -> bool:
    """Whether all starts (of two components, half of them) lead, without a collapse, to about the same height."""
    high = [c for c in climbs if not c.held and climbs[0].value - c.value <= CLOSE * total]
    two = len(climbs[0].mixture.weights) <= 2
    return 2 * len(high) >= len(climbs) if two else len(high) == len(climbs)
