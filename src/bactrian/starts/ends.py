"""From starts to the ends of their climbs on all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bactrian import em
from bactrian.kernels import Kernel
from bactrian.sources import Source
from bactrian.starts.levels import SEED, Levels
from bactrian.starts.moves import mover
from bactrian.starts.search import SECOND_CHANCES, forgetful, sample_size
from bactrian.starts.support import counted, enough

SMALL = 0.1  # of what components have on average: what is left of one that was found on a sample


def climb_from_best(
    source: Source,
    kernel: Kernel,
    starts: list[list[em.Climb]],
    *,
    tol: float,
    max_iter: int,
    acceleration: str | None = None,
    observe: Callable[[Sequence[em.Climb]], None] | None = None,
    memory: em.Memory | None = None,
    levels: Levels | None = None,
    moves: bool = False,
) -> list[em.Climb]:
    """One end for each list of starts: that of its first start, or if it collapses, of the best of the next few.

    ``levels`` : samples on which starts that were found on a smaller one climb first; ``moves``: and make moves
    there, but where a start is alone, because all lead to the same height, only what is known to gain; and at the end
    once more, where a component that was found on a sample is left with few rows of all.
    """
    how: Any = {"tol": tol, "max_iter": max_iter, "acceleration": acceleration, "observe": observe, "memory": memory}

    def climbed(which: Sequence[int], n: int) -> list[em.Climb]:
        these = [starts[i][n] for i in which]
        if levels is None:
            return em.run(source, kernel, these, **how)
        tries = [0 if len(starts[i]) == 1 else None for i in which]
        higher = [
            levels.climbed(kernel, start, tol=tol, moves=moves, tries=many, memory=memory)
            for start, many in zip(these, tries, strict=True)
        ]
        near = all(now is not before for now, before in zip(higher, these, strict=True))
        return em.run(source, kernel, higher, near=near, **how)

    ends = climbed(range(len(starts)), 0)
    for n in range(1, SECOND_CHANCES + 1):
        left = [i for i, these in enumerate(starts) if ends[i].held and len(these) > n]
        if not left:
            break
        others = climbed(left, n)
        for i, other in zip(left, others, strict=True):
            ends[i] = max(ends[i], other, key=lambda c: c.rank)
    return [_repaired(source, kernel, end, how) for end in ends] if moves else ends


def _repaired(source: Source, kernel: Kernel, end: em.Climb, how: dict[str, Any]) -> em.Climb:
    """The end, or the one that moves which are known to gain lead to from there."""
    k, d = end.mixture.shape
    n = counted(source)
    few = end.mixture.weights.min() * n < max(enough(d), SMALL * n / k)
    if not few or end.held or end.status is not em.Status.CONVERGED or source.n_rows <= sample_size(k, d):
        return end
    rng = np.random.default_rng(SEED)
    moves = mover(source, kernel, end.objective, rng, tol=how["tol"], memory=how["memory"])
    found = end if moves is None else moves.improve(end, tries=0)
    if found is end:
        return end
    (again,) = em.run(source, kernel, [forgetful(found)], **how)
    return max(end, replace(again, history=end.history + again.history), key=lambda c: c.rank)
