"""Split and merge: from one optimum to a better one.

EM cannot carry a component across a gap: where two components share one group and another covers two, it stays. A
move merges a pair that loses little and splits a component that gains much (Ueda, Nakano, Ghahramani & Hinton 2000,
Neural Computation 12:2109). Gains are measured by local fits of two components, losses by the bound of Runnalls 2007
(IEEE TAES 43:989). A move that does not end higher is undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bactrian import em
from bactrian.acceleration import remaining
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel, Parameters
from bactrian.objective import Objective
from bactrian.sources import ArraySource, Source
from bactrian.starts.given import from_assignment
from bactrian.starts.kmeans import data_metric, kmeans_labels
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

SPLITS = 2  # labellings tried for the split of one component
LOCAL = 10  # iterations of the local fit of two components
PAIRS = 8  # pairs that lose least, tried for merging
EACH = 2  # moves that split the same component
PATIENCE = 4  # moves that fail one after the other before the search ends
TRIAL = 40  # iterations after which a move must promise to end higher
WORTH = 1e-6  # nats per row that a move must gain


@dataclass(frozen=True, eq=False)
class Parts:
    """Components as moments: ``weights`` (M,), ``means`` (M, D), ``covariances`` (M, D, D)."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    def __getitem__(self, which: IntArray) -> Parts:
        return Parts(self.weights[which], self.means[which], self.covariances[which])


def improve(
    source: Source,
    kernel: Kernel,
    climb: em.Climb,
    rng: np.random.Generator,
    *,
    tol: float,
    memory: em.Memory | None = None,
) -> em.Climb:
    """The climb, or a higher one that moves lead to; ``climb`` must have come within ``tol`` per row of its top."""
    if not isinstance(source, ArraySource) or climb.objective.noise is not None or climb.held:
        return climb
    while len(climb.mixture.weights) > 2:
        better = (_followed(source, kernel, climb, move, tol, memory) for move in _moves(source, kernel, climb, rng))
        found = next((c for c in better if c is not None), None)
        if found is None:
            break
        climb = found
    return climb


def _followed(
    source: Source, kernel: Kernel, climb: em.Climb, move: Parameters, tol: float, memory: em.Memory | None
) -> em.Climb | None:
    """Where a move ends, if it is higher than the climb."""
    aim = climb.value + WORTH * source.total
    try:
        start = em.Climb(climb.objective, move)
        (found,) = em.run(source, kernel, [start], tol=tol, max_iter=TRIAL, memory=memory)
        promise = remaining(found.history)
        if found.held or (np.isfinite(promise) and found.value + promise < aim):
            return None
        (found,) = em.run(source, kernel, [found], tol=tol, max_iter=10 * TRIAL, memory=memory)
    except CovarianceError:
        return None
    return found if not found.held and found.value > aim else None


def _moves(source: ArraySource, kernel: Kernel, climb: em.Climb, rng: np.random.Generator) -> Iterator[Parameters]:
    """The mixtures after the most promising moves, best first."""
    parts = _parts(climb.mixture)
    splits = _splits(source, kernel, climb, rng)
    pairs, losses, merged = _merged(parts)
    cheap = np.argsort(losses)[:PAIRS]
    possible = ((c, t) for c in splits for t in cheap if c not in pairs[t])
    promising = sorted(possible, key=lambda move: source.total * losses[move[1]] - splits[move[0]][0])
    used: dict[int, int] = {}
    for c, t in promising:
        used[c] = used.get(c, 0) + 1
        if used[c] <= EACH and sum(min(n, EACH) for n in used.values()) <= PATIENCE:
            i, j = pairs[t]
            yield _mixture(source, climb.objective, _moved(parts, (i, merged[np.array([t])]), (c, j, splits[c][1])))


