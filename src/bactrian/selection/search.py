"""The search over families and numbers of components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
from bactrian.sources import Source
from bactrian.starts import beside_noise, climb_from_best, from_assignment, ranked, ranked_starts
from bactrian.starts.beside_noise import MILD
from bactrian.starts.search import sample_size, start_labels
from bactrian.typing import FloatArray, IntArray


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


def search(
    task: Task, n_components: Sequence[int], families: Sequence[Family]
) -> list[tuple[Candidate, em.Climb | None]]:
    """Fit every family at every K, in that order, each with the climb that led there."""
    n_candidates = len(n_components) * len(families)
    found: list[tuple[Candidate, em.Climb | None]] = []
    for k, rng in zip(n_components, task.rng.spawn(len(n_components)), strict=True):
        if (reason := _impossible(k, task)) is not None:
            found += [(_failed(f, k, task, reason), None) for f in families]
            continue
        labels, sample = _labels(task, k, rng)
        for family in families:
            objective = task.objective(family, k)
            observe = _observer(task, len(found), n_candidates, k, family)
            try:
                (climb,) = climb_from_best(
                    task.source,
                    task.kernel,
                    [_starts(task, sample, labels, objective, k)],
                    tol=task.tol,
                    max_iter=task.max_iter,
                    observe=observe,
                )
            except CovarianceError as error:
                found.append((_failed(family, k, task, f"component collapsed: {error}"), None))
            else:
                climb = climb if task.numbered else climb.in_canonical_order()
                found.append((candidate_of(climb, task), climb))
    return found


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


def _failed(family: Family, k: int, task: Task, reason: str) -> Candidate:
    nan = float("nan")
    p = task.objective(family, k).n_parameters(k, task.source.n_features)
    return Candidate(k, family.code, p, nan, nan, nan, nan, 0, "failed", reason)


def _labels(task: Task, k: int, rng: np.random.Generator) -> tuple[list[IntArray], Source]:
    source = task.clean or task.source
    if task.start is not None:
        return [], source
    if k == 1:
        return [np.zeros(source.n_rows, dtype=np.intp)], source
    sample = source.sample(sample_size(k, task.source.n_features), rng)
    return start_labels(sample, task.kernel, k, task.floor, task.n_init, rng), sample


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


def _observer(
    task: Task, index: int, n_candidates: int, k: int, family: Family
) -> Callable[[Sequence[em.Climb]], None] | None:
    if task.observe is None:
        return None
    tell = task.observe

    def observe(climbs: Sequence[em.Climb]) -> None:
        tell(Progress(index, n_candidates, k, family.code, climbs[0].n_iter, climbs[0].log_likelihood))

    return observe
