"""The EM loop, the only one.

Several climbs (restarts, candidate models) go in lock-step: every iteration asks the source for one fold under
all mixtures that still climb, so rows that live on disk or on a cluster are read once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

import numpy as np

from bactrian.acceleration import Plain, Squarem
from bactrian.errors import CovarianceError
from bactrian.families import Family
from bactrian.incremental import Incremental, n_blocks
from bactrian.kernels import Ascent, Climber, Kernel, Leg, NativeKernel, Parameters
from bactrian.kernels.native import go_all
from bactrian.objective import Objective
from bactrian.quasi_newton import QuasiNewton
from bactrian.sources import Source
from bactrian.statistics import Statistics

PACES: dict[str | None, type[Plain]] = {
    None: Plain,
    "quasi-newton": QuasiNewton,
    "squarem": Squarem,
    "incremental": Incremental,
}
"""How a climb goes on from one read to the next, by its name at the public door."""

# passes that a source may make by itself before Ctrl-C is heard again
AHEAD = 200


def quickest(source: Source, *, near: bool) -> str:
    """The acceleration that reads the rows least often (ADR 12, 13).

    ``near`` : climbs will begin near their tops.
    """
    return "incremental" if source.read_together and not near else "quasi-newton"


class Status(Enum):
    """How a climb ended; the value is a sentence for the user."""

    CONVERGED = "converged: the log-likelihood that could still be gained is below tol"
    MAX_ITER = "stopped at max_iter before the tolerance was reached; raise max_iter or tol"


@dataclass(frozen=True, eq=False)
class Climb:
    """Where one run of EM stands, and how it came there.

    Attributes
    ----------
    objective : Objective
        What is climbed.
    mixture : Parameters
    held : tuple of int
        The components whose covariance the floor held in the last M-step: they have collapsed.
    history : tuple of float
        The objective (log-likelihood, or with a prior log-posterior) at the start and after each iteration, in nats.
    log_likelihood : float
        Of ``mixture``; minus infinity until a pass has shown it.
    map_log_responsibility : float
        Of ``mixture``; what ICL needs.
    status : Status or None
        None while it climbs.
    """

    objective: Objective
    mixture: Parameters
    held: tuple[int, ...] = ()
    history: tuple[float, ...] = ()
    log_likelihood: float = -np.inf
    map_log_responsibility: float = np.nan
    status: Status | None = None

    @property
    def family(self) -> Family:
        return self.objective.family

    @property
    def value(self) -> float:
        """The objective at ``mixture``; minus infinity until a pass has shown it."""
        return self.history[-1] if self.history else -np.inf

    @property
    def in_form(self) -> bool:
        """Whether the mixture's covariances are held in the family's form, as they are after an M-step."""
        return self.family.in_form(self.mixture.covariance)

    @property
    def n_iter(self) -> int:
        return max(0, len(self.history) - 1)

    @property
    def rank(self) -> tuple[bool, float]:
        """Sorts climbs of one family: any that did not collapse is better than any that did."""
        return (not self.held, self.value)

    def in_canonical_order(self) -> Climb:
        """The same climb with its components by their means, first feature first."""
        p = self.mixture
        rows = p.means.tolist()
        by_means = sorted(range(len(rows)), key=rows.__getitem__)
        if by_means == list(range(len(rows))):
            return self
        order = np.array(by_means)
        mixture = replace(p, weights=p.weights[order], means=p.means[order], covariance=p.covariance.select(order))
        held = tuple(np.flatnonzero(np.isin(order, self.held)).tolist()) if self.held else ()
        return replace(self, mixture=mixture, held=held)


class Page(Protocol):
    """A memory, open at climbs that go together."""

    def passed(self, climbs: Sequence[Climb], paces: Sequence[Plain], inside: Set[int]) -> None:
        """After each pass; of those ``inside`` the core only the ends are known."""

    def ended(self) -> None:
        """All climbs have ended."""


class Memory(Protocol):
    """Who remembers climbs, so that none need be made twice (``bactrian.checkpoints``)."""

    def begin(self, source: Source, climbs: list[Climb], paces: Sequence[Plain], how: Mapping[str, Any]) -> Page:
        """Put climbs and paces, in place, where they are known to have come under these rules."""


def run(
    source: Source,
    kernel: Kernel,
    climbs: Sequence[Climb],
    *,
    tol: float,
    max_iter: int,
    acceleration: str | None = None,
    near: bool = False,
    observe: Callable[[Sequence[Climb]], None] | None = None,
    memory: Memory | None = None,
) -> list[Climb]:
    """Climb until each run has converged or made ``max_iter`` more iterations.

    Parameters
    ----------
    tol : float
        Log-likelihood per unit of row weight that may still be gained, as estimated by Aitken's acceleration
        (Boehning et al. 1994, Ann. Inst. Stat. Math. 46:373). 0 runs exactly ``max_iter`` iterations.
    acceleration : {None, "quasi-newton", "squarem", "incremental"}
        "quasi-newton": BFGS between the steps of EM, outside the core; taken back and not counted like strides.
        "squarem": strides are tried between the steps of EM; one that ends lower is taken back and not counted.
        "incremental": sweeps make a step after each block of rows, and strides follow if these do not come to the end
        soon; for a sweep ``history`` holds the free energy, a lower bound of the objective that never falls.
    near : bool
        The climbs begin near their tops: strides are tried at once, and are wary of an early end.
    observe : callable, optional
        Called after each pass with all climbs; may raise KeyboardInterrupt.
    memory : Memory, optional
        Climbs go on from where it knows that they have come.
    """
    climbs = [_begun(c) for c in climbs]
    last = [len(c.history) + max_iter for c in climbs]
    most = AHEAD if observe is None else 1
    ahead = Ahead(source, kernel, tol, most, acceleration, near)
    paces: list[Plain] = []  # there once somebody asks: most climbs over few rows never leave the core
    if memory is not None:
        paces = [_pace(acceleration, c.objective, near) for c in climbs]
    how: dict[str, Any] = {"tol": tol, "max_iter": max_iter, "acceleration": acceleration}
    if near:
        how["near"] = True
    if acceleration == "incremental":
        how["n_blocks"] = n_blocks([(*c.mixture.means.shape, c.family.scatter) for c in climbs])
    page = None if memory is None else memory.begin(source, climbs, paces, how)
    while active := [i for i, c in enumerate(climbs) if c.status is None]:
        left = ahead.go(climbs, active, last)
        if not paces and left:
            paces = [_pace(acceleration, c.objective, near) for c in climbs]
        for i in set(active).difference(left) if paces else ():
            paces[i] = _pace(acceleration, climbs[i].objective, near)  # it has seen nothing of what the core did
        # one read for all, or one look for each: then only one needs to have its statistics
        for some in [left] if source.read_together else [[i] for i in left]:
            ends = [last[i] for i in some]
            seen = _read(source, kernel, [climbs[i] for i in some], [paces[i] for i in some], how, ends)
            for i, (climb, statistics) in zip(some, seen, strict=True):
                climbs[i] = _on(climb, statistics, paces[i], tol * source.total, last[i])
        if page is not None:
            page.passed(climbs, paces, ahead.tried)
        if observe is not None:
            observe(climbs)
    if page is not None:
        page.ended()
    return climbs


@dataclass(frozen=True, eq=False)
class Ahead:
    """Passes that are made close to the rows, up to ``most`` at a time, where the source can do that."""

    source: Source
    kernel: Kernel
    tol: float
    most: int
    acceleration: str | None
    near: bool = False
    climbers: dict[int, Climber] = field(default_factory=dict)
    tried: set[int] = field(default_factory=set)  # where the core has made passes

    def go(self, climbs: list[Climb], active: Sequence[int], last: Sequence[int]) -> list[int]:
        """Move on those that can; the numbers of the others, whose next pass is the loop's."""
        for i in active:
            if i not in self.climbers and (climber := self.climber(climbs[i], last[i])):
                self.climbers[i] = climber
                self.tried.add(i)
        going = [i for i in active if i in self.climbers]
        if going and isinstance(self.kernel, NativeKernel):
            ascents = go_all([self.climbers[i] for i in going], self.most, self.kernel.threads)
            for i, ascent in zip(going, ascents, strict=True):
                climbs[i] = _after(climbs[i], ascent)
                if ascent.ended == "handed_back":
                    del self.climbers[i]
        return [i for i in active if i not in self.climbers]

    def climber(self, climb: Climb, last: int) -> Climber | None:
        objective = climb.objective
        family, floor = objective.family, objective.lowest
        if not family.native or self.acceleration == "incremental" or self.near:
            return None
        if objective.prior is not None and not climb.in_form:
            return None
        leg = Leg(
            first=climb.mixture,
            letters=family.code,
            form=(family.kind, family.tied),
            minimum=floor.minimum,
            constant=floor.constant,
            span=floor.span,
            equal_weights=objective.equal_weights,
            noise=objective.noise,
            prior=objective.prior,
            history=climb.history,
            tol=self.tol * self.source.total,
            last=last,
            strides=self.acceleration is not None,
        )
        return self.source.climber(self.kernel, leg)


