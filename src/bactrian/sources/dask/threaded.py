"""Partitions without a cluster: each pass computes them again on Dask's local scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import dask

from bactrian.kernels.native import usable_cores
from bactrian.sources.dask.blocks import Blocks, Shard
from bactrian.sources.partitioned import PartitionedSource, Work
from bactrian.sources.partitioned.tree import Nodes, combine, leaf, total
from bactrian.typing import FloatArray


class ThreadedSource(PartitionedSource):
    """As many partitions are in memory at a time as the scheduler has threads."""

    def __init__(self, blocks: Blocks) -> None:
        self._shards = [blocks.shard(i) for i in range(len(blocks))]
        # the scheduler runs partitions side by side, so each has its share of the cores
        self._threads = max(1, usable_cores() // len(self._shards))
        summaries = dask.compute(*(_call(_summary)(shard) for shard in self._shards))
        super().__init__(summaries, blocks.n_features, blocks.names, blocks.single_precision, blocks.weighted)

    def reduce(self, work: Work) -> FloatArray:
        n = len(self._shards)
        level: list[Any] = [self._answer(work, p, shard, _leaf) for p, shard in enumerate(self._shards)]
        while len(level) > 1:
            pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
            level = [_call(partial(_combined, n))(*pair) for pair in pairs]
        return total(dask.compute(level[0])[0])

    def collect(self, work: Work, partitions: Sequence[int]) -> list[FloatArray]:
        return list(dask.compute(*(self._answer(work, p, self._shards[p], _plain) for p in partitions)))

    def _answer(self, work: Work, partition: int, shard: Any, shape: Any) -> Any:
        return _call(partial(shape, work.only([partition]), self._threads, partition))(shard)


def _call(function: Any) -> Any:
    return dask.delayed(function, pure=False)


def _summary(shard: Shard) -> Any:
    return shard.summary


def _plain(work: Work, threads: int, partition: int, shard: Shard) -> FloatArray:
    return work.start(threads)(partition, [shard.part])


def _leaf(work: Work, threads: int, partition: int, shard: Shard) -> Nodes:
    return {leaf(partition): _plain(work, threads, partition, shard)}


def _combined(n_partitions: int, *nodes: Nodes) -> Nodes:
    return combine(nodes, n_partitions)
