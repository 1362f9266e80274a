"""Quasi-Newton steps for EM: limited-memory BFGS in the metric of the complete data.

A step of EM is the gradient in that metric: the log-likelihood's slope, divided by the information that there would be
if each row's component were known (Dempster, Laird & Rubin 1977; Xu & Jordan 1996, Neural Computation 8:129). What it
lacks is the information that is missing because they are not. BFGS learns that from how steps change from one mixture
to the next (Jamshidian & Jennrich 1997, JRSS B 59:569; Nocedal 1980, Math. Comp. 35:773). A mixture that it leads to
is looked at like any other; one that is lower is taken back, so the objective never falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from bactrian.acceleration import BARRED, PATIENCE, ROUNDING, SURE, Plain, Step, dot, norm, remaining, unseen
from bactrian.frame import Frame
from bactrian.kernels import Parameters
from bactrian.objective import Objective
from bactrian.statistics import Statistics
from bactrian.typing import FloatArray

Point: TypeAlias = tuple[FloatArray, FloatArray]  # where a step of EM begins and where it ends

PAIRS = 5  # steps that are remembered, in differences of one to the next
STALE = 20  # steps after which the metric is taken anew
CURVED = 1e-4  # least curvature of a pair, in units of that of the complete data
SHORTER, LONGER = 0.5, 2.0  # how far the next step may go, after one that was too long and after one that was not
LEARNT = 2  # pairs that tell how much is left
SAFE = 10.0  # times what is promised: the slowest way is the last to be learnt


class QuasiNewton(Plain):
    """After ``patience`` steps of EM.

    ``on_trial`` : the mixture being looked at is no step of EM, to be taken back if it is lower.
    """

    transient = Plain.transient | {"_frame"}

    def __init__(self, objective: Objective, patience: int = PATIENCE) -> None:
        super().__init__(objective)
        self._patience = patience
        self._barred = 0  # steps in a row that nothing could be learnt from
        self._left = np.inf  # nats that the last mixture promised
        self._length = 0.0  # of the way on trial
        self._begin(None)

    def _begin(self, base: Statistics | None) -> None:
        """To learn anew, in the metric of some statistics, which make the mixture that is looked at next."""
        self.on_trial = False
        self._base = base
        self._frame: Frame | None = None
        self._points: tuple[Point, ...] = ()
        self._at: FloatArray | None = None if base is None else np.zeros(self._metric().size)
        self._age, self._radius = 0, np.inf
        self._seen: Seen | None = None

    def step(self, statistics: Statistics, mixture: Parameters) -> Step:
        plain = self.objective.maximize(statistics, mixture)
        if self._patience > 0:
            self._patience -= 1
            return plain
        seen, self._seen = self._look(statistics), None
        if plain[1] or seen is None:
            self._restart(None if plain[1] else statistics)
            return plain
        self._barred = 0
        if self.on_trial:
            self._radius = max(self._radius, LONGER * self._length)
        self._age += 1
        if self._age == STALE:
            seen = self._in_a_new_metric(statistics)
            if seen is None:
                return plain
        return self._tried(seen, plain, statistics, mixture)

    def _restart(self, base: Statistics | None) -> None:
        try:
            self._begin(base)
            self._barred = self._barred + 1 if base is None else 0
        except np.linalg.LinAlgError:
            self._begin(None)
            self._barred += 1

    def _tried(self, seen: Seen, plain: Step, statistics: Statistics, mixture: Parameters) -> Step:
        """The mixture that the way leads to, with the plain step kept for the case that it is lower."""
        assert self._at is not None
        self.on_trial, here, way = False, seen.here, seen.way
        found = None
        if way is not None:
            length = norm(way)
            way = way * min(1.0, self._radius / max(length, 1e-300))
            with np.errstate(over="ignore", invalid="ignore"):
                there = self._metric().statistics(self._at + way)
            found = unseen(self.objective, there, mixture)
        if found is None or way is None:
            self._at = here
            return plain
        self.on_trial, self._length, self._fallback = True, norm(way), plain
        self._at, self._retreat = self._at + way, here
        return found

    def retreat(self, statistics: Statistics) -> Step:
        """Back to the plain step, but for what the mixture that was lower has taught."""
        assert self._at is not None
        self._seen = None
        here = self._metric().vector(statistics)
        if here is not None:
            self._remember((self._at, here))
        self.on_trial, self._at, self._radius = False, self._retreat, SHORTER * self._length
        return self._fallback

    def ends(self, history: Sequence[float], statistics: Statistics, tol: float) -> bool:
        """Whether less than ``tol`` nats can still be gained; a step without gain needs no second word."""
        done = super().ends(history, statistics, tol)
        settled = len(history) > 2 and self._patience == 0 and (not self.on_trial or self._left < tol)
        return done or (settled and history[-1] - history[-2] < SURE * tol)

    def remaining(self, history: Sequence[float], statistics: Statistics) -> float:
        """Half of the slope along the way to the top, if the log-likelihood is a parabola (Newton's decrement).

        The mixture before must have promised as little. Where a component is held at the floor there is no way, and the
        climb ends as EM does.
        """
        if self._patience > 0 or self._barred >= BARRED:
            return remaining(history)
        seen = self._look(statistics)
        if len(history) < 2:
            return np.inf
        if 0 <= history[-1] - history[-2] <= ROUNDING * abs(history[-1]) and not self.on_trial:
            return 0.0
        before, self._left = self._left, np.inf if seen is None else SAFE * seen.promise * statistics.total
        return max(before, self._left)

    def _look(self, statistics: Statistics) -> Seen | None:
        """What a pass has shown, once; None where there is no metric to see it in."""
        if self._seen is None and self._at is not None:
            here = self._metric().vector(statistics)
            if here is not None:
                self._remember((self._at, here))
                self._seen = self._ahead()
        return self._seen

    def _ahead(self) -> Seen:
        at, here = self._points[-1]
        pairs = curved(self._points)
        if not pairs:
            return Seen(here, None, np.inf)
        way = towards_top(here - at, pairs)
        slope = dot(way, here - at)
        return Seen(here, way if slope > 0 else None, 0.5 * slope if len(pairs) >= LEARNT and slope > 0 else np.inf)

    def _remember(self, point: Point) -> None:
        self._points = (*self._points[-PAIRS:], point)

    def _metric(self) -> Frame:
        if self._frame is None:
            assert self._base is not None
            self._frame = Frame(self._base, self.objective.noise is not None)
        return self._frame

    def _in_a_new_metric(self, statistics: Statistics) -> Seen | None:
        """The same points in the metric of the mixture that has been reached; None where some have none there."""
        old, points, radius = self._metric(), self._points, self._radius
        self._restart(statistics)
        if self._at is None:
            return None
        before, left, moved = norm(points[-1][1] - points[-1][0]), list(points), list[Point]()
        del points
        while left:  # of many numbers not all are kept twice
            ends = [old.statistics(end) for end in left.pop(0)]
            vectors = [None if end is None else self._metric().vector(end) for end in ends]
            if vectors[0] is None or vectors[1] is None:
                self._restart(statistics)
                return None
            moved.append((vectors[0], vectors[1]))
        now = norm(moved[-1][1] - moved[-1][0])
        self._points, self._at = tuple(moved), moved[-1][0]
        self._radius = radius * now / before if before > 0 else np.inf
        return self._ahead()


class Seen(NamedTuple):
    """What a pass has shown.

    ``here`` : where its step of EM ends; ``way`` : from its mixture to the top, as far as is known, or None;
    ``promise`` : what that gains, in nats per unit of weight.
    """

    here: FloatArray
    way: FloatArray | None
    promise: float


def curved(points: Sequence[Point]) -> list[Point]:
    """From each point to the next the way between them, and how much the steps of EM there differ."""
    pairs = [(b[0] - a[0], (a[1] - a[0]) - (b[1] - b[0])) for a, b in pairwise(points)]
    return [(way, less) for way, less in pairs if dot(way, less) > CURVED * dot(way, way)]


def towards_top(step: FloatArray, pairs: Sequence[Point]) -> FloatArray:
    """Nocedal's two loops: a step of EM, times the inverse of the part of the information that is there."""
    way, taken = step.copy(), []
    for along, less in reversed(pairs):
        taken.append(dot(along, way) / dot(along, less))
        way -= taken[-1] * less
    for (along, less), much in zip(pairs, reversed(taken), strict=True):
        way += (much - dot(less, way) / dot(along, less)) * along
    return way
