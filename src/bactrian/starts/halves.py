"""What is gained where one component becomes two: local fits on its rows, weighted by its responsibilities.

Such a fit leaves the other components as they are, so what it gains is gained by the whole mixture too, at least
(Jensen's inequality, over whether a row came from this component). Where a component stays, so do its halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from bactrian import em
from bactrian.acceleration import remaining
from bactrian.kernels import Kernel, Parameters
from bactrian.kernels.native import longest_axes, own_rows
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts.first_steps import starts_of
from bactrian.starts.parts import Parts, parts_of
from bactrian.starts.search import at_rest
from bactrian.starts.support import counted
from bactrian.typing import FloatArray

LOCAL = 4, 8  # iterations of a local fit: first, and of the best for its component where that promises enough
PROMISE = 0.5  # times what the cheapest union loses that these must promise to gain
LOCAL_TOL = 1e-3
BYTES = 4 << 20  # of rows whose components are split side by side
NOTHING = 1e-3  # rows with a lower responsibility are left out
SAME = 0.03  # a component has stayed if it moved and stretched by less, in its own standard deviations
REMEMBERED = 4  # times K components
ALIKE = 1e-3  # nats, as part of what is gained: two ways of splitting that found the same


@dataclass(frozen=True, eq=False)
class Split:
    """Component ``c`` as a mixture of two; ``gain`` in nats, at least.

    Where ``c`` is ``NOISE`` there is one, which condenses out of it and takes this part of its weight.
    """

    c: int
    gain: float
    mixture: Parameters

    @property
    def two(self) -> Parts:
        """Of most splits they are never asked for."""
        return parts_of(self.mixture)


@dataclass(frozen=True, eq=False)
class Known:
    """A component and its halves; ``whitener`` is the inverse of its Cholesky factor.

    ``left`` : nats promised by those that were not followed further.
    """

    weight: float
    mean: FloatArray
    whitener: FloatArray
    halves: list[tuple[float, Parameters]]
    left: float

    def is_at(self, mean: FloatArray, covariance: FloatArray) -> bool:
        if np.linalg.norm(self.whitener @ (self.mean - mean)) > SAME:
            return False
        stretched = self.whitener @ covariance @ self.whitener.T - np.eye(len(mean))
        return bool(np.abs(stretched).max() < 2 * SAME)


@dataclass(frozen=True, eq=False)
class Local:
    """Where local fits of one component's rows begin, and the log-likelihood to beat.

    ``scale`` : of its nats, where rows weigh less than one; they are counted as rows here.
    """

    c: int
    part: ArraySource
    starts: list[em.Climb]
    alone: float
    scale: float

    def gain(self, end: em.Climb) -> float:
        """Nats above what the component says of these rows alone."""
        return (end.value - self.alone) * self.scale


@dataclass(eq=False)
class Halves:
    """Splits of the components of mixtures of one source, as good as they were found."""

    source: ArraySource
    kernel: Kernel
    objective: Objective
    rng: np.random.Generator
    known: list[Known] = field(default_factory=list)

    def of(self, mixture: Parameters, z: FloatArray, loss: float) -> list[Split]:
        """For each component with rows enough its splits; ``z`` (N, K) are the responsibilities.

        ``loss`` : nats that the cheapest union loses; what promises to gain far less is not followed to its end.
        """
        parts = parts_of(mixture)
        known = self._remembered(parts, PROMISE * loss)
        new = [c for c, one in enumerate(known) if one is None]
        if new:
            whiteners = _whiteners(parts, new)
            log_density = self.source.log_densities(self.kernel, mixture)
            for some in self._side_by_side(list(whiteners), z):
                local = self._local(parts, some, whiteners, z, log_density)
                for one, learnt in zip(local, self._learn(parts, whiteners, local, PROMISE * loss), strict=True):
                    known[one.c] = learnt
        return [Split(c, gain, two) for c, one in enumerate(known) if one for gain, two in one.halves]

    def anew(self, mixture: Parameters, pairs: Parts, z: FloatArray) -> list[Split]:
        """Components in the place of pairs, the best way first; the gain is a guess after a few iterations.

        ``pairs`` : each as one; ``z`` (N, P): their responsibilities. Splits go by the numbers of the pairs.
        """
        whiteners, z = _whiteners(pairs, list(range(len(pairs.weights)))), np.ascontiguousarray(z)
        log_density = self.source.log_densities(self.kernel, mixture)
        found = []
        for some in self._side_by_side(list(whiteners), z):
            local = [
                (one, start) for one in self._local(pairs, some, whiteners, z, log_density) for start in one.starts
            ]
            starts = [(one.part, start) for one, start in local]
            ends = em.run_apart(self.kernel, starts, tol=LOCAL_TOL, max_iter=LOCAL[0])
            fitted = [(one, end) for (one, _), end in zip(local, ends, strict=True) if end and not end.held]
            found += [Split(one.c, one.gain(end), end.mixture) for one, end in fitted]
        return sorted(found, key=lambda split: -split.gain)

    def _remembered(self, parts: Parts, enough: float) -> list[Known | None]:
        """What is known of each component, the latest first, but where nothing that promised ``enough`` was left."""
        latest = self.known[::-1]
        weights = np.array([one.weight for one in latest])
        with np.errstate(divide="ignore", invalid="ignore"):  # a weight of next to nothing, or of nothing, is like none
            alike = np.abs(np.log(weights)[:, None] - np.log(parts.weights)) <= SAME
        found = []
        for near, mean, covariance in zip(alike.T, parts.means, parts.covariances, strict=True):
            these = (latest[i] for i in np.flatnonzero(near))
            found.append(next((one for one in these if one.left < enough and one.is_at(mean, covariance)), None))
        return found

    def _side_by_side(self, components: list[int], z: FloatArray) -> Iterator[list[int]]:
        """As many at a time as there is room for copies of their rows; two at least, for two threads."""
        sizes = 8 * self.source.n_features * np.count_nonzero(z > NOTHING, axis=0)
        some: list[int] = []
        for c in components:
            some.append(c)
            if sizes[some].sum() > BYTES and len(some) > 1:
                yield some
                some = []
        if some:
            yield some

    def _local(
        self,
        parts: Parts,
        components: list[int],
        whiteners: dict[int, FloatArray],
        z: FloatArray,
        log_density: FloatArray,
    ) -> list[Local]:
        source, scale, more = self.source, self._scale, counted(self.source) / self.source.total
        axes = longest_axes(parts.covariances[components] * np.outer(scale, scale)) * scale
        # of rows that weigh next to nothing a part has as few as it has of rows that weigh one
        weight = source.weight if source.weight is None or more == 1.0 else more * source.weight
        found = own_rows(
            self.kernel, source.values, weight, source.order, z, log_density, np.array(components),
            parts.means[components], np.array([whiteners[c] for c in components]), axes,
            self.rng.random((len(components), 2)), NOTHING, self._goal.family.scatter,
        )  # fmt: skip
        local = []
        for c, own in zip(components, found, strict=True):
            if len(own.ways):  # else there are few rows, or none
                part = ArraySource(own.rows, own.weight)
                starts = starts_of(own.ways, self._goal, lenient=True)
                alone = own.log_joint - part.total * float(np.log(parts.weights[c]))
                local.append(Local(c, part, starts, alone, 1 / more))
        return local

    @property
    def _scale(self) -> FloatArray:
        variances = np.diagonal(self.source.moments.covariance)
        return np.asarray(1 / np.sqrt(np.where(variances > 0, variances, 1.0)))

    @property
    def _goal(self) -> Objective:
        """A part of the rows says nothing of a prior for all, nor of the noise."""
        return replace(self.objective, prior=None, noise=None)

    def _learn(self, parts: Parts, whiteners: dict[int, FloatArray], local: list[Local], enough: float) -> list[Known]:
        followed = iter(self._followed([(one, start) for one in local for start in one.starts], enough))
        learnt = []
        for one in local:
            found = [next(followed) for _ in one.starts]
            there = [at_rest(end, beside=len(parts.weights)) for end, _ in found if end and not end.held]
            halves = _different([(one.gain(end), end.mixture) for end in there])
            left = max((promise for _, promise in found), default=-np.inf)
            learnt.append(Known(float(parts.weights[one.c]), parts.means[one.c], whiteners[one.c], halves, left))
        self.known = (self.known + learnt)[-REMEMBERED * len(parts.weights) :]
        return learnt

    def _followed(self, asked: list[tuple[Local, em.Climb]], enough: float) -> list[tuple[em.Climb | None, float]]:
        """Local fits, and what those promise that were not followed to their ends."""
        first, more = LOCAL
        starts = [(one.part, start) for one, start in asked]
        ends = em.run_apart(self.kernel, starts, tol=LOCAL_TOL, max_iter=first)
        promises = [_promise(end, one) for end, (one, _) in zip(ends, asked, strict=True)]
        best: dict[int, int] = {}  # of the ways to split one component
        for i, ((one, _), promise) in enumerate(zip(asked, promises, strict=True)):
            if promise >= enough and (one.c not in best or promise > promises[best[one.c]]):
                best[one.c] = i
        going = {i: end for i in best.values() if (end := ends[i]) is not None}
        further = [(asked[i][0].part, end) for i, end in going.items()]
        for i, end in zip(going, em.run_apart(self.kernel, further, tol=LOCAL_TOL, max_iter=more), strict=True):
            ends[i] = end
        left = [-np.inf if one.c in best else promise for promise, (one, _) in zip(promises, asked, strict=True)]
        return list(zip(ends, left, strict=True))


def _promise(end: em.Climb | None, one: Local) -> float:
    """Nats that a local fit may come to gain; nothing where it has ended."""
    if end is None or end.held or end.status is not em.Status.MAX_ITER:
        return -np.inf
    return one.gain(end) + remaining(end.history) * one.scale


def _different(halves: list[tuple[float, Parameters]]) -> list[tuple[float, Parameters]]:
    """The best first, none twice."""
    found: list[tuple[float, Parameters]] = []
    for gain, two in sorted(halves, key=lambda half: -half[0]):
        if not found or found[-1][0] - gain > ALIKE * max(1.0, abs(gain)):
            found.append((gain, two))
    return found


def _whiteners(parts: Parts, components: list[int]) -> dict[int, FloatArray]:
    """The inverse of each component's Cholesky factor, where it has one."""
    try:
        factors = np.linalg.cholesky(parts.covariances[components])
    except np.linalg.LinAlgError:
        if len(components) == 1:
            return {}
        return {c: whitener for one in components for c, whitener in _whiteners(parts, [one]).items()}
    return dict(zip(components, np.linalg.inv(factors), strict=True))
