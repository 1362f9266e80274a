"""Ctrl-C: candidates that climb together do not end together, and those that have ended stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bactrian import em

Observer: TypeAlias = Callable[[Sequence[em.Climb]], None]

WHY = "interrupted before it was fitted"


@dataclass(frozen=True, eq=False)
class Ended:
    """The best climb of each objective that has ended, as an observer sees them."""

    best: dict[int, em.Climb] = field(default_factory=dict)

    def of(self, starts: Sequence[em.Climb]) -> em.Climb | None:
        """What has ended of those that began here."""
        return self.best.get(id(starts[0].objective)) if starts else None

    def watching(self, observe: Observer | None, *, always: bool) -> Observer | None:
        """An observer that remembers for one that does not; where nobody observes only if ``always``, since a climb
        that is watched leaves the core after each pass."""
        if observe is None and not always:
            return None

        def see(climbs: Sequence[em.Climb]) -> None:
            for climb in climbs:
                before = self.best.get(id(climb.objective))
                if climb.status is not None and (before is None or climb.rank > before.rank):
                    self.best[id(climb.objective)] = climb
            if observe is not None:
                observe(climbs)

        return see
