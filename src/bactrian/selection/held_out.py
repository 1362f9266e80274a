"""Held-out log-likelihood by cross-validation (Smyth 2000, Statistics and Computing 10:63).

Each fold is left out in turn, the candidate climbs on from its fit to the optimum of the other rows, and the rows left
out say how well it foretells them. Every candidate sees the same folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError, ParameterError
from bactrian.kernels import Kernel
from bactrian.selection.candidate import Candidate
from bactrian.selection.task import Task
from bactrian.sources import ArraySource
from bactrian.typing import FloatArray, IntArray

FOLDS = 10

Found = tuple[Candidate, em.Climb | None]


def cross_validated(task: Task, found: Sequence[Found], rng: np.random.Generator) -> list[Found]:
    """The candidates with their ``cv``: -2 times the log-likelihood of rows that were left out."""
    folds = _folds(task, rng)
    return [(replace(candidate, cv=_left_out(task, climb, folds)), climb) for candidate, climb in found]


def _folds(task: Task, rng: np.random.Generator) -> IntArray:
    source = task.source
    if not isinstance(source, ArraySource):
        raise ParameterError(
            "criterion='cv' needs rows in memory and no labels; use 'bic' or give a sample of the rows"
        )
    if source.n_rows < 2 * FOLDS:
        raise ParameterError(f"criterion='cv' needs at least {2 * FOLDS} rows, but there are {source.n_rows}")
    return rng.permutation(np.arange(source.n_rows) % FOLDS)


def _left_out(task: Task, climb: em.Climb | None, folds: IntArray) -> float:
    """Of all folds together; NaN where a component collapses without one of them."""
    if climb is None or climb.held:
        return float("nan")
    source = task.source
    assert isinstance(source, ArraySource)
    total = 0.0
    for fold in range(FOLDS):
        kept = _part(source, folds != fold)
        try:
            start = em.Climb(climb.objective, climb.mixture)
            (end,) = em.run(
                kept, task.kernel, [start], tol=task.tol, max_iter=task.max_iter, acceleration=task.acceleration,
                memory=task.memory,
            )  # fmt: skip
        except CovarianceError:
            return float("nan")
        if end.held:
            return float("nan")
        total += _log_likelihood(_part(source, folds == fold), task.kernel, end)
    return -2 * total


def _part(source: ArraySource, rows: FloatArray) -> ArraySource:
    return ArraySource(source.values[rows], None if source.weight is None else source.weight[rows])


def _log_likelihood(source: ArraySource, kernel: Kernel, climb: em.Climb) -> float:
    return source.fold(kernel, [climb.mixture], [climb.family.scatter])[0].log_likelihood