def _moved(parts: Parts, merger: tuple[int, Parts], split: tuple[int, int, Parts]) -> Parts:
    """One component holds a merged pair, and the place that this leaves one half of a split component."""
    weights, means, covariances = parts.weights.copy(), parts.means.copy(), parts.covariances.copy()
    i, one = merger
    weights[i], means[i], covariances[i] = one.weights[0], one.means[0], one.covariances[0]
    c, j, halves = split
    for place, half in ((j, 1), (c, 0)):
        weights[place] = parts.weights[c] * halves.weights[half]
        means[place], covariances[place] = halves.means[half], halves.covariances[half]
    return Parts(weights, means, covariances)


def _parts(mixture: Parameters) -> Parts:
    return Parts(mixture.weights, mixture.means, mixture.covariance.dense())


def _mixture(source: Source, objective: Objective, parts: Parts) -> Parameters:
    """The family's mixture with these moments: the M-step of statistics that have them."""
    scatter, counts = objective.family.scatter, source.total * parts.weights / parts.weights.sum()
    full = counts[:, None, None] * parts.covariances
    second = {
        Scatter.TRACE: lambda: np.einsum("kdd->k", full),
        Scatter.DIAGONAL: lambda: np.einsum("kdd->kd", full).copy(),
        Scatter.FULL: lambda: full,
        Scatter.POOLED: lambda: full.sum(axis=0),
    }[scatter]()
    nothing = Statistics.zero(parts.means, scatter)
    return objective.maximize(replace(nothing, total=source.total, counts=counts, second=np.asarray(second)))[0]


def _merged(parts: Parts) -> tuple[IntArray, FloatArray, Parts]:
    """All pairs (P, 2), what merging them loses at most, in nats per row, and the moments of the mergers."""
    w, means, covariances = parts.weights, parts.means, parts.covariances
    i, j = np.triu_indices(len(w), 1)
    both = w[i] + w[j]
    a, b = w[i] / both, w[j] / both
    apart = means[i] - means[j]
    merged = (
        a[:, None, None] * covariances[i]
        + b[:, None, None] * covariances[j]
        + (a * b)[:, None, None] * apart[:, :, None] * apart[:, None, :]
    )
    sizes = np.linalg.slogdet(covariances)[1]
    losses = 0.5 * (both * np.linalg.slogdet(merged)[1] - w[i] * sizes[i] - w[j] * sizes[j])
    return np.stack([i, j], axis=1), losses, Parts(both, a[:, None] * means[i] + b[:, None] * means[j], merged)


def _splits(
    source: ArraySource, kernel: Kernel, climb: em.Climb, rng: np.random.Generator
) -> dict[int, tuple[float, Parts]]:
    """For each component that has rows enough, what two in its place would gain, in nats, and these two."""
    labels = source.classify(kernel, climb.mixture)
    found = {}
    for c in range(len(climb.mixture.weights)):
        here = labels == c
        if here.sum() >= 2 * (source.n_features + 2):
            part = ArraySource(source.values[here], None if source.weight is None else source.weight[here])
            found[c] = _split(part, kernel, replace(climb.objective, prior=None), rng)
    return {c: split for c, split in found.items() if split is not None}


def _split(
    part: ArraySource, kernel: Kernel, objective: Objective, rng: np.random.Generator
) -> tuple[float, Parts] | None:
    """The best of a few local fits of two components, beside one."""
    metric = data_metric(part, objective.floor, full=True)
    try:
        one = from_assignment(part, kernel, objective, np.zeros(part.n_rows, dtype=np.intp), 1)
        (one,) = em.run(part, kernel, [one], tol=0.0, max_iter=0)
        labellings = [kmeans_labels(part, kernel, 2, metric, rng) for _ in range(SPLITS)]
        pairs = [from_assignment(part, kernel, objective, labels, 2) for labels in labellings]
        pairs = em.run(part, kernel, pairs, tol=1e-3, max_iter=LOCAL)
    except CovarianceError:
        return None
    best = max(pairs, key=lambda c: c.rank)
    return None if best.held else (best.value - one.value, _parts(best.mixture))
