"""What is gained where one component becomes two: local fits on its rows, weighted by its responsibilities.

Such a fit leaves the other components as they are, so what it gains is gained by the whole mixture too, at least
(Jensen's inequality, over whether a row came from this component). Where a component stays, so do its halves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel, Parameters
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts.parts import Parts, parts_of
from bactrian.typing import FloatArray, IntArray

LOCAL = 12  # iterations of a local fit
LOCAL_TOL = 1e-3
BYTES = 4 << 20  # of rows whose components are split side by side
NOTHING = 1e-3  # rows with a lower responsibility are left out
SAME = 0.03  # a component has stayed if it moved and stretched by less, in its own standard deviations
REMEMBERED = 4  # times K components
ALIKE = 1e-3  # nats, as part of what is gained: two ways of splitting that found the same


@dataclass(frozen=True, eq=False)
class Split:
    """Component ``c`` as ``two``, whose weights sum to 1; ``gain`` in nats, at least.

    Where ``c`` is ``NOISE`` there is one, which condenses out of it and takes this part of its weight.
    """

    c: int
    gain: float
    two: Parts


@dataclass(frozen=True, eq=False)
class Known:
    """A component and its halves; ``whitener`` is the inverse of its Cholesky factor."""

    weight: float
    mean: FloatArray
    whitener: FloatArray
    halves: list[tuple[float, Parts]]

    def is_like(self, weight: float, mean: FloatArray, covariance: FloatArray) -> bool:
        if abs(np.log(self.weight / weight)) > SAME or np.linalg.norm(self.whitener @ (self.mean - mean)) > SAME:
            return False
        stretched = self.whitener @ covariance @ self.whitener.T - np.eye(len(mean))
        return bool(np.abs(stretched).max() < 2 * SAME)


@dataclass(frozen=True, eq=False)
class Local:
    """One component's rows, where local fits begin, and the log-likelihood to beat."""

    c: int
    part: ArraySource
    whitener: FloatArray
    starts: list[em.Climb]
    alone: float


@dataclass(eq=False)
class Halves:
    """Splits of the components of mixtures of one source, as good as they were found."""

    source: ArraySource
    kernel: Kernel
    objective: Objective
    rng: np.random.Generator
    known: list[Known] = field(default_factory=list)

    def of(self, mixture: Parameters, z: FloatArray) -> list[Split]:
        """For each component with rows enough its splits; ``z`` (N, K) are the responsibilities."""
        parts = parts_of(mixture)
        new = [c for c in range(len(parts.weights)) if self._known(parts, c) is None]
        if new:
            log_density = self.source.log_densities(self.kernel, mixture)
            for some in _side_by_side(self._local(parts, c, z[:, c], log_density) for c in new):
                self._learn(parts, some)
                some.clear()  # before others are copied
        found = ((c, self._known(parts, c)) for c in range(len(parts.weights)))
        return [Split(c, gain, two) for c, known in found if known for gain, two in known.halves]

    def _known(self, parts: Parts, c: int) -> Known | None:
        this = float(parts.weights[c]), parts.means[c], parts.covariances[c]
        return next((known for known in reversed(self.known) if known.is_like(*this)), None)

    def _local(self, parts: Parts, c: int, share: FloatArray, log_density: FloatArray) -> Local | None:
        source = self.source
        here = source.where(share > NOTHING)
        weight = share[here] if source.weight is None else share[here] * source.weight[here]
        factor = _factor(parts.covariances[c])
        if factor is None or weight.sum() < 2 * (source.n_features + 2):
            return None
        # the log-density of the component alone, from that of the mixture
        alone = float(weight @ (np.log(share[here]) + log_density[here])) - weight.sum() * np.log(parts.weights[c])
        part, whitener = ArraySource(source.values[here], weight), np.linalg.inv(factor)
        ways = _ways(part, parts.means[c], parts.covariances[c], whitener, self._scale, self.rng)
        starts = [start for labels in ways if (start := self._start(part, parts.means[c], labels)) is not None]
        return Local(c, part, whitener, starts, float(alone))

    @property
    def _scale(self) -> FloatArray:
        variances = np.diagonal(self.source.moments.covariance)
        return np.asarray(1 / np.sqrt(np.where(variances > 0, variances, 1.0)))

    @property
    def _goal(self) -> Objective:
        """A part of the rows says nothing of a prior for all, nor of the noise."""
        return replace(self.objective, prior=None, noise=None)

    def _start(self, part: ArraySource, mean: FloatArray, labels: IntArray) -> em.Climb | None:
        goal, shift = self._goal, np.repeat(mean[None], 2, axis=0)
        statistics = part.fold_given(self.kernel, labels, shift, goal.family.scatter)
        if statistics.counts.min() <= part.n_features:
            return None
        try:
            return em.Climb(goal, *goal.maximize(statistics))
        except CovarianceError:
            return None

    def _learn(self, parts: Parts, local: list[Local]) -> None:
        asked = [(one.part, start) for one in local for start in one.starts]
        ends = iter(em.run_apart(self.kernel, asked, tol=LOCAL_TOL, max_iter=LOCAL))
        for one in local:
            found = [next(ends) for _ in one.starts]
            halves = _different([(e.value - one.alone, parts_of(e.mixture)) for e in found if e and not e.held])
            weight, mean = float(parts.weights[one.c]), parts.means[one.c]
            self.known.append(Known(weight, mean, one.whitener, halves))
        del self.known[: -REMEMBERED * len(parts.weights)]


