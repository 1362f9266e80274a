"""Rows of a Spark data frame: kept by the executors, asked by the driver."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import ClusterError, DataError, ParameterError
from bactrian.sources.partitioned import CLOSED, PartitionedSource, Summary, Work
from bactrian.sources.partitioned.tree import combine, leaf, total
from bactrian.sources.spark import executor
from bactrian.sources.spark.held import Layout
from bactrian.sources.spark.session import PlacesLostError, run
from bactrian.typing import FloatArray

RENEWALS = 3  # at most, of the rows of executors that were lost, in one pass


class SparkSource(PartitionedSource):
    """A task that fails is repeated by Spark; rows that went with an executor are read again from the frame."""

    def __init__(self, narrow: Any, names: tuple[str, ...], single: bool, weighted: bool) -> None:
        # a Python worker serves one task at a time, on as many cores as Spark gives a task
        self._threads = int(narrow.sparkSession.conf.get("spark.task.cpus", "1"))
        self._layout = Layout(len(names), single, weighted)
        self._rows: _Rows | None = _Rows(narrow, self._layout)
        try:
            super().__init__(self._rows.summaries, len(names), names, single, weighted)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        if self._rows is not None:
            self._rows.let_go()
        self._rows = None  # a fit that remembers this source can be pickled

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        raise ParameterError(
            "the rows of a Spark data frame have no order, so labels or flags cannot be matched with them; "
            "begin from a Mixture, for example one fitted to a sample"
        )

    def reduce(self, work: Work) -> FloatArray:
        n = len(self.summaries)
        found = self._answers(work, [p for p, s in enumerate(self.summaries) if s.n_rows])
        nothing = np.zeros_like(next(iter(found.values())))
        return total(combine(({leaf(p): found.get(p, nothing)} for p in range(n)), n))

    def collect(self, work: Work, partitions: Sequence[int]) -> list[FloatArray]:
        found = self._answers(work, partitions)
        return [found[p] for p in partitions]

    def _answers(self, work: Work, partitions: Collection[int]) -> dict[int, FloatArray]:
        """The answer of each of the partitions by its number."""
        if self._rows is None:
            raise DataError(CLOSED)
        found: dict[int, FloatArray] = {}
        for renewal in range(RENEWALS + 1):
            # once more for what met with a task that was not sent to its rows, since their executor was busy for long
            for _ in range(2):
                missing = frozenset(partitions) - found.keys()
                there = work.only(missing)
                found |= self._rows.ask(partial(executor.answer, there, missing, self._threads, self._layout))
                if found.keys() >= frozenset(partitions):
                    return found
            if renewal < RENEWALS:
                self._rows.renew()
        raise ClusterError(
            f"the cluster lost rows in each of {RENEWALS + 1} attempts at a pass; look at the executors' logs"
        )


class _Rows:
    """The files of the executors, by two small frames of their places.

    The first is cached: what of it is lost with an executor is computed again by Spark, which writes the same rows of
    the frame to another file. The second is a checkpoint of it that the passes read, in half the time, since Spark
    plans little for it. Both are kept where the files are, so Spark sends the tasks there.
    """

    def __init__(self, narrow: Any, layout: Layout) -> None:
        # Spark takes frames of equal plans for one: without a key two fits would share files and let go of each other's
        hold = partial(executor.hold, layout, uuid4().hex)
        self._session = narrow.sparkSession
        self._held = narrow.mapInArrow(plain(hold), executor.PLACES).persist()
        self.let_go = weakref.finalize(self, _let_go, self._held)
        self.let_go.atexit = False  # the session may be gone by then
        try:
            self.renew()
            found = {row.partition: np.frombuffer(row.summary) for row in self._run(self._places.collect)}
        except BaseException:
            self.let_go()
            raise
        nothing = Summary.of_nothing(layout.n_features).pack()  # an empty partition may not answer
        self.summaries = [Summary.unpack(found.get(p, nothing)) for p in range(max(found, default=0) + 1)]

    def renew(self) -> None:
        """Find the places again, once an executor is lost; files that were not lost stay."""
        self._places = self._run(self._held.localCheckpoint)

    def ask(self, function: Callable[..., Any]) -> dict[int, FloatArray]:
        """The answers of those partitions whose rows were met."""
        try:
            answers = self._run(lambda: self._places.mapInArrow(plain(function), executor.ANSWERS).collect())
        except PlacesLostError:
            return {}
        return {row.partition: np.frombuffer(row.answer) for row in answers if row.answer is not None}

    def _run(self, job: Callable[[], Any]) -> Any:
        return run(self._session, job)


def _let_go(held: Any) -> None:
    with suppress(Exception):  # the session or the executors may be gone, and their files with them
        held.mapInArrow(plain(executor.let_go), executor.PLACES).collect()
        held.unpersist()


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one argument, as Spark wants it; what it calls is the executors' bactrian."""

    def run(batches: Any) -> Any:
        return function(batches)

    return run
