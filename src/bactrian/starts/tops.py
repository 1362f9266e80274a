"""Tops: where several climbs come to the same one, what is done there is done once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bactrian import em

SAME = 0.02, 0.25  # the largest difference of weights, in order of size, on one top: absolute, and of their average


@dataclass(frozen=True, eq=False)
class Tops:
    """Climbs that have ended, and what became of them; ``nats`` by which heights on one top may differ."""

    nats: float
    known: list[tuple[em.Climb, em.Climb]] = field(default_factory=list)

    def after(self, climb: em.Climb, improved: Callable[[], em.Climb]) -> em.Climb:
        """What ``improved`` makes of it, or made of one on the same top before."""
        for before, better in self.known:
            if on_one_top(before, climb, self.nats):
                return better
        self.known.append((climb, improved()))
        return self.known[-1][1]


def on_one_top(a: em.Climb, b: em.Climb, nats: float) -> bool:
    """Whether two climbs, both at their ends, are as high as each other with components of the same sizes."""
    if a.status is not b.status or bool(a.held) is not bool(b.held) or not abs(a.value - b.value) <= nats:
        return False
    absolute, relative = SAME
    differ = np.abs(np.sort(a.mixture.weights) - np.sort(b.mixture.weights)).max()
    return bool(differ <= min(absolute, relative / len(a.mixture.weights)))


def apart(climbs: list[em.Climb], nats: float) -> list[em.Climb]:
    """Of climbs, best first, those that are not where a better one is."""
    found: list[em.Climb] = []
    for climb in climbs:
        if not any(on_one_top(other, climb, nats) for other in found):
            found.append(climb)
    return found