def _side_by_side(local: Iterable[Local | None]) -> Iterator[list[Local]]:
    """As many at a time as there is room for copies of their rows; two at least, for two threads."""
    some: list[Local] = []
    for one in local:
        if one is not None:
            some.append(one)
        if sum(other.part.values.nbytes for other in some) > BYTES and len(some) > 1:
            yield some
            some = []
    yield some


def _different(halves: list[tuple[float, Parts]]) -> list[tuple[float, Parts]]:
    """The best first, none twice."""
    found: list[tuple[float, Parts]] = []
    for gain, two in sorted(halves, key=lambda half: -half[0]):
        if not found or found[-1][0] - gain > ALIKE * max(1.0, abs(gain)):
            found.append((gain, two))
    return found


def _ways(
    part: ArraySource,
    mean: FloatArray,
    covariance: FloatArray,
    whitener: FloatArray,
    scale: FloatArray,
    rng: np.random.Generator,
) -> Iterator[IntArray]:
    """Labels (n,), 0 or 1: either side along the longest axis, by two centres, and a core in its surroundings."""
    apart, weight = part.values - mean, np.ones(part.n_rows) if part.weight is None else part.weight
    axis = np.linalg.eigh(covariance * np.outer(scale, scale))[1][:, -1] * scale
    yield (apart @ axis > 0).astype(np.intp)
    white = apart @ whitener.T
    yield _two_means(white, weight, rng)
    distances = np.einsum("nd,nd->n", white, white)
    yield (distances > _median(distances, weight)).astype(np.intp)


def _two_means(white: FloatArray, weight: FloatArray, rng: np.random.Generator) -> IntArray:
    """Labels by k-means++ and Lloyd's steps for two groups, which on so few rows NumPy does as fast as the core."""
    near = white[_drawn(weight, rng)]
    far = white[_drawn(weight * np.einsum("nd,nd->n", white - near, white - near), rng)]
    centres = near, far
    for _ in range(3):
        between = centres[1] - centres[0]
        labels = (white @ between > 0.5 * (centres[0] + centres[1]) @ between).astype(np.intp)
        shares = np.bincount(labels, weight, minlength=2)
        if not shares.all():
            break
        second = (weight * labels) @ white
        centres = (weight @ white - second) / shares[0], second / shares[1]
    return np.asarray(labels)


def _drawn(chances: FloatArray, rng: np.random.Generator) -> int:
    """A row, by its share of all: one of weight 2 is two rows."""
    cumulated = np.cumsum(chances)
    found = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
    return min(found, len(chances) - 1)


def _median(values: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(values)
    cumulated = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(cumulated, 0.5 * cumulated[-1])]])


def _factor(covariance: FloatArray) -> FloatArray | None:
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