def _pace(acceleration: str | None, objective: Objective, near: bool) -> Plain:
    pace = PACES[acceleration]
    if near and pace is Squarem:
        return Squarem(objective, patience=0, wary=True)
    return QuasiNewton(objective, patience=0) if near and pace is QuasiNewton else pace(objective)


def _begun(climb: Climb) -> Climb:
    """The same, before its start is looked at again."""
    c = climb
    if not c.history and c.status is None:
        return c
    return Climb(c.objective, c.mixture, c.held, c.history[:-1], c.log_likelihood, c.map_log_responsibility)


def run_apart(
    kernel: Kernel, climbs: Sequence[tuple[Source, Climb]], *, tol: float, max_iter: int
) -> list[Climb | None]:
    """Climbs over rows of their own, side by side where the core can; None where a covariance has no factor."""
    ahead = [Ahead(source, kernel, tol, 1 + max_iter, None) for source, _ in climbs]
    climbers = [a.climber(climb, max_iter) for a, (_, climb) in zip(ahead, climbs, strict=True)]
    found: list[Climb | None] = [climb for _, climb in climbs]
    going = [i for i, climber in enumerate(climbers) if climber is not None]
    if going and isinstance(kernel, NativeKernel):
        ascents = go_all([c for c in climbers if c is not None], 1 + max_iter, kernel.threads)
        for i, ascent in zip(going, ascents, strict=True):
            found[i] = _after(climbs[i][1], ascent)
    for i, (source, climb) in enumerate(climbs):
        here = found[i]
        if here is None or here.status is None:
            try:
                (found[i],) = run(source, kernel, [climb], tol=tol, max_iter=max_iter)
            except CovarianceError:
                found[i] = None
    return found


