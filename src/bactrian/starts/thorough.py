"""Where one candidate deserves a long look: several of the best starts climbed, each improved by moves.

All of it happens on a sample of the rows. Where every start leads to the same height there is nothing to look for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from bactrian import em
from bactrian.kernels import Kernel
from bactrian.sources import Source
from bactrian.starts.moves import Mover, mover
from bactrian.starts.search import BESIDE_NOISE, DEAR, SECOND_CHANCES, TOL, chance, follow, forgetful
from bactrian.starts.support import merit
from bactrian.starts.tops import Tops, apart

FIRST = 12  # iterations of a short climb
RUNGS = 0.25, 0.5  # parts of them after which the lower half is left behind, where they are dear
REPAIRED = 4, 8  # short climbs that are improved first, by what is known to gain; if these agree the search ends
FEW = 300_000  # N D K of these together, within those bounds
MUCH = 4_000_000  # and of the least number
TRAJECTORIES = 3, 8  # starts that are climbed and improved by trials: at least, and at most
CHEAP = 60_000  # N D K of all of these together, within those bounds
HOPELESS = 4  # times as many where all have collapsed
AGREE = 3  # of these on one height end the search
NEAR = 30_000  # N D K of a source on which all climbs to their tops take less time than a look for moves
LONGEST = 500  # iterations on the sample
ALIKE = 10  # times what may remain: climbs that have ended on the same height
CLOSE = 1e-3  # nats per row within which short climbs are on the way to the same height
SAME = 0.1  # part of that within which they are there


def thorough(
    source: Source,
    kernel: Kernel,
    climbs: list[em.Climb],
    more: Callable[[], list[em.Climb]],
    rng: np.random.Generator,
    memory: em.Memory | None = None,
    *,
    sampled: bool = False,
    again: bool = False,
) -> list[em.Climb]:
    """The starts, best first, the best of them improved.

    Parameters
    ----------
    more : callable
        Is asked for other starts where these do not agree.
    sampled : bool
        Whether the source is a sample: heights on it are not worth following as closely.
    again : bool
        Whether moves will be tried on more rows, which can judge them better: one climb is repaired here, and one start
        alone says that there is nothing to try.
    """
    tol = chance(climbs[0], source.total) if sampled else TOL
    look = Look(source, kernel, mover(source, kernel, climbs[0].objective, rng, tol=tol, memory=memory), tol, memory)
    climbs = look.short(climbs)
    agree = _agree(climbs, CLOSE * source.total)
    sure = agree and not look.dear(climbs[0])  # two that agree say less than eight
    if again:
        del climbs[1 if agree else 1 + SECOND_CHANCES :]  # first: moves take memory too
        climbs = climbs if sure else look.repaired(climbs[:1]) + climbs[1:]
    elif not sure:
        size, two = look.size(climbs[0]), climbs[0].mixture.shape[0] == 2
        if two:  # no move leads from one top to another: as many starts as can be
            climbs, more = look.sorted(climbs + look.further(more)), list
        n = int(np.clip(FEW // size, np.clip(MUCH // size, 1, REPAIRED[0]), REPAIRED[1]))
        first = look.repaired(climbs[:n])
        if _agree(first, ALIKE * tol * source.total):
            climbs = first + climbs[n:]
            how = {"pairs": two} if size <= NEAR else {"tries": 0, "pairs": True}
        else:
            others = _one_by_one(climbs[n:], lambda: look.further(more))
            least, most = TRAJECTORIES
            climbs = look.searched(chain(first, others), int(np.clip(CHEAP // size, 1 if sampled else least, most)))
            how = {"pairs": True}
        if not sampled and not look.dear(climbs[0]):
            climbs = [look.polished(climbs[0], **how), *climbs[1:]]
    return [forgetful(climb) for climb in climbs]


@dataclass(frozen=True, eq=False)
class Look:
    """How far climbs are followed, and what is done to them."""

    source: Source
    kernel: Kernel
    mover: Mover | None
    tol: float
    memory: em.Memory | None

    def short(self, climbs: list[em.Climb]) -> list[em.Climb]:
        """After a few iterations, best first, in the same list: of many features the starts take much memory.

        Where they are dear the lower half is left behind on the way, but for those that are close to the best, and one
        of several that are on the way to one top goes on for all of them.
        """
        first = BESIDE_NOISE if any(climb.objective.noise is not None for climb in climbs) else FIRST
        rungs = RUNGS if climbs and self.dear(climbs[0]) else ()
        going, done = len(climbs), 0
        for n in (*(int(part * first) for part in rungs), first):
            follow(self.source, self.kernel, climbs, going, n - done, self.memory)
            climbs.sort(key=lambda c: c.rank, reverse=True)
            if rungs and climbs[0].mixture.shape[0] > 2:
                climbs[:going] = different = apart(climbs[:going], max(CLOSE * self.source.total, latest(climbs[0])))
                going = len(different)
                if len(climbs) == 1:
                    break
            close = sum(climbs[0].value - c.value <= CLOSE * self.source.total for c in climbs[:going])
            going, done = max(going // 2, close), n
        return climbs

    def further(self, more: Callable[[], list[em.Climb]]) -> list[em.Climb]:
        """Other starts after a few iterations."""
        return self.short([climb for climb in more() if not climb.held])

    def size(self, climb: em.Climb) -> int:
        """N D K."""
        return self.source.n_rows * self.source.n_features * climb.mixture.shape[0]

    def dear(self, climb: em.Climb) -> bool:
        """Whether starts were few and good rather than many."""
        return self.size(climb) > DEAR

    def repaired(self, climbs: list[em.Climb]) -> list[em.Climb]:
        """At the top, with the moves that are known to gain, on the way and there; best first."""
        moved = self._on_the_way(climbs)
        if len(climbs) == 1 and self.dear(climbs[0]):
            return moved  # the way to the top is for all rows
        tops, ends = self._tops(), self._ended(moved)
        return self.sorted([tops.after(end, partial(self._improved, end, tries=0)) for end in ends])

    def polished(self, climb: em.Climb, **how: Any) -> em.Climb:
        """Improved by trials, and by pairs that are fitted anew."""
        return self._improved(climb, **how)

    def _on_the_way(self, climbs: list[em.Climb]) -> list[em.Climb]:
        """With the moves that are known to gain; where climbing is cheap, but for those that lead to the best top."""
        moved = [partial(self._improved, climb, tries=0, strides=False) for climb in climbs]
        if self.size(climbs[0]) > NEAR:
            return [move() for move in moved]
        ends, tops = self._ended(climbs), self._tops()
        best = self.sorted(ends)[0]
        tops.after(best, lambda: best)
        return [tops.after(end, move) for end, move in zip(ends, moved, strict=True)]

    def searched(self, climbs: Iterable[em.Climb], n: int) -> list[em.Climb]:
        """Up to ``n`` at the top and improved by trials, best first, until some agree on the greatest height."""
        found: list[em.Climb] = []
        tops = self._tops()
        for climb in climbs:
            (end,) = self._ended([climb])
            found = self.sorted([*found, tops.after(end, partial(self._improved, end))])
            nats = ALIKE * self.tol * self.source.total
            high = [c for c in found if not c.held and abs(c.value - found[0].value) <= nats]
            if len(high) == AGREE or len(found) >= (HOPELESS * n if found[0].held else n):
                break
        return found

    def _ended(self, climbs: list[em.Climb]) -> list[em.Climb]:
        """The same climbs at their tops, side by side; what has collapsed by now has none worth the way."""
        there = [climb for climb in climbs if climb.status is em.Status.CONVERGED or climb.held]
        left = [replace(climb, status=None) for climb in climbs if climb not in there]
        how: Any = {"tol": self.tol, "max_iter": LONGEST, "acceleration": "quasi-newton", "memory": self.memory}
        return there + em.run(self.source, self.kernel, left, **how)

    def _tops(self) -> Tops:
        return Tops(ALIKE * self.tol * self.source.total)

    def _improved(self, climb: em.Climb, **how: Any) -> em.Climb:
        return climb if self.mover is None else self.mover.improve(climb, **how)

    def sorted(self, climbs: list[em.Climb]) -> list[em.Climb]:
        return sorted(climbs, key=lambda c: merit(c, self.source), reverse=True)


def latest(climb: em.Climb) -> float:
    """Nats gained by its last step."""
    return climb.history[-1] - climb.history[-2] if climb.n_iter else 0.0


def _one_by_one(climbs: list[em.Climb], more: Callable[[], list[em.Climb]]) -> Iterator[em.Climb]:
    yield from climbs
    yield from more()


def _agree(climbs: list[em.Climb], nats: float) -> bool:
    """Whether all lead, without a collapse, to about the same height; of two components half of them to the same."""
    two = climbs[0].mixture.shape[0] <= 2
    high = [c for c in climbs if not c.held and climbs[0].value - c.value <= (SAME * nats if two else nats)]
    return 2 * len(high) >= len(climbs) if two else len(high) == len(climbs)
