"""What runs on the workers: functions of the shards that lie there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from distributed import get_worker

from bactrian.sources.dask.blocks import Shard
from bactrian.sources.partitioned import Work
from bactrian.sources.partitioned.tree import combine, leaf

# The kernel uses all threads of a worker, so that two fits would only get in each other's way.
ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, eq=False)
class Answer:
    """``moved`` : it was not the worker that was asked."""

    content: dict[Any, Any]
    moved: bool


def summaries(address: str, work: None, partitions: Sequence[int], shards: Sequence[Shard]) -> Answer:
    return _answer(address, {p: shard.summary for p, shard in zip(partitions, shards, strict=True)})


def fold(n_partitions: int, address: str, work: Work, partitions: Sequence[int], shards: Sequence[Shard]) -> Answer:
    """The nodes of the tree that lie whole on this worker."""
    nodes: dict[Any, Any] = {}
    with ONE_AT_A_TIME:
        run = work.start(get_worker().state.nthreads)
        for partition, shard in zip(partitions, shards, strict=True):
            nodes = combine([nodes, {leaf(partition): run(partition, [shard.part])}], n_partitions)
    return _answer(address, nodes)


def answers(address: str, work: Work, partitions: Sequence[int], shards: Sequence[Shard]) -> Answer:
    with ONE_AT_A_TIME:
        run = work.start(get_worker().state.nthreads)
        found = {p: run(p, [shard.part]) for p, shard in zip(partitions, shards, strict=True)}
    return _answer(address, found)


def merged(merge: Callable[[list[Any]], dict[Any, Any]], some: Sequence[Answer]) -> Answer:
    return Answer(merge([answer.content for answer in some]), any(answer.moved for answer in some))


def union(some: Sequence[dict[Any, Any]]) -> dict[Any, Any]:
    return {key: value for one in some for key, value in one.items()}


def _answer(address: str, content: dict[Any, Any]) -> Answer:
    return Answer(content, get_worker().address != address)
