"""From a climb that ended, or could not begin, to its row in the table."""

from __future__ import annotations

from bactrian import em
from bactrian.counted import listed, there_are, was
from bactrian.families import Family
from bactrian.selection import criteria
from bactrian.selection.candidate import Candidate
from bactrian.selection.task import Task
from bactrian.sources.labelled import beyond
from bactrian.sources.outweighed import outweighed


def candidate_of(climb: em.Climb, task: Task) -> Candidate:
    """The row of the table for a climb that ended."""
    source = task.source
    k, d = climb.mixture.shape
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
    if why := outweighed(task.source, task.tol):
        return "collapsed", why
    if not climb.held and (why := _saturated(climb, task)):
        return "collapsed", why
    if not climb.held:
        return ("converged" if climb.status is em.Status.CONVERGED else "max_iter"), climb.status.value
    rows = climb.mixture.weights[list(climb.held)].min() * task.source.total
    subject, smallest = listed(climb.held), "it" if len(climb.held) == 1 else "the smallest"
    if task.floor_is_given:
        return "collapsed", (
            f"{subject} would have less variance than the given regularization allows and {was(climb.held)} held "
            "there; if the groups are that narrow give a smaller one, else use fewer components"
        )
    return "collapsed", (
        f"{subject} collapsed ({smallest} holds {rows:.3g} of {task.source.total:g} rows, without spread in some "
        "direction) and the variance was held at its floor; use fewer components, a simpler family or a larger "
        "regularization"
    )


def _saturated(climb: em.Climb, task: Task) -> str | None:
    """Why more parameters than numbers say nothing (ADR 14); None of fewer, or where a prior holds them."""
    n, (k, d) = task.source.n_rows, climb.mixture.shape
    p = climb.objective.n_parameters(k, d)
    if climb.objective.prior is not None or p <= n * d:
        return None
    return (
        f"{p} parameters describe the {n * d} numbers of {n} rows: the fit repeats the rows and says nothing of where "
        "they came from; use fewer components or a simpler family"
    )


def impossible(k: int, task: Task) -> str | None:
    """Why no mixture of K components can be fitted; None if one can."""
    largest = max(task.source.anchored, default=-1)
    if largest >= k:
        return beyond(largest, k)
    if k > task.source.n_rows:
        return f"{k} components need at least {k} rows, but {there_are(task.source.n_rows, 'row')}"
    return None


def failed(family: Family, k: int, task: Task, reason: str) -> Candidate:
    nan = float("nan")
    p = task.objective(family, k).n_parameters(k, task.source.n_features)
    return Candidate(k, family.code, p, nan, nan, nan, nan, 0, "failed", reason)
