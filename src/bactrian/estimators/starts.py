"""``init_params``: where the climbs begin.

A start from centres gives every component the pooled covariance of the groups nearest to each centre, so that
a centre that stands alone does not begin as a collapsed component.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from bactrian.em import Climb
from bactrian.errors import ParameterError
from bactrian.estimators.given import Given
from bactrian.kernels import Kernel
from bactrian.objective import Objective
from bactrian.randomness import generator
from bactrian.sources import ArraySource, Labelled, Source
from bactrian.starts import Groups, Hierarchy, Levels, beside_noise, best_starts, from_assignment, ranked
from bactrian.starts.beside_noise import MILD
from bactrian.starts.given import means_of
from bactrian.starts.kmeans import data_metric, hard, placed, spread_centres, squared_distances
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray, RandomState

# who asks for fewer iterations than this does not ask for a long look for the start either
LONG = 100
FIRST_ROUND, KEEP = 8, 3
LABELLINGS = 8  # k-means labellings tried by one search, as in bactrian.fit


@dataclass(frozen=True, eq=False)
class Task:
    """What every start needs; ``max_iter`` says how much is worth spending on it."""

    source: Source
    kernel: Kernel
    objective: Objective
    n_components: int
    given: Given
    max_iter: int
    noise_share: float | None = None  # of the rows, where some are marked; the source is without them
    levels: Levels | None = None  # larger samples, on which starts found on one will climb

    @property
    def rows(self) -> ArraySource | Labelled:
        """The source, where its rows are in memory."""
        assert isinstance(self.source, (ArraySource, Labelled))
        return self.source


def find_starts(task: Task, method: Any, n_init: int, random_state: RandomState) -> list[list[Climb]]:
    """``n_init`` starts, or one where nothing is left to chance; each with what may take its place, best first."""
    whole = task.given.whole
    if whole is not None:
        return [_beside(task, Climb(task.objective, whole))]
    if task.given.means is not None and method in ("kmeans", "hierarchical", "k-means++", "random_from_data"):
        return [_beside(task, _over(task, from_means(task, task.given.means)))]
    if callable(method):
        legacy = _legacy(random_state)
        return [_beside(task, _over(task, from_callable(task, method, legacy))) for _ in range(n_init)]
    # children of one seed, so that more starts only add to fewer
    children = generator(random_state).spawn(n_init)
    return [METHODS[method](task, child) for child in children]


def from_means(task: Task, means: FloatArray) -> Climb:
    """Centres (K, D) as means, with the weights of, and the covariance within, the groups nearest to them."""
    source, kernel, k = task.rows, task.kernel, len(means)
    metric = data_metric(source, task.objective.floor, full=False)
    labels = source.classify(kernel, hard(means, metric))
    centres = means_of(source, kernel, labels, k)
    statistics = source.fold_given(kernel, labels, centres, task.objective.family.scatter)
    parameters, held = task.objective.maximize(_pooled(statistics))
    return Climb(task.objective, replace(parameters, means=means), held)


def from_callable(task: Task, method: Callable[..., Any], random_state: np.random.RandomState) -> Climb:
    """From the labels (N,) or responsibilities (N, K) that ``method(X, K, random_state)`` returns."""
    values, k = _rows(task.rows).copy(), task.n_components
    return _from(task, _read_assignment(method(values, k, random_state), len(values), k))


def _kmeans(task: Task, rng: np.random.Generator) -> list[Climb]:
    k = task.n_components
    if k == 1:
        return _beside(task, _over(task, _from(task, np.zeros(task.source.n_rows, dtype=np.intp))))
    scatter = task.objective.family.scatter
    groups = Groups(task.source, task.kernel, task.objective.floor, k, LABELLINGS, scatter, rng)
    # where noise is marked the rows here have none, and its weight would come to nothing: it comes last
    goal = task.objective if task.noise_share is None else replace(task.objective, noise=None)
    clean = replace(goal, noise=None)
    if task.max_iter < LONG:
        starts = [_over(task, start) for start in groups.starts(clean)]
        if goal.noise is not None:
            starts = [s for start in starts for s in _put_beside(task, start)]
        found = starts[:1] if task.max_iter == 0 else ranked(groups.sample, task.kernel, starts, FIRST_ROUND, KEEP)
    else:
        again = task.levels is not None and task.levels.above(k)
        sampled = groups.sample is not task.source
        found = best_starts(groups, task.kernel, goal, rng, over=partial(_over, task), sampled=sampled, again=again)
    return found if task.noise_share is None else [s for start in found for s in _put_beside(task, start)]


def _hierarchical(task: Task, rng: np.random.Generator) -> list[Climb]:
    if len(task.source.anchored):
        raise ParameterError(
            "init_params='hierarchical' makes groups that know nothing of the labels given; leave init_params= or "
            "labels= out"
        )
    tree = Hierarchy(task.source, task.kernel, task.objective.floor, task.n_components, rng)
    return _beside(task, _over(task, tree.start(task.objective, task.n_components)))


def _kmeans_plus_plus(task: Task, rng: np.random.Generator) -> list[Climb]:
    metric = data_metric(task.rows, task.objective.floor, full=False)
    centres = spread_centres(task.rows, task.kernel, task.n_components, metric, rng)
    return _beside(task, _over(task, from_means(task, centres)))


def _random(task: Task, rng: np.random.Generator) -> list[Climb]:
    z = rng.random((task.source.n_rows, task.n_components))
    return _beside(task, _over(task, _from(task, z / z.sum(axis=1, keepdims=True))))


def _random_from_data(task: Task, rng: np.random.Generator) -> list[Climb]:
    return _beside(task, _over(task, from_means(task, _distinct_rows(task, rng))))


METHODS: dict[str, Callable[[Task, np.random.Generator], list[Climb]]] = {
    "kmeans": _kmeans,
    "hierarchical": _hierarchical,
    "k-means++": _kmeans_plus_plus,
    "random": _random,
    "random_from_data": _random_from_data,
}


def _rows(source: ArraySource | Labelled) -> FloatArray:
    return source.whole.values if isinstance(source, Labelled) else source.values


def _beside(task: Task, start: Climb) -> list[Climb]:
    """The start, or where there is noise those beside it, best first."""
    found = _put_beside(task, start)
    return ranked(task.source, task.kernel, found) if len(found) > 1 else found


def _put_beside(task: Task, start: Climb) -> list[Climb]:
    """The same, in no order."""
    if task.objective.noise is None:
        return [start]
    given = task.given.whole is not None
    return beside_noise(start, task.objective, MILD if given else task.noise_share)


def _over(task: Task, start: Climb) -> Climb:
    mixture = task.given.over(start.mixture)
    return start if mixture is start.mixture else replace(start, mixture=mixture)


def _from(task: Task, assignment: FloatArray | IntArray) -> Climb:
    return from_assignment(task.source, task.kernel, task.objective, assignment, task.n_components)


def _pooled(statistics: Statistics) -> Statistics:
    """The same statistics, with every component's scatter in proportion to its weight."""
    within, counts = statistics.within(), statistics.counts
    if statistics.scatter is not Scatter.POOLED:
        share = (counts / counts.sum()).reshape((-1,) + (1,) * (within.ndim - 1))
        within = share * within.sum(axis=0)
    return replace(statistics, shift=statistics.means(), first=np.zeros_like(statistics.first), second=within)


