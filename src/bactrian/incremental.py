"""Incremental EM: an M-step after each block of rows.

Neal & Hinton 1998 (in Jordan, ed., Learning in Graphical Models, 355).
The statistics of each block are kept as its last visit left them. A block that is read again replaces its own, and the
M-step follows at once. What never falls is the free energy: of each block the entropy of its responsibilities, and what
its statistics expect of the mixture. It is a lower bound of the log-likelihood, and equal to it where all blocks were
visited under one mixture.

A read by blocks does at most what two reads do otherwise. So it saves much where few reads are needed, and where many
are, strides go on (``acceleration.Squarem``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bactrian.acceleration import Squarem, Step, remaining
from bactrian.kernels import Parameters
from bactrian.objective import Objective
from bactrian.statistics import Scatter, Statistics

MOST = 64  # blocks
KEPT = 32 << 20  # bytes of statistics that all climbs together may keep
FEW = 8.0  # reads to come up to which strides would not pay
PATIENCE = 16  # reads after which they begin in any case

LOG_TWO_PI = float(np.log(2 * np.pi))


class Incremental(Squarem):
    """Sweeps, each an M-step for every block; then strides, if the end is far.

    The first read and the last are whole ones, under one mixture, and so is every read where there is one block.

    Attributes
    ----------
    blocks : tuple of Statistics
        Of the last visits, each with the entropy of its responsibilities in place of the log-likelihood.
    values : tuple of float
        The objective since the last whole read: where the first sweep began, and after each. Of one block: all.
    left : float
        Nats that can still be gained, by the last sweep's estimate; infinite after a whole read.
    swept : bool
        Whether the last read was a sweep.
    held : tuple of int
        The components that the floor held in the last M-step of a sweep.
    reads : int
        That there were.
    strides : bool
        Whether sweeps have given way to strides.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__(objective, patience=0)
        self.blocks: tuple[Statistics, ...] = ()
        self.values: tuple[float, ...] = ()
        self.left = np.inf
        self.swept = False
        self.held: tuple[int, ...] = ()
        self.reads = 0
        self.strides = False

    def begin(self, mixture: Parameters, *, last: bool, tol: float) -> Read:
        """The next read; a whole one where it is the ``last``, or the sweep before saw less than ``tol`` left."""
        self.strides = self.strides or self.reads >= PATIENCE or self._to_come(tol) > FEW
        sweep = not (last or self.strides or self.left < tol or len(self.blocks) < 2)
        return Read(self.objective, mixture, SumTree(self.blocks) if sweep else None)

    def end(self, read: Read) -> Statistics:
        """Of all rows, with the log-likelihood of the read's mixture or, after a sweep, the free energy."""
        if read.sums is not None and not self.swept:
            self.values = (read.value_before,)
        self.blocks, self.swept, self.held = tuple(read.visited), read.sums is not None, read.held
        self.reads += 1
        if read.sums is not None:
            return replace(read.sums.total, log_likelihood=free_energy(read.sums.total, read.mixture))
        total = replace(SumTree(self.blocks).total, log_likelihood=read.log_likelihood)
        if self.strides or not read.known:
            self.blocks = ()
        return total

    def step(self, statistics: Statistics, mixture: Parameters) -> Step:
        if self.swept:
            return mixture, self.held
        return super().step(statistics, mixture) if self.strides else self.objective.maximize(statistics, mixture)

    def remaining(self, history: Sequence[float], statistics: Statistics) -> float:
        """After a whole read: what the sweep before it saw left, or what the read itself gained if that is more."""
        if self.strides:
            return super().remaining(history, statistics)
        before, self.left = self.left, np.inf
        if self.swept or len(self.blocks) < 2:
            self.values = (*self.values, history[-1])
            self.left = remaining(self.values)
            return np.inf if self.swept else self.left
        return np.inf if len(history) < 2 else max(before, history[-1] - history[-2])

    def _to_come(self, tol: float) -> float:
        """Reads until less than ``tol`` is left, if gains go on to shrink as they do; 0 while that is not known."""
        if not tol < self.left < np.inf or len(self.values) < 3 or tol == 0:
            return 0.0
        before, gain = np.diff(self.values[-3:])
        return float(np.log(tol / self.left) / np.log(gain / before))


