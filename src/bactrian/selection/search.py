"""The search over families and numbers of components."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.families import Family, Floor
from bactrian.kernels import Kernel, Parameters
from bactrian.noise import NoiseModel
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.selection import criteria
from bactrian.selection.candidate import Candidate
from bactrian.sources import Resident, Source
from bactrian.starts import beside_noise, climb_from_best, from_assignment, ranked, ranked_starts
from bactrian.starts.beside_noise import MILD
from bactrian.starts.search import sample_size, start_labels
from bactrian.typing import FloatArray, IntArray

LOT = 64 << 20  # bytes of starts that climb together

Found: TypeAlias = tuple[Candidate, em.Climb | None]


@dataclass(frozen=True)
class Progress:
    """What an observer is told after each pass over the rows."""

    candidate: int  # from 0
    n_candidates: int
    n_components: int
    family: str
    n_iter: int
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class Task:
    """All that a search needs and that stays the same for every candidate.

    ``start`` : None (k-means++), a mixture's parameters, labels (N,) or responsibilities (N, K).
    ``clean`` : the source without the rows that begin as noise. ``numbered`` : components keep the user's numbers.
    """

    source: Source
    kernel: Kernel
    floor: Floor
    start: Parameters | FloatArray | IntArray | None
    n_init: int
    tol: float
    max_iter: int
    rng: np.random.Generator
    observe: Callable[[Progress], None] | None = None
    floor_is_given: bool = False
    prior: ConjugatePrior | None = None
    equal_weights: bool = False
    noise: NoiseModel | None = None
    clean: Source | None = None

    def objective(self, family: Family, n_components: int) -> Objective:
        """What a candidate maximises."""
        source, prior = self.source, None
        if self.prior is not None:
            moments = source.moments
            prior = self.prior.about(moments.mean, moments.covariance, source.total, n_components)
        noise = None if self.noise is None else self.noise.log_density
        return Objective(family, self.floor, prior, self.equal_weights, noise)

    @property
    def numbered(self) -> bool:
        """Whether the user gave the components their numbers, which they then keep."""
        return self.start is not None or bool(len(self.source.anchors))


@dataclass(frozen=True, eq=False)
class _Plan:
    """A candidate, and where to climb from, best first; without starts the reason why it cannot be fitted."""

    n_components: int
    family: Family
    starts: list[em.Climb]
    reason: str = ""

    @property
    def n_bytes(self) -> int:
        """Of its starts, each with covariances, their inverse factors and statistics."""
        return sum(3 * 8 * int(s.mixture.means.size) * s.mixture.means.shape[1] for s in self.starts)


def search(task: Task, n_components: Sequence[int], families: Sequence[Family]) -> list[Found]:
    """Fit every family at every K, in that order, each with the climb that led there."""
    n_candidates = len(n_components) * len(families)
    found: list[Found] = []
    for lot in _lots(_plans(task, n_components, families), task.source.read_together):
        found += _climb(task, lot, _observer(task, len(found), n_candidates, len(lot)))
    return found


def _plans(task: Task, n_components: Sequence[int], families: Sequence[Family]) -> Iterator[_Plan]:
    rngs = dict(zip(n_components, task.rng.spawn(len(n_components)), strict=True))
    sampled = [k for k in n_components if _is_sampled(task, k)]
    source = task.clean or task.source
    samples = source.samples([(sample_size(k, source.n_features), rngs[k]) for k in sampled])
    for k in n_components:
        if (reason := _impossible(k, task)) is not None:
            yield from (_Plan(k, family, [], reason) for family in families)
            continue
        sample = next(samples) if k in sampled else source
        labels = _labels(task, sample, k, rngs[k])
        for family in families:
            try:
                yield _Plan(k, family, _starts(task, sample, labels, task.objective(family, k), k))
            except CovarianceError as error:
                yield _Plan(k, family, [], f"component collapsed: {error}")


def _lots(plans: Iterable[_Plan], together: bool) -> Iterator[list[_Plan]]:
    """Those that climb together and share each read of the rows: all that memory allows, or one at a time."""
    lot: list[_Plan] = []
    for plan in plans:
        if lot and (not together or sum(p.n_bytes for p in [*lot, plan]) > LOT):
            yield lot
            lot = []
        lot.append(plan)
    if lot:
        yield lot


def _climb(task: Task, lot: Sequence[_Plan], observe: Callable[[Sequence[em.Climb]], None] | None) -> list[Found]:
    ready = [plan.starts for plan in lot if plan.starts]
    try:
        ends = climb_from_best(task.source, task.kernel, ready, tol=task.tol, max_iter=task.max_iter, observe=observe)
    except CovarianceError as error:
        if len(lot) > 1:  # one of them; the others shall not suffer
            return [found for plan in lot for found in _climb(task, [plan], observe)]
        return [(_failed(lot[0], task, f"component collapsed: {error}"), None)]
    climbs = iter(ends)
    return [_ended(task, next(climbs)) if plan.starts else (_failed(plan, task), None) for plan in lot]


def _ended(task: Task, climb: em.Climb) -> Found:
    climb = climb if task.numbered else climb.in_canonical_order()
    return candidate_of(climb, task), climb


def candidate_of(climb: em.Climb, task: Task) -> Candidate:
    """The row of the table for a climb that ended."""
    source = task.source
    k, d = climb.mixture.means.shape
    p = climb.objective.n_parameters(k, d)
    bic = criteria.bic(climb.log_likelihood, p, source.total)
    status, reason = _verdict(climb, task)
    return Candidate(
        n_components=k,
        family=climb.family.code,
        n_parameters=p,
        log_likelihood=climb.log_likelihood,
        bic=bic,
        aic=criteria.aic(climb.log_likelihood, p),
        icl=criteria.icl(bic, climb.map_log_responsibility),
        n_iter=climb.n_iter,
        status=status,
        reason=reason,
    )


def _verdict(climb: em.Climb, task: Task) -> tuple[str, str]:
    assert climb.status is not None
    if not climb.held:
        return ("converged" if climb.status is em.Status.CONVERGED else "max_iter"), climb.status.value
    which = ", ".join(map(str, climb.held[:6])) + (" ..." if len(climb.held) > 6 else "")
    rows = climb.mixture.weights[list(climb.held)].min() * task.source.total
    subject = f"component {which}" if len(climb.held) == 1 else f"components {which}"
    if task.floor_is_given:
        return "collapsed", (
            f"{subject} would have less variance than the given regularization allows and was held there; if the "
            "groups are that narrow give a smaller one, else use fewer components"
        )
    return "collapsed", (
        f"{subject} collapsed (the smallest holds {rows:.3g} of {task.source.total:g} rows, without spread in some "
        "direction) and the variance was held at its floor; use fewer components, a simpler family or a larger "
        "regularization"
    )


def _impossible(k: int, task: Task) -> str | None:
    """Why no mixture of K components can be fitted; None if one can."""
    known = len(task.source.anchors)
    if k < known:
        return f"labels name {known} components, but this has {k}"
    if k > task.source.n_rows:
        return f"{k} components need at least {k} rows, but there are {task.source.n_rows}"
    return None


def _failed(plan: _Plan, task: Task, reason: str | None = None) -> Candidate:
    nan = float("nan")
    k, family = plan.n_components, plan.family
    p = task.objective(family, k).n_parameters(k, task.source.n_features)
    return Candidate(k, family.code, p, nan, nan, nan, nan, 0, "failed", reason or plan.reason)


def _is_sampled(task: Task, k: int) -> bool:
    """Starts come from a sample; one component needs none, but where rows are far away nothing has a label for each."""
    return task.start is None and _impossible(k, task) is None and (k > 1 or task.source.read_together)


def _labels(task: Task, sample: Source, k: int, rng: np.random.Generator) -> list[IntArray]:
    if task.start is not None:
        return []
    if k == 1:
        return [np.zeros(sample.n_rows, dtype=np.intp)]
    assert isinstance(sample, Resident)
    return start_labels(sample, task.kernel, k, task.floor, task.n_init, rng)


def _starts(task: Task, sample: Source, labels: list[IntArray], objective: Objective, k: int) -> list[em.Climb]:
    """Where to climb from, best first."""
    if isinstance(task.start, Parameters):
        start = em.Climb(objective, task.start)
        return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
    if task.start is not None:
        start = from_assignment(task.source, task.kernel, objective, task.start, k)
        return beside_noise(start, objective, MILD) if _lacks_noise(start) else [start]
    if task.noise is None:
        return ranked_starts(sample, task.kernel, objective, labels, k)
    clean = replace(objective, noise=None)
    share = None if task.clean is None else 1 - task.clean.total / task.source.total
    starts = [from_assignment(sample, task.kernel, clean, one, k) for one in labels]
    return ranked(sample, task.kernel, [s for start in starts for s in beside_noise(start, objective, share)])


def _lacks_noise(start: em.Climb) -> bool:
    """Whether noise is asked for but has no weight, which it would never gain."""
    noise = start.mixture.noise
    return start.objective.noise is not None and (noise is None or noise.weight == 0)


def _observer(task: Task, done: int, n_candidates: int, lot: int) -> Callable[[Sequence[em.Climb]], None] | None:
    if task.observe is None:
        return None
    tell = task.observe

    def observe(climbs: Sequence[em.Climb]) -> None:
        """Of several that climb together, the first that still does."""
        ended = sum(climb.status is not None for climb in climbs)
        now = next((climb for climb in climbs if climb.status is None), climbs[-1])
        at = done + min(ended, lot - 1)
        tell(Progress(at, n_candidates, len(now.mixture.weights), now.family.code, now.n_iter, now.log_likelihood))

    return observe