def _distinct_rows(task: Task, rng: np.random.Generator) -> FloatArray:
    """(K, D) rows drawn by weight, each different from those before as long as there are any; or known centres."""
    source = task.rows
    metric = data_metric(source, task.objective.floor, full=False)
    drawn = list(source.anchors) or [source.draw(rng.random(1))[0].astype(np.float64)]
    free = np.ones(source.n_rows)
    while len(drawn) < task.n_components:
        free = free * (squared_distances(source, task.kernel, drawn[-1], metric) > 1e-12)
        drawn.append(source.draw_by(free, rng.random()).astype(np.float64))
    return placed(np.array(drawn), source.anchored)


def _legacy(random_state: RandomState) -> np.random.RandomState:
    if isinstance(random_state, np.random.Generator):
        random_state = int(random_state.integers(2**32))
    return check_random_state(random_state)  # type: ignore[no-any-return]


def _read_assignment(values: Any, n_rows: int, n_components: int) -> FloatArray | IntArray:
    array = np.asarray(values)
    if array.shape == (n_rows,) and array.dtype.kind in "iub":
        if array.min() < 0 or array.max() >= n_components:
            raise ParameterError(
                f"the labels that init_params returned should be from 0 to {n_components - 1}, but they are "
                f"from {array.min()} to {array.max()}"
            )
        return array.astype(np.intp)
    if array.shape != (n_rows, n_components) or array.dtype.kind not in "iufb":
        raise ParameterError(
            f"init_params should return integer labels ({n_rows},) or responsibilities "
            f"({n_rows}, {n_components}), but returned shape {array.shape} of {array.dtype}"
        )
    z = array.astype(np.float64)
    if not np.isfinite(z).all() or (z < 0).any() or not (z.sum(axis=1) > 0).all():
        raise ParameterError(
            "the responsibilities that init_params returned should not be negative, nor all 0 in a row"
        )
    return np.asarray(z / z.sum(axis=1, keepdims=True))