def _after(climb: Climb, ascent: Ascent) -> Climb:
    mixture, held = (climb.mixture, climb.held) if ascent.mixture is None else (ascent.mixture, ascent.held)
    status = Status[ascent.ended.upper()] if ascent.ended in ("converged", "max_iter") else None
    history = tuple(ascent.history)
    return Climb(climb.objective, mixture, held, history, ascent.log_likelihood, ascent.map_log_responsibility, status)


def _read(
    source: Source, kernel: Kernel, climbs: list[Climb], paces: list[Plain], how: Mapping[str, Any], last: list[int]
) -> list[tuple[Climb, Statistics]]:
    """One read of the rows: where each climb stands, and what was seen of its mixture."""
    mixtures, scatters = [c.mixture for c in climbs], [c.family.scatter for c in climbs]
    if "n_blocks" not in how:
        return list(zip(climbs, source.fold(kernel, mixtures, scatters), strict=True))
    tol = how["tol"] * source.total
    by_blocks = [pace for pace in paces if isinstance(pace, Incremental)]
    reads = [
        pace.begin(climb.mixture, last=len(climb.history) >= end, tol=tol)
        for climb, pace, end in zip(climbs, by_blocks, last, strict=True)
    ]
    with closing(source.blocks(how["n_blocks"])) as blocks:
        for fold in blocks:
            for read, statistics in zip(reads, fold(kernel, [r.mixture for r in reads], scatters), strict=True):
                read.take(statistics)
    moved = [replace(climb, mixture=read.mixture) for climb, read in zip(climbs, reads, strict=True)]
    return list(zip(moved, map(Incremental.end, by_blocks, reads), strict=True))


def _on(climb: Climb, statistics: Statistics, pace: Plain, tol: float, last: int) -> Climb:
    """The climb after a pass: ended, at its next mixture, or back from a stride that led down."""
    value = climb.objective.value(statistics.log_likelihood, climb.mixture)
    if pace.on_trial and not value >= climb.value:
        return replace(climb, mixture=pace.retreat(statistics)[0])
    seen = _look(climb, value, statistics, pace, tol, last)
    return seen if seen.status else _step(seen, statistics, pace)


def _look(climb: Climb, value: float, statistics: Statistics, pace: Plain, tol: float, last: int) -> Climb:
    """The climb with what the pass showed of its mixture, and whether it has ended."""
    history = (*climb.history, value)
    status = None
    if tol > 0 and pace.ends(history, statistics, tol):
        status = Status.CONVERGED
    elif len(history) > last:
        status = Status.MAX_ITER
    return replace(
        climb,
        history=history,
        log_likelihood=statistics.log_likelihood,
        map_log_responsibility=statistics.map_log_responsibility,
        status=status,
    )


def _step(climb: Climb, statistics: Statistics, pace: Plain) -> Climb:
    mixture, held = pace.step(statistics, climb.mixture)
    return Climb(climb.objective, mixture, held, climb.history)
