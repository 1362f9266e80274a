"""Longer strides for EM: SQUAREM on the statistics (Varadhan & Roland 2008, Scand. J. Statist. 35:335).

An iteration maps statistics to statistics: the M-step makes a mixture of them, a pass over the rows the next ones. Two
iterations show the direction and how the steps shrink, and from that how far the way goes on; the M-step turns the
statistics found there into a mixture of the family, whatever the family. A stride that ends lower is taken back, so
the objective never falls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bactrian.errors import CovarianceError
from bactrian.kernels import Parameters
from bactrian.objective import Objective
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

Step = tuple[Parameters, tuple[int, ...]]

# gains below this part of the objective are rounding
ROUNDING = 1e-14
PATIENCE = 6  # steps of EM before the first stride: a short climb ends before strides pay
SETTLE = 2  # steps of EM in which what a stride has stirred up dies out
SURE = 0.001  # of tol: a step that gains less is no beginning of a way, however slowly gains shrink
GROWTH = 4.0  # the longest stride grows by this factor when it was taken in full
BARRED = 2  # gains of EM as it is that tell how many more there are


def remaining(history: Sequence[float]) -> float:
    """Nats that EM can still gain: the larger of the last gain and of the sum of a geometric series of gains."""
    if len(history) < 2:
        return np.inf
    gain = history[-1] - history[-2]
    if gain <= ROUNDING * abs(history[-1]):
        return 0.0
    if len(history) < 3 or gain >= (before := history[-2] - history[-3]):
        return np.inf  # gains that grow say nothing about their end
    return max(gain, gain * gain / (before - gain))


class Plain:
    """EM as it is.

    ``transient`` : attributes that follow from the others.
    """

    on_trial = False
    transient = frozenset({"objective"})

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def step(self, statistics: Statistics, mixture: Parameters) -> Step:
        """The next mixture to look at, and the components that the floor held."""
        return self.objective.maximize(statistics, mixture)

    def retreat(self, statistics: Statistics) -> Step:
        """What to look at instead of a mixture on trial, which was lower and has these statistics."""
        raise NotImplementedError("a step of EM is never taken back")

    def ends(self, history: Sequence[float], statistics: Statistics, tol: float) -> bool:
        """Whether less than ``tol`` nats can still be gained; asked once a pass."""
        return self.remaining(history, statistics) < tol

    def remaining(self, history: Sequence[float], statistics: Statistics) -> float:
        """Nats that can still be gained."""
        return remaining(history)


class Squarem(Plain):
    """Two steps of EM, then a stride.

    ``on_trial`` : the mixture being looked at is a stride, to be taken back if it is lower.

    Parameters
    ----------
    objective : Objective
    patience : int
        Steps of EM before the first stride.
    wary : bool
        Where the climb may end, ``SETTLE`` more steps of EM must say so too, as they do for a climb without strides:
        near the top a cycle or two have seen too little of the slow directions.
    """

    def __init__(self, objective: Objective, patience: int = PATIENCE, *, wary: bool = False) -> None:
        super().__init__(objective)
        self._patience, self._wary = patience, wary
        self._settling = 0  # steps to come
        self._barred = 0  # steps in a row after which no stride could begin
        self._longest = 1.0
        self._before = 0.0  # what the second step of the last cycle gained
        self._lengths = (np.inf, np.inf)  # of the last two cycles
        self._estimate = np.inf  # of what remained, by the last cycle
        self._begin()

    def _begin(self, origin: FloatArray | None = None) -> None:
        """A new cycle from the statistics that made the mixture looked at next."""
        self.on_trial = False
        self._origin = origin
        self._first: FloatArray | None = None
        self._settling = 0

    def step(self, statistics: Statistics, mixture: Parameters) -> Step:
        if self._patience > 0:
            self._patience -= 1
            return super().step(statistics, mixture)
        here = coordinates(statistics, self.objective.noise is not None)
        plain = self.objective.maximize(statistics, mixture)
        self._barred = self._barred + 1 if here is None or plain[1] else 0
        if here is None or self._barred or self._origin is None:
            self._begin(here)
            return plain
        if self._first is None:
            self.on_trial, self._first = False, here
            return plain
        if self._settling > 0:  # the last two steps begin the next stride
            self._origin, self._first = self._first, here
            return plain
        return self._stride(here, plain, statistics, mixture)

    def _stride(self, here: FloatArray, plain: Step, statistics: Statistics, mixture: Parameters) -> Step:
        """From two steps to the end of a stride, with the plain step kept for the case that it is lower."""
        assert self._origin is not None
        assert self._first is not None
        step, bend, length = self._shape(here, statistics)
        capped = length >= self._longest
        length = min(length, self._longest)
        there = self._origin + 2 * length * step + length**2 * bend
        self._begin(here)
        if capped:
            self._longest *= GROWTH
        if length <= 1:
            return plain
        found = self._maximum(there, statistics, mixture)
        if found is None:
            return plain
        self.on_trial, self._length, self._fallback = True, length, plain
        self._retreat, self._origin = here, there
        return found

    def _shape(self, here: FloatArray, statistics: Statistics) -> tuple[FloatArray, FloatArray, float]:
        """The first step, how the second differs from it, and how many such steps the way goes on."""
        assert self._origin is not None
        assert self._first is not None
        step = self._first - self._origin
        bend = here - self._first - step
        metric = metric_of(statistics, len(here))
        return step, bend, norm(metric * step) / max(norm(metric * bend), 1e-300)

    def _maximum(self, there: FloatArray, like: Statistics, mixture: Parameters) -> Step | None:
        with np.errstate(over="ignore", invalid="ignore"):
            found = statistics_at(there, like, self.objective.noise is not None)
        return unseen(self.objective, found, mixture)

    def retreat(self, statistics: Statistics) -> Step:
        """Back to the plain step."""
        self._longest = max(1.0, self._length / 2)
        self._begin(self._retreat)
        return self._fallback

    def ends(self, history: Sequence[float], statistics: Statistics, tol: float) -> bool:
        if self._settling > 0:
            self._settling -= 1
            return self._settling == 0 and remaining(history) < tol
        left = self.remaining(history, statistics)
        if not self._wary or self._barred >= BARRED:
            return left < tol
        if len(history) > 2 and not self.on_trial and history[-1] - history[-2] < SURE * tol:
            return True
        if left < tol:
            self._settling = SETTLE
        return False

    def remaining(self, history: Sequence[float], statistics: Statistics) -> float:
        """After the second of two steps: its gain over the whole way, from how the steps shrink.

        The stride before them must have gained as little, and the cycle before must have said the same: what a stride
        has hidden shows itself in the next. Where a component is held at the floor no stride begins, and the climb ends
        as EM does.
        """
        if self._patience > 0 or self._barred >= BARRED:
            return super().remaining(history, statistics)
        if len(history) < 2:
            return np.inf
        gain = history[-1] - history[-2]
        if self._first is None or self._origin is None:
            return 0.0 if 0 <= gain <= ROUNDING * abs(history[-1]) and not self.on_trial else np.inf
        before, self._estimate = self._estimate, self._left(history, gain, statistics)
        return max(before, self._estimate)

    def _left(self, history: Sequence[float], gain: float, statistics: Statistics) -> float:
        if gain <= ROUNDING * abs(history[-1]):
            return 0.0
        here = coordinates(statistics, self.objective.noise is not None)
        if here is None or len(history) < 3:
            return np.inf
        step, bend, length = self._shape(here, statistics)
        before, self._before = self._before, gain
        if dot(step, metric_of(statistics, len(here)) ** 2 * bend) >= 0 or gain >= before:
            return np.inf  # steps or gains that grow say nothing about their end
        # a stride stirs up what dies out at once, and hides what does not: the longer of two ways counts
        self._lengths = (self._lengths[1], length)
        rate = max(0.0, 1 - 1 / max(*self._lengths, 1.0)) ** 2
        return max(gain, gain * rate / max(1 - rate, 1e-12), history[-2] - history[-3])


def unseen(objective: Objective, statistics: Statistics | None, mixture: Parameters) -> Step | None:
    """The mixture of statistics that no pass has shown; None where they lie too far."""
    if statistics is None:
        return None
    try:
        step = objective.maximize(statistics, mixture)
    except CovarianceError:
        return None
    return None if step[1] else step


def coordinates(statistics: Statistics, noise: bool) -> FloatArray | None:
    """Statistics as a vector without bounds: log counts, means, logarithms and factors of the average scatter.

    None where there is none: a component without rows, a scatter that is not positive definite.
    """
    counts = statistics.counts
    rest = [statistics.total - counts.sum()] if noise else []
    amounts = np.append(counts, rest)
    if (amounts <= 0).any():
        return None
    within, scatter = statistics.within(), statistics.scatter
    if scatter in (Scatter.TRACE, Scatter.DIAGONAL):
        if (within <= 0).any():
            return None
        spread = np.log(within.reshape(len(counts), -1) / counts[:, None])
    else:
        average = within[None] / counts.sum() if scatter is Scatter.POOLED else within / counts[:, None, None]
        try:
            spread = _log_factor(np.linalg.cholesky(average))
        except np.linalg.LinAlgError:
            return None
    return np.concatenate([np.log(amounts), statistics.means().ravel(), spread.ravel()])


def statistics_at(vector: FloatArray, like: Statistics, noise: bool) -> Statistics | None:
    """The statistics whose ``coordinates`` these are; None where they leave the range of float64."""
    k, d = like.first.shape
    split = k + noise
    amounts = np.exp(vector[:split] - vector[:split].max())
    amounts *= (like.total if noise else like.counts.sum()) / amounts.sum()
    counts, means = amounts[:k], vector[split : split + k * d].reshape(k, d)
    spread = vector[split + k * d :]
    if like.scatter in (Scatter.TRACE, Scatter.DIAGONAL):
        second = (np.exp(spread.reshape(k, -1)) * counts[:, None]).reshape(like.second.shape)
    else:
        factor = _exp_factor(spread.reshape(-1, d * (d + 1) // 2), d)
        average = factor @ factor.swapaxes(1, 2)
        pooled = like.scatter is Scatter.POOLED
        second = average[0] * counts.sum() if pooled else average * counts[:, None, None]
    if not (np.isfinite(second).all() and np.isfinite(means).all() and (counts > 0).all()):
        return None
    return replace(like, counts=counts, shift=means, first=np.zeros((k, d)), second=second)


def metric_of(statistics: Statistics, size: int) -> FloatArray:
    """How much each coordinate weighs in the length of a step: components by their rows, features by their spread."""
    k, d = statistics.first.shape
    share = np.sqrt(statistics.counts / statistics.total)
    deviation = np.sqrt(_variances(statistics))
    means = (share[:, None] / deviation).ravel()
    scatter = statistics.scatter
    if scatter in (Scatter.TRACE, Scatter.DIAGONAL):
        spread = np.repeat(share, 1 if scatter is Scatter.TRACE else d)
    else:
        i, j = np.tril_indices(d)
        one = np.where(i == j, 1.0, 1 / deviation[i])
        spread = one if scatter is Scatter.POOLED else (share[:, None] * one).ravel()
    extra = size - k - k * d - len(spread)  # noise
    return np.concatenate([share, np.ones(extra), means, spread])


def _variances(statistics: Statistics) -> FloatArray:
    """(D,) average within components."""
    d, within, total = statistics.first.shape[1], statistics.within(), statistics.counts.sum()
    if statistics.scatter is Scatter.TRACE:
        return np.full(d, within.sum() / (d * total))
    if statistics.scatter is Scatter.DIAGONAL:
        return np.asarray(within.sum(axis=0) / total)
    pooled = within if statistics.scatter is Scatter.POOLED else within.sum(axis=0)
    return np.asarray(np.diagonal(pooled) / total)


def _log_factor(factors: FloatArray) -> FloatArray:
    """(M, D(D+1)/2) rows of the lower factors, with the logarithm on the diagonal."""
    d = factors.shape[1]
    i, j = np.tril_indices(d)
    flat = factors[:, i, j]
    flat[:, i == j] = np.log(flat[:, i == j])
    return np.asarray(flat)


def _exp_factor(flat: FloatArray, d: int) -> FloatArray:
    i, j = np.tril_indices(d)
    factors = np.zeros((len(flat), d, d))
    factors[:, i, j] = np.where(i == j, np.exp(np.where(i == j, flat, 0.0)), flat)
    return factors


def dot(a: FloatArray, b: FloatArray) -> float:
    """On this thread: a BLAS wakes others for some ten thousand numbers, which takes longer than to add them up."""
    return float(np.einsum("i,i->", a, b))


def norm(a: FloatArray) -> float:
    return math.sqrt(dot(a, a))