class Read:
    """One read of one climb: block after block is taken.

    Attributes
    ----------
    mixture : Parameters
        That the next block is to be read under; after a sweep the one that all have led to.
    held : tuple of int
        The components that the floor held in the last M-step.
    sums : SumTree or None
        None where the whole read is under one mixture.
    visited : list of Statistics
        As ``Incremental.blocks``.
    known : bool
        Whether the entropies of the blocks are. Under a start of another form than the family's they are not: the
        family's statistics need not say how far the rows are from it.
    log_likelihood : float
        Sum over the blocks, each under its mixture.
    value_before : float
        The objective with which a sweep began.
    """

    def __init__(self, objective: Objective, mixture: Parameters, sums: SumTree | None) -> None:
        self._objective = objective
        self.mixture, self.sums = mixture, sums
        self.held: tuple[int, ...] = ()
        self.known = objective.family.in_form(mixture.covariance)
        self.visited: list[Statistics] = []
        self.log_likelihood = 0.0
        if sums is not None:
            self.value_before = objective.value(free_energy(sums.total, mixture), mixture)

    def take(self, statistics: Statistics) -> None:
        """The next block's, under ``mixture``."""
        self.log_likelihood += statistics.log_likelihood
        entropy = statistics.log_likelihood - expected(statistics, self.mixture) if self.known else np.nan
        block = replace(statistics, log_likelihood=entropy)
        if self.sums is not None:
            self.sums.replace(len(self.visited), block)
            self.mixture, self.held = self._objective.maximize(self.sums.total, self.mixture)
        self.visited.append(block)


def free_energy(blocks: Statistics, mixture: Parameters) -> float:
    """Of the sum of blocks that hold their entropies."""
    return blocks.log_likelihood + expected(blocks, mixture)


class SumTree:
    """The sum of some statistics, any of which can be replaced.

    Sums are added anew, log2(B) for each replacement: where old statistics were subtracted, rounding would stay behind.
    """

    def __init__(self, leaves: Sequence[Statistics]) -> None:
        self._first = len(leaves)
        self._nodes = [*leaves, *leaves]  # node i has the children 2 i and 2 i + 1; the root is node 1
        for i in range(self._first - 1, 0, -1):
            self._add(i, leaves[-1])

    @property
    def total(self) -> Statistics:
        return self._nodes[1]

    def replace(self, number: int, leaf: Statistics) -> None:
        i = self._first + number
        self._nodes[i] = leaf
        while (i := i // 2) > 0:
            self._add(i, leaf)

    def _add(self, i: int, about: Statistics) -> None:
        left, right = self._nodes[2 * i : 2 * i + 2]
        self._nodes[i] = left.about(about.shift) + right.about(about.shift)


def expected(statistics: Statistics, mixture: Parameters) -> float:
    """What the log-likelihood of a mixture would be if each row's component were known as the statistics have it."""
    s = statistics.about(mixture.means)
    d, there = s.first.shape[1], s.counts > 0
    log_weights = np.log(np.where(there, mixture.weights, 1.0))
    densities = log_weights - 0.5 * (mixture.covariance.log_determinants + d * LOG_TWO_PI)
    value = float(s.counts @ np.where(there, densities, 0.0)) - 0.5 * _distances(s, mixture)
    noise = mixture.noise
    if noise is None or noise.weight == 0:
        return value
    return value + (s.total - float(s.counts.sum())) * float(np.log(noise.weight) + noise.log_density)


def _distances(statistics: Statistics, mixture: Parameters) -> float:
    """Sum of the rows' squared Mahalanobis distances from the components' means; ``statistics`` is about these."""
    w, second = mixture.covariance.whiteners, statistics.second
    if mixture.covariance.kind == "full":
        return float(((w @ second) * w).sum())
    return float((w**2 * second).sum())


def n_blocks(shapes: Sequence[tuple[int, int, Scatter]]) -> int:
    """Blocks that climbs with so many components, features and such scatter can keep statistics of."""
    numbers = max(1, sum(k + 2 * k * d + int(np.prod(scatter.shape(k, d))) for k, d, scatter in shapes))
    return int(np.clip(KEPT // (2 * 8 * numbers), 1, MOST))  # as leaves and in sums
