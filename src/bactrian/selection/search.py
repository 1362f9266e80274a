"""The search over families and numbers of components.

Where one candidate is asked for it gets a thorough look for the best start. Where many are, each gets a quick one,
nested families lend each other their mixtures, and the few that may win get the thorough one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.families import Family
from bactrian.kernels import Parameters
from bactrian.objective import Objective
from bactrian.selection.candidate import Candidate, rank
from bactrian.selection.task import Progress, Task
from bactrian.selection.verdict import candidate_of, failed, impossible
from bactrian.sources import Source
from bactrian.starts import Groups, beside_noise, climb_from_best, from_assignment, ranked, thorough
from bactrian.starts.beside_noise import MILD
from bactrian.typing import IntArray

Found: TypeAlias = tuple[Candidate, em.Climb | None]

QUICK = 4  # iterations after which a quick look keeps one start
FINALISTS = 3  # candidates that get a thorough look once all are there


def search(task: Task, n_components: Sequence[int], families: Sequence[Family], criterion: str) -> list[Found]:
    """Fit every family at every K, in that order, each with the climb that led there."""
    looks = [Look(task, k, rng) for k, rng in zip(n_components, task.rng.spawn(len(n_components)), strict=True)]
    n_candidates = len(looks) * len(families)
    found: list[Found] = []
    for look in looks:
        begin = len(found)
        for family in families:
            observe = _observer(task, len(found), n_candidates, look.k, family)
            found.append(look.candidate(family, n_candidates == 1, observe))
        found[begin:] = look.lent(found[begin:])
    if n_candidates > 1 and task.start is None:
        look_of = [look for look in looks for _ in families]
        order = sorted(range(n_candidates), key=lambda i: rank(found[i][0], criterion))
        for i in order[:FINALISTS]:
            found[i] = look_of[i].again(found[i])
    return found


class Look:
    """All candidates with one K: they share the labellings that EM begins from."""

    def __init__(self, task: Task, k: int, rng: np.random.Generator) -> None:
        self.task, self.k = task, k
        self._why_not = impossible(k, task)
        self._rng = rng
        if task.start is None and self._why_not is None:
            self._groups = Groups(task.clean or task.source, task.kernel, task.floor, k, task.n_init, rng)

    def candidate(
        self, family: Family, long: bool, observe: Callable[[Sequence[em.Climb]], None] | None = None
    ) -> Found:
        """The family's candidate, after a thorough look (``long``) or a quick one."""
        if self._why_not is not None:
            return failed(family, self.k, self.task, self._why_not), None
        try:
            return self._climbed(self._starts(self.task.objective(family, self.k), long), observe)
        except CovarianceError as error:
            return failed(family, self.k, self.task, f"component collapsed: {error}"), None

    def again(self, found: Found) -> Found:
        """The candidate after a thorough look, if that leads higher."""
        climb = found[1]
        if climb is None or self.k == 1:
            return found
        other = self.candidate(climb.family, True)
        return _higher(found, other)

    def lent(self, found: list[Found]) -> list[Found]:
        """The candidates, none lower than one of a family that is nested in its own."""
        if self.task.prior is not None or self.task.start is not None:
            return found
        for i, (candidate, climb) in enumerate(found):
            lenders = [other for _, other in found if other is not None and climb is not None]
            lenders = [o for o in lenders if climb and climb.family.contains(o.family) and o.rank > climb.rank]
            if climb is not None and lenders:
                best = max(lenders, key=lambda c: c.rank)
                found[i] = _higher((candidate, climb), self._climbed([em.Climb(climb.objective, best.mixture)], None))
        return found

    def _climbed(
        self, starts: list[em.Climb], observe: Callable[[Sequence[em.Climb]], None] | None
    ) -> tuple[Candidate, em.Climb]:
        task = self.task
        (climb,) = climb_from_best(
            task.source,
            task.kernel,
            [starts],
            tol=task.tol,
            max_iter=task.max_iter,
            acceleration=task.acceleration,
            observe=observe,
        )
        climb = climb if task.numbered else climb.in_canonical_order()
        return candidate_of(climb, task), climb

    def _starts(self, objective: Objective, long: bool) -> list[em.Climb]:
        """Where to climb from, best first."""
        task = self.task
        if isinstance(task.start, Parameters):
            start = em.Climb(objective, task.start)
            return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
        if task.start is not None:
            start = from_assignment(task.source, task.kernel, objective, task.start, self.k)
            return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
        sample, labels = self._groups.sample, self._groups.labels(long and task.search)
        starts = _first(task, sample, objective, labels, self.k)
        if long and task.search:
            return thorough(sample, task.kernel, starts, self._rng)
        if task.search:
            return ranked(sample, task.kernel, starts, first=QUICK, keep=len(starts))
        return ranked(sample, task.kernel, starts)


def _higher(found: Found, other: Found) -> Found:
    climb, after = found[1], other[1]
    return other if after is not None and (climb is None or after.rank > climb.rank) else found


def _first(task: Task, sample: Source, objective: Objective, labels: list[IntArray], k: int) -> list[em.Climb]:
    """A start from each labelling."""
    if task.noise is None:
        return [from_assignment(sample, task.kernel, objective, one, k) for one in labels]
    clean = replace(objective, noise=None)
    share = None if task.clean is None else 1 - task.clean.total / task.source.total
    starts = [from_assignment(sample, task.kernel, clean, one, k) for one in labels]
    return [s for start in starts for s in beside_noise(start, objective, share)]


def _lacks_noise(start: em.Climb) -> bool:
    """Whether noise is asked for but has no weight, which it would never gain."""
    noise = start.mixture.noise
    return start.objective.noise is not None and (noise is None or noise.weight == 0)


def _observer(
    task: Task, index: int, n_candidates: int, k: int, family: Family
) -> Callable[[Sequence[em.Climb]], None] | None:
    if task.observe is None:
        return None
    tell = task.observe

    def observe(climbs: Sequence[em.Climb]) -> None:
        tell(Progress(index, n_candidates, k, family.code, climbs[0].n_iter, climbs[0].log_likelihood))

    return observe
