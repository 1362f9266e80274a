"""The search over families and numbers of components.

Where one candidate is asked for it gets a thorough look for the best start. Where many are, each gets a quick one,
nested families lend each other their mixtures, and the few that may win get the thorough one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError, InterruptWarning
from bactrian.families import Family
from bactrian.kernels import Parameters
from bactrian.noise import ALL_NOISE, is_all
from bactrian.objective import Objective
from bactrian.selection.candidate import Candidate, rank
from bactrian.selection.held_out import cross_validated
from bactrian.selection.interrupted import WHY, Ended, Observer
from bactrian.selection.task import Progress, Task
from bactrian.selection.verdict import candidate_of, failed, impossible
from bactrian.sources import Source
from bactrian.starts import Groups, Hierarchy, beside_noise, best_starts, climb_from_best, from_assignment, ranked
from bactrian.starts.beside_noise import MILD
from bactrian.starts.search import SECOND_CHANCES, forgetful, level, rows_to_search
from bactrian.statistics import Scatter

Found: TypeAlias = tuple[Candidate, em.Climb | None]

QUICK = 4  # iterations after which a quick look decides between starts
HOPELESS = 1  # iterations after which the best stays of starts that have all collapsed in their first steps
LOT = 64 << 20  # bytes of starts that climb together
FINALISTS = 3  # candidates that get a thorough look once all are there


def search(task: Task, n_components: Sequence[int], families: Sequence[Family], criterion: str) -> list[Found]:
    """Fit every family at every K, in that order, each with the climb that led there."""
    looks = _looks(task, n_components, families)
    asked = [(look, family) for look in looks for family in families]
    found: list[Found] = []
    try:
        _candidates(task, asked, found, long=len(asked) == 1, told=criterion)
        _refine(task, looks, asked, found, "bic" if criterion == "cv" else criterion)
    except KeyboardInterrupt:
        if not any(candidate.usable for candidate, _ in found):
            raise
        found += [(failed(family, look.k, task, WHY), None) for look, family in asked[len(found) :]]
        done = sum(candidate.reason != WHY for candidate, _ in found)
        why = f"interrupted after {done} of {len(asked)} candidates; this is the best of those"
        warnings.warn(why, InterruptWarning, stacklevel=3)
    return cross_validated(task, found, task.rng) if criterion == "cv" else found


def _refine(
    task: Task, looks: list[Look], asked: list[tuple[Look, Family]], found: list[Found], criterion: str
) -> None:
    """Nested families lend each other their mixtures, and those that may win get a thorough look."""
    each = len(asked) // len(looks)

    def lend(n: int) -> None:
        part = slice(n * each, (n + 1) * each)
        found[part] = looks[n].lent(found[part])

    for n in range(len(looks)):
        lend(n)
    if len(asked) == 1 or task.start is not None:
        return
    order = sorted(range(len(asked)), key=lambda i: rank(found[i][0], criterion))[:FINALISTS]
    again = [i for i in order if found[i][1] is not None and asked[i][0].k > 1]
    others: list[Found] = []
    try:
        _candidates(task, [asked[i] for i in again], others, long=True)
    finally:  # an interrupt leaves what has been found by then
        for i, other in zip(again, others, strict=False):
            found[i] = _higher(found[i], other)
    for n in sorted({i // each for i in again}):
        lend(n)


def _looks(task: Task, n_components: Sequence[int], families: Sequence[Family]) -> list[Look]:
    """One for each K; where a read is dear their samples come from one."""
    scatter = families[0].scatter if len(families) == 1 else Scatter.FULL
    rngs, n = task.rng.spawn(len(n_components)), len(n_components) * len(families)
    whole = task.clean or task.source
    if not whole.read_together or task.start is not None:
        return [Look(task, k, scatter, rng, whole, n) for k, rng in zip(n_components, rngs, strict=True)]
    wanted = [(rows_to_search(whole, k, n), rng) for k, rng in zip(n_components, rngs, strict=True)]
    samples = whole.samples(wanted)
    return [Look(task, k, scatter, rng, sample) for k, rng, sample in zip(n_components, rngs, samples, strict=True)]


def _candidates(
    task: Task, asked: Sequence[tuple[Look, Family]], found: list[Found], *, long: bool, told: str | None = None
) -> None:
    """Append those that were asked for, after a thorough look (``long``) or a quick one.

    ``told`` : the criterion by which observers hear of the best so far; None is nothing.
    """

    def plans() -> Iterator[Plan]:
        for look, these in groupby(asked, key=itemgetter(0)):
            yield from look.plans([family for _, family in these], long)
            if long and told is not None:  # the only candidate: its sample is not asked for again
                look.forget()

    for lot in _lots(plans(), task.source):
        observe = None if told is None else _observer(task, found, len(asked), len(lot), told)
        ended = Ended()
        try:
            watching = ended.watching(observe, always=task.source.read_together)
            found += _climb(task, lot, watching, moves=long and task.search)
        except KeyboardInterrupt:
            found += [_as_far(task, plan, ended.of(plan.starts)) for plan in lot]
            raise


def _as_far(task: Task, plan: Plan, ended: em.Climb | None) -> Found:
    """What is left of a candidate after an interrupt."""
    if ended is None:
        return failed(plan.family, plan.k, task, plan.reason or WHY), None
    return _told(task, ended)


@dataclass(frozen=True, eq=False)
class Plan:
    """A candidate, and where to climb from, best first; without starts the reason why it cannot be fitted."""

    k: int
    family: Family
    starts: list[em.Climb]
    reason: str = ""

    @property
    def n_bytes(self) -> int:
        """Of its starts, each with covariances, their inverse factors and statistics."""
        if not self.starts:
            return 0
        k, d = self.starts[0].mixture.shape  # of each of them
        return len(self.starts) * 3 * 8 * k * d * d


def _lots(plans: Iterable[Plan], source: Source) -> Iterator[list[Plan]]:
    """Those that climb together: where reads are shared all that memory allows, on few rows those of one K."""
    lot: list[Plan] = []
    n_bytes = 0
    for plan in plans:
        beside = source.read_together or (source.climbs_together and lot and lot[0].k == plan.k)
        if lot and (not beside or n_bytes + plan.n_bytes > LOT):
            yield lot
            lot, n_bytes = [], 0
        lot.append(plan)
        n_bytes += plan.n_bytes
    if lot:
        yield lot


def _climb(task: Task, lot: Sequence[Plan], observe: Observer | None, *, moves: bool) -> list[Found]:
    try:
        starts = [plan.starts for plan in lot if plan.starts]
        ends = iter(_ends(task, starts, observe, levels=task.levels, moves=moves))
    except CovarianceError as error:
        if len(lot) > 1:  # one of them; the others shall not suffer
            return [found for plan in lot for found in _climb(task, [plan], observe, moves=moves)]
        return [(failed(lot[0].family, lot[0].k, task, f"component collapsed: {error}"), None)]
    return [next(ends) if p.starts else (failed(p.family, p.k, task, p.reason), None) for p in lot]


def _ends(
    task: Task,
    starts: list[list[em.Climb]],
    observe: Observer | None,
    **on_levels: Any,
) -> list[Found]:
    ends = climb_from_best(
        task.source,
        task.kernel,
        [these[: 1 + SECOND_CHANCES] for these in starts],
        tol=task.tol,
        max_iter=task.max_iter,
        acceleration=task.acceleration,
        observe=observe,
        memory=task.memory,
        **on_levels,
    )
    return [_told(task, climb) for climb in ends]


def _told(task: Task, climb: em.Climb) -> Found:
    if is_all(climb.mixture, task.source.total):
        return failed(climb.family, climb.mixture.shape[0], task, ALL_NOISE), None
    if climb.held and not task.numbered:  # the reason names components; of the others only the one chosen is ordered
        climb = climb.in_canonical_order()
    return candidate_of(climb, task), climb


class Look:
    """All candidates with one K: they share the labellings that EM begins from."""

    def __init__(
        self, task: Task, k: int, scatter: Scatter, rng: np.random.Generator, source: Source, n_candidates: int = 1
    ) -> None:
        self.task, self.k = task, k
        self._why_not = impossible(k, task)
        self._rng = rng
        if task.start is None and self._why_not is None:
            self._groups = Groups(source, task.kernel, task.floor, k, task.n_init, scatter, rng, n_candidates)

    def plans(self, families: Sequence[Family], long: bool) -> Iterator[Plan]:
        """Where each candidate climbs from, after a thorough look (``long``) or a quick one for all of them."""
        if self._why_not is not None:
            return (Plan(self.k, family, [], self._why_not) for family in families)
        if long or self.task.start is not None or not self.task.search:
            return (self._plan(family, lambda o: self._starts(o, long)) for family in families)
        return iter(self._quick([self._plan(family, self._found) for family in families]))

    def forget(self) -> None:
        """Let go of the sample, which may be large."""
        self.__dict__.pop("_groups", None)

    def _plan(self, family: Family, find: Callable[[Objective], list[em.Climb]]) -> Plan:
        try:
            starts = find(self.task.objective(family, self.k))
        except CovarianceError as error:
            return Plan(self.k, family, [], f"component collapsed: {error}")
        return Plan(self.k, family, starts)

    def _quick(self, plans: list[Plan]) -> list[Plan]:
        """The same with their starts after a few iterations, all side by side; best first."""
        try:
            best = [[c for c in plan.starts if not c.held] or plan.starts for plan in plans]
            hopeless = [i for i, starts in enumerate(best) if starts and starts[0].held]
            for i, starts in zip(hopeless, self._further([best[i] for i in hopeless], HOPELESS), strict=True):
                best[i] = starts
            best = self._further(best, QUICK)
        except CovarianceError as error:
            if len(plans) > 1:  # one of them; the others shall not suffer
                return [found for plan in plans for found in self._quick([plan])]
            return [replace(plans[0], starts=[], reason=f"component collapsed: {error}")]
        return [self._after(plan, b) for plan, b in zip(plans, best, strict=True)]

    def _after(self, plan: Plan, best: list[em.Climb]) -> Plan:
        starts = [forgetful(climb) for climb in best[: 1 + SECOND_CHANCES]]
        return replace(plan, starts=self._marked(starts, self.task.objective(plan.family, self.k)) if starts else [])

    def _further(self, starts: list[list[em.Climb]], n: int) -> list[list[em.Climb]]:
        """Each candidate's after ``n`` iterations, best first, without those that have collapsed."""
        task, sample = self.task, self._groups.sample
        climbs = [start for these in starts for start in these]
        if not climbs:
            return starts
        ends = iter(em.run(sample, task.kernel, climbs, tol=level(sample), max_iter=n, memory=task.memory))
        best = (sorted((next(ends) for _ in these), key=lambda c: c.rank, reverse=True) for these in starts)
        return [[c for c in b if not c.held] or b[:1] for b in best]

    def lent(self, found: list[Found]) -> list[Found]:
        """The candidates, none lower than one of a nested family, unless the climb from there collapses."""
        if self.task.prior is not None or self.task.start is not None:
            return found
        for i, (candidate, climb) in enumerate(found):
            if climb is None:
                continue
            lenders = [o for _, o in found if o is not None and o.rank > climb.rank and _may_lend(o, climb)]
            if lenders:
                best = max(lenders, key=lambda c: c.rank)
                (end,) = _ends(self.task, [[em.Climb(climb.objective, best.mixture, best.held)]], None)
                found[i] = _higher((candidate, climb), end)
        return found

    def _starts(self, objective: Objective, long: bool) -> list[em.Climb]:
        """Where to climb from, best first."""
        task = self.task
        if isinstance(task.start, Parameters):
            start = em.Climb(objective, task.start)
            return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
        if isinstance(task.start, Hierarchy):
            tree = task.start
            starts = self._beside([tree.start(replace(objective, noise=None), self.k)], objective)
            return ranked(tree.sample, task.kernel, starts, memory=task.memory)
        if task.start is not None:
            start = from_assignment(task.source, task.kernel, objective, task.start, self.k)
            return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
        sample, goal = self._groups.sample, self._sought(objective)
        if not (long and task.search):
            return self._marked(ranked(sample, task.kernel, self._found(objective), memory=task.memory), objective)
        sampled = sample.n_rows < (task.clean or task.source).n_rows
        again = task.levels is not None and task.levels.above(self.k)
        found = best_starts(self._groups, task.kernel, goal, self._rng, task.memory, sampled=sampled, again=again)
        return self._marked(found, objective)

    def _found(self, objective: Objective) -> list[em.Climb]:
        """What a look begins from."""
        return self._beside(self._groups.starts(replace(objective, noise=None)), self._sought(objective))

    def _sought(self, objective: Objective) -> Objective:
        """What is looked for: where noise is marked the rows have none, and its weight would come to nothing there."""
        return objective if self.task.clean is None else replace(objective, noise=None)

    def _marked(self, starts: list[em.Climb], objective: Objective) -> list[em.Climb]:
        """The starts, beside the noise that is marked."""
        return starts if self.task.clean is None else self._beside(starts, objective)

    def _beside(self, starts: list[em.Climb], objective: Objective) -> list[em.Climb]:
        """Starts without noise, put beside it where the objective has some."""
        if objective.noise is None:
            return starts
        task = self.task
        share = None if task.clean is None else 1 - task.clean.total / task.source.total
        return [s for start in starts for s in beside_noise(start, objective, share)]


