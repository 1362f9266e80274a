"""What is asked of each partition: a value that travels to where the rows live, and answers with a float64 array.

Answers of works that fold add up over partitions; the others are gathered in the order of the partitions.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from bactrian.kernels import Kernel, NativeKernel, Parameters
from bactrian.packing import PackedParameters, pack, packed_size
from bactrian.sources.partitioned.part import Part
from bactrian.sources.source import reach
from bactrian.statistics import Scatter
from bactrian.typing import FloatArray, IntArray

# the number of the partition and its rows, in one block or several -> the answer
Run: TypeAlias = Callable[[int, Iterable[Part]], FloatArray]


class Work(ABC):
    """Frozen and small: it is pickled once for each machine and pass."""

    @abstractmethod
    def start(self, threads: int) -> Run:
        """Make ready, on the machine that holds the rows, what all its partitions share.

        ``threads`` : how many the kernel may use there unless the user said how many.
        """

    @property
    def common(self) -> int:
        """Bytes that are the same for every machine."""
        return 0

    def only(self, partitions: Collection[int]) -> Work:
        """The part of the work that concerns some partitions."""
        return self


@dataclass(frozen=True, eq=False)
class Fold(Work):
    """The statistics under each mixture, packed one behind the other."""

    kernel: Kernel
    mixtures: tuple[PackedParameters, ...]
    scatters: tuple[Scatter, ...]

    @classmethod
    def of(cls, kernel: Kernel, mixtures: Sequence[Parameters], scatters: Sequence[Scatter]) -> Fold:
        return cls(kernel, tuple(map(PackedParameters.of, mixtures)), tuple(scatters))

    @property
    def common(self) -> int:
        return sum(m.numbers.nbytes for m in self.mixtures)

    def start(self, threads: int) -> Run:
        kernel = kernel_there(self.kernel, threads)
        pairs = [(m.unpack(), scatter) for m, scatter in zip(self.mixtures, self.scatters, strict=True)]

        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            total = np.zeros(sum(packed_size(p.means, scatter) for p, scatter in pairs))
            for block in blocks:
                if len(block):
                    total += np.concatenate([pack(kernel.accumulate(block.values, block.weight, *p)) for p in pairs])
            return total

        return run


@dataclass(frozen=True, eq=False)
class FoldGiven(Work):
    """The statistics under given labels or responsibilities: those of each partition's rows of positive weight."""

    kernel: Kernel
    assignments: Mapping[int, FloatArray | IntArray]
    shift: FloatArray
    scatter: Scatter

    def only(self, partitions: Collection[int]) -> FoldGiven:
        return replace(self, assignments={p: self.assignments[p] for p in partitions})

    def start(self, threads: int) -> Run:
        kernel = kernel_there(self.kernel, threads)

        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            total, row = np.zeros(packed_size(self.shift, self.scatter)), 0
            for block in blocks:
                given = self.assignments[partition][row : row + len(block)]
                row += len(block)
                if len(block):
                    total += pack(kernel.accumulate_given(block.values, block.weight, given, self.shift, self.scatter))
            return total

        return run


@dataclass(frozen=True, eq=False)
class Kept(Work):
    """For each row as it was given, 1 if its weight is positive, else 0."""

    def start(self, threads: int) -> Run:
        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            return np.concatenate([np.empty(0), *(block.kept for block in blocks)])

        return run


@dataclass(frozen=True, eq=False)
class Gather(Work):
    """All rows, n (D + 1) numbers with each row's weight last: for data that fit on the client."""

    def start(self, threads: int) -> Run:
        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            rows = [np.column_stack([b.values.astype(np.float64), _weights(b)]) for b in blocks]
            return np.concatenate(rows) if rows else np.empty((0, 0))

        return run


@dataclass(frozen=True, eq=False)
class Draw(Work):
    """(m, D) rows at ascending positions (m,) of each partition's own cumulated weight."""

    positions: Mapping[int, FloatArray]

    def only(self, partitions: Collection[int]) -> Draw:
        return Draw({p: self.positions[p] for p in partitions})

    def start(self, threads: int) -> Run:
        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            positions, found, passed, last = self.positions[partition], [], 0.0, None
            for block in blocks:
                if not len(block):
                    continue
                cumulated = passed + np.cumsum(_weights(block))
                passed, last = cumulated[-1], block.values[-1:]
                here, positions = positions[positions < passed], positions[positions >= passed]
                found.append(block.values[np.searchsorted(cumulated, here, side="right")])
            if last is not None and len(positions):  # rounding carried them past the end
                found.append(np.repeat(last, len(positions), axis=0))
            return np.concatenate(found).astype(np.float64)

        return run


@dataclass(frozen=True, eq=False)
class Extent(Work):
    """How far the rows reach along each of (D, P) directions: the P smallest projections, then the P largest."""

    directions: FloatArray

    def start(self, threads: int) -> Run:
        def run(partition: int, blocks: Iterable[Part]) -> FloatArray:
            reached = [reach(block.values, self.directions) for block in blocks]
            none = np.full((1, self.directions.shape[1]), np.inf)
            low = np.concatenate([none, *(r[:1] for r in reached)]).min(axis=0)
            return np.concatenate([low, np.concatenate([-none, *(r[1:] for r in reached)]).max(axis=0)])

        return run


def _weights(block: Part) -> FloatArray:
    return np.ones(len(block)) if block.weight is None else block.weight


def kernel_there(kernel: Kernel, threads: int) -> Kernel:
    """The client's kernel, made anew for the machine it is on."""
    if not isinstance(kernel, NativeKernel):
        return kernel
    asked = kernel.n_threads
    if asked is None and "BACTRIAN_NUM_THREADS" not in os.environ:
        asked = threads
    return NativeKernel(asked, kernel.instructions)
