"""Partitions pinned on the workers of a cluster.

They are computed once and stay in the workers' memory; a pass submits one task to each worker that holds some. Nothing
is remembered between passes, so that a worker that dies costs one: Dask computes its partitions again elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import dask
from distributed import Client, Future, KilledWorker, wait
from distributed.client import ClosedClientError

from bactrian.errors import ClusterError, DataError
from bactrian.sources.dask import remote
from bactrian.sources.dask.blocks import Blocks
from bactrian.sources.partitioned import CLOSED, PartitionedSource, Work
from bactrian.sources.partitioned.tree import combine, total
from bactrian.typing import FloatArray

FAN_IN = 8  # answers that are brought together at once; more go through merges on the workers
SCATTERED = 100_000  # bytes above which a work is sent once around the workers instead of with each task
CLIENT_CLOSED = (
    "the Dask client was closed while its cluster held the rows of a fit; make a client, and fit again, with the "
    "client open until the fit has ended"
)
ATTEMPTS = 3  # at a pass whose mixture was lost on its way, with the worker that had it


class PinnedSource(PartitionedSource):
    """Rows in the memory of a cluster's workers.

    ``holders`` : the address of the worker that has each partition.
    """

    holders: list[str]

    def __init__(self, blocks: Blocks, client: Client) -> None:
        self._client: Any = client
        self._shards: list[Future] = client.compute(_placed(blocks, client))
        try:
            self.holders = self._settle()
            summaries = self._ask(remote.summaries, None, range(len(self._shards)))
            super().__init__(
                [summaries[p] for p in range(len(self._shards))],
                blocks.n_features, blocks.names, blocks.single_precision, blocks.weighted,
            )  # fmt: skip
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the rows; what is still being computed for them is cancelled."""
        if self._client is not None:
            self._cancel(self._shards)
        self._client, self._shards = None, []  # a fit that remembers this source can be pickled

    def _cancel(self, futures: list[Future]) -> None:
        with suppress(ClosedClientError):  # whose cluster forgets them by itself
            self._client.cancel(futures, force=True)

    def reduce(self, work: Work) -> FloatArray:
        n = len(self._shards)
        return total(self._ask(partial(remote.fold, n), work, range(n), partial(combine, n_partitions=n)))

    def collect(self, work: Work, partitions: Sequence[int]) -> list[FloatArray]:
        answers = self._ask(remote.answers, work, partitions)
        return [answers[p] for p in partitions]

    def _ask(
        self,
        function: Callable[..., remote.Answer],
        work: Work | None,
        partitions: Sequence[int],
        merge: Callable[[list[Any]], dict[Any, Any]] = remote.union,
    ) -> dict[Any, Any]:
        """What the function makes of the partitions, worker by worker, merged."""
        if self._client is None:
            raise DataError(CLOSED)
        for _ in range(ATTEMPTS):
            try:
                return self._pass(function, work, partitions, merge)
            except CancelledError:
                self._check_open()
                self.holders = self._settle()  # raises if the rows are gone
            except ClosedClientError as error:
                raise ClusterError(CLIENT_CLOSED) from error
            except KilledWorker as error:
                raise ClusterError(_killed(error)) from error
        raise ClusterError(f"the cluster lost workers in each of {ATTEMPTS} attempts at a pass; look at their logs")

    def _check_open(self) -> None:
        if self._client.status in ("closing", "closed"):
            raise ClusterError(CLIENT_CLOSED)

    def _pass(self, function: Any, work: Work | None, partitions: Sequence[int], merge: Any) -> dict[Any, Any]:
        sent: list[Future] = []
        try:
            there = work
            if work is not None and work.common > SCATTERED:
                there = self._client.scatter(work, broadcast=True, hash=False)
            for address, held in self._by_holder(partitions).items():
                mine = there if isinstance(there, Future) or work is None else work.only(held)
                shards = [self._shards[p] for p in held]
                sent.append(self._submit(function, address, mine, held, shards))
            answers = sent
            while len(answers) > FAN_IN:
                groups = [answers[i : i + FAN_IN] for i in range(0, len(answers), FAN_IN)]
                answers = [self._submit(partial(remote.merged, merge), None, group) for group in groups]
                sent += answers
            found = self._client.gather(answers)
        except BaseException as error:
            self._cancel(sent)
            if not isinstance(error, Exception):
                self.close()  # Ctrl-C: no task and no row stays behind
            raise
        if any(answer.moved for answer in found):
            self.holders = self._settle()
        merged: dict[Any, Any] = merge([answer.content for answer in found])
        return merged

    def _submit(self, function: Any, address: str | None, *arguments: Any) -> Future:
        # another worker may take over, for this one may die
        return self._client.submit(
            partial(function, address) if address else function, *arguments,
            key=f"bactrian-{uuid4().hex}", workers=[address] if address else None,
            allow_other_workers=address is not None, pure=False,
        )  # fmt: skip

    def _by_holder(self, partitions: Sequence[int]) -> dict[str, list[int]]:
        held: dict[str, list[int]] = {}
        for p in partitions:
            held.setdefault(self.holders[p], []).append(p)
        return held

    def _settle(self) -> list[str]:
        """Wait until all partitions are in memory; which worker has each.

        Raises
        ------
        ClusterError
            They cannot be computed, or not any more.
        """
        with suppress(CancelledError):  # which one it was is asked below
            wait(self._shards)
        for partition, shard in enumerate(self._shards):
            if shard.status == "error":
                error = shard.exception()
                if isinstance(error, KilledWorker):
                    raise ClusterError(_killed(error)) from error
                raise error
            if shard.status != "finished":
                raise ClusterError(_gone(partition))
        has = self._client.who_has(self._shards)
        return [min(has[shard.key]) for shard in self._shards]


def _placed(blocks: Blocks, client: Client) -> list[Any]:
    """The shards, each with the worker it should be on; another may take over, for this one may die."""
    placed = []
    for i, seat in enumerate(_seats(blocks, client)):
        with dask.annotate(workers=[seat], allow_other_workers=True) if seat else nullcontext():
            placed.append(blocks.shard(i))
    return placed


def _seats(blocks: Blocks, client: Client) -> list[str | None]:
    """A worker for each block: who has it, or for those that nobody has, neighbours on the same one.

    Whoever holds neighbours adds them up and sends one sum. None leaves the choice to Dask.
    """
    threads = [address for address, n in sorted(client.nthreads().items()) for _ in range(n)]
    n_blocks = len(blocks)
    seats: list[str | None] = [threads[i * len(threads) // n_blocks] if threads else None for i in range(n_blocks)]
    known = [future for futures in blocks.made_of for future in futures]
    if known:
        wait(known)
        has = client.who_has(known)
        for i, futures in enumerate(blocks.made_of):
            if futures:
                seats[i] = min(set.intersection(*(set(has[f.key]) for f in futures)), default=None)
    return seats


def _gone(partition: int) -> str:
    return (
        f"partition {partition} was lost with the worker that held it and cannot be computed again, because its rows "
        "were sent there and not read there; make the collection from files, or send the rows again, and start again"
    )


def _killed(error: BaseException) -> str:
    return (
        "a partition took several workers down with it, most likely for want of memory; use smaller partitions "
        f"(repartition or rechunk) or larger workers ({' '.join(str(error).split())[:200]})"
    )