def _may_lend(other: em.Climb, climb: em.Climb) -> bool:
    """Whether the other's mixture is one of the climb's family, and stands above the floor there."""
    if not climb.family.contains(other.family):
        return False
    same = climb.family.kind == other.family.kind == "spherical"
    return same or climb.objective.floor.admits(other.mixture.covariance)


def _higher(found: Found, other: Found) -> Found:
    climb, after = found[1], other[1]
    return other if after is not None and (climb is None or after.rank > climb.rank) else found


def _lacks_noise(start: em.Climb) -> bool:
    """Whether noise is asked for but has no weight, which it would never gain."""
    noise = start.mixture.noise
    return start.objective.noise is not None and (noise is None or noise.weight == 0)


def _observer(task: Task, found: list[Found], n_candidates: int, lot: int, criterion: str) -> Observer | None:
    if task.observe is None:
        return None
    tell, done = task.observe, len(found)
    criterion = "bic" if criterion == "cv" else criterion  # rows are left out once all are fitted
    ended_well = [candidate for candidate, _ in found if candidate.usable]
    best = min(ended_well, key=lambda c: rank(c, criterion), default=None)

    def observe(climbs: Sequence[em.Climb]) -> None:
        """Of several that climb together, the first that still does."""
        ended = sum(climb.status is not None for climb in climbs)
        now = next((climb for climb in climbs if climb.status is None), climbs[-1])
        at = done + min(ended, lot - 1)
        k, family = now.mixture.shape[0], now.family.code
        tell(Progress(at, n_candidates, k, family, now.n_iter, now.log_likelihood, best, criterion))

    return observe
