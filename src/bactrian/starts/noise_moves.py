"""What noise and components can do to each other: one dissolves in the noise, another condenses out of it.

The noise is one more component, whose density has nothing to fit. So what is gained where a component condenses is
known at least (see ``halves``), and what is lost where one dissolves at most (see ``unions``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel, Noise, Parameters
from bactrian.kernels.native import doubts
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts.halves import LOCAL, LOCAL_TOL, NOTHING, Split
from bactrian.starts.parts import NOISE, Parts, mixture_of, parts_of
from bactrian.starts.unions import SURE, Union
from bactrian.typing import FloatArray, IntArray

CANDIDATES = 24  # rows of the noise whose surroundings are looked at
SEEDS = 3  # the densest of these, in which a component may begin
SURROUNDINGS = 0.1  # part of the noise that makes them
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class NoiseMoves:
    """Over the rows of one source, for climbs of one objective with noise."""

    source: ArraySource
    kernel: Kernel
    objective: Objective
    rng: np.random.Generator

    def unions(self, mixture: Parameters, z: FloatArray) -> list[Union]:
        """Each component with the noise, the one that loses least first; ``z`` (N, K) are the responsibilities."""
        noise, weight = mixture.noise, self.source.weight
        if noise is None or noise.weight <= 0:
            return []
        none = parts_of(mixture)[np.empty(0, dtype=np.intp)]
        losses = self._losses(mixture, noise, z, np.ones(len(z)) if weight is None else weight)
        found = [Union(j, NOISE, loss, none) for j, loss in enumerate(losses.tolist())]
        return sorted(found, key=lambda union: union.loss)

    def splits(self, mixture: Parameters, z: FloatArray) -> list[Split]:
        """Components that condense out of the noise, each with its share of it."""
        rest = outside(z)
        here = self.source.where(rest > NOTHING)
        weight = rest[here] if self.source.weight is None else rest[here] * self.source.weight[here]
        if mixture.noise is None or weight.sum() < 2 * (self.source.n_features + 2):
            return []
        part = ArraySource(self.source.values[here], weight)
        ends = em.run_apart(self.kernel, list(self._starts(part)), tol=LOCAL_TOL, max_iter=sum(LOCAL))
        alone = part.total * mixture.noise.log_density
        return [Split(NOISE, e.value - alone, e.mixture) for e in ends if e and not e.held]

    def _losses(self, mixture: Parameters, noise: Noise, z: FloatArray, weight: FloatArray) -> FloatArray:
        """(K,) what is lost where a component dissolves, in nats, at most.

        It is what both now say of their rows, less what the noise will say, and the doubt between them.
        """
        rest = outside(z)
        log_joint = np.log(np.maximum(z, TINY)) + self.source.log_densities(self.kernel, mixture)[:, None]
        amounts, amount = weight @ z, weight @ rest
        before = weight @ (z * log_joint) + amount * (np.log(noise.weight) + noise.log_density)
        after = (amounts + amount) * (np.log(mixture.weights + noise.weight) + noise.log_density)
        k = z.shape[1]
        with_noise = np.stack([np.arange(k), np.full(k, k)], axis=1)
        told = doubts(self.kernel, np.column_stack([z, rest]), weight, with_noise, SURE)
        return np.asarray(before + told - after)

    def _starts(self, part: ArraySource) -> Iterator[tuple[ArraySource, em.Climb]]:
        goal = replace(self.objective, prior=None)
        for seed in islice(_seeds(part, self.rng), SEEDS):
            with suppress(CovarianceError):
                yield part, em.Climb(goal, mixture_of(seed, part.total, goal))


def outside(z: FloatArray) -> FloatArray:
    """(N,) responsibilities of the noise."""
    return np.asarray(np.maximum(1.0 - z.sum(axis=1), 0.0))


def _seeds(part: ArraySource, rng: np.random.Generator) -> Iterator[Parts]:
    """One component each, of the rows around the rows with the closest neighbours; the closest first."""
    values, weight = part.values, part.weight
    assert weight is not None
    amount = max(SURROUNDINGS * part.total, part.n_features + 2.0)
    candidates = part.rows_at((np.arange(CANDIDATES) + rng.random(CANDIDATES)) / CANDIDATES)
    distances = _distances(part, candidates)
    order = np.argsort(distances, axis=1, kind="stable")
    ends = (np.cumsum(weight[order], axis=1) < amount).sum(axis=1)
    found = [(distances[c, order[c, end]], at, order[c, : end + 1])
             for c, (at, end) in enumerate(zip(candidates.tolist(), ends.tolist(), strict=True))]  # fmt: skip
    taken: set[int] = set()
    for _, at, near in sorted(found, key=lambda one: one[0]):
        if at not in taken and len(taken.intersection(near.tolist())) <= len(near) // 2:
            taken.update(near.tolist())
            yield _around(values[near], weight[near], part.total)


def _distances(part: ArraySource, candidates: IntArray) -> FloatArray:
    """(C, N) squared distances from some rows, each feature in units of its spread."""
    scale = np.sqrt(np.diagonal(part.moments.covariance))
    white = (part.values - part.moments.mean) / np.where(scale > 0, scale, 1.0)
    squares = np.einsum("nd,nd->n", white, white)
    return np.asarray(np.maximum(squares[candidates, None] + squares - 2 * white[candidates] @ white.T, 0.0))


def _around(values: FloatArray, weight: FloatArray, total: float) -> Parts:
    mean = weight @ values / weight.sum()
    apart = values - mean
    covariance = (weight[:, None] * apart).T @ apart / weight.sum()
    return Parts(np.array([weight.sum() / total]), mean[None], covariance[None])
