"""Rows in the cache of a Spark cluster."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import DataError, MissingDependencyError, ParameterError
from bactrian.sources.partitioned import CLOSED, PartitionedSource, Summary, Work
from bactrian.sources.partitioned.tree import combine, leaf, total
from bactrian.sources.spark import executor
from bactrian.typing import FloatArray


class SparkSource(PartitionedSource):
    """Blocks of rows, cached by Spark; a task that fails is repeated by Spark."""

    def __init__(self, narrow: Any, names: tuple[str, ...], single: bool, weighted: bool) -> None:
        self._layout = executor.Layout(len(names), single, weighted)
        packed = narrow.mapInArrow(plain(partial(executor.pack_blocks, self._layout)), executor.BLOCKS)
        self._blocks: Any = packed.persist()
        self._release: Any = weakref.finalize(self, self._blocks.unpersist)
        self._release.atexit = False  # the session may be gone by then
        # a Python worker serves one task at a time, on as many cores as Spark gives a task
        self._threads = int(narrow.sparkSession.conf.get("spark.task.cpus", "1"))
        try:
            found = self._job(partial(executor.summary, self._layout))
            nothing = Summary.of_nothing(len(names)).pack()  # an empty partition may not answer
            summaries = [Summary.unpack(found.get(p, nothing)) for p in range(max(found, default=0) + 1)]
            super().__init__(summaries, len(names), names, single, weighted)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the cache."""
        if self._release is not None:
            self._release()
        self._release = self._blocks = None  # a fit that remembers this source can be pickled

    def keep(self, assignment: NDArray[Any]) -> NDArray[Any]:
        raise ParameterError(
            "the rows of a Spark data frame have no order, so labels or flags cannot be matched with them; "
            "begin from a Mixture, for example one fitted to a sample"
        )

    def reduce(self, work: Work) -> FloatArray:
        found = self._job(partial(executor.answer, work, self._threads, self._layout))
        nothing = np.zeros_like(next(iter(found.values())))
        n = len(self.summaries)
        return total(combine(({leaf(p): found.get(p, nothing)} for p in range(n)), n))

    def collect(self, work: Work, partitions: Sequence[int]) -> list[FloatArray]:
        there = work.only(partitions)
        wanted = frozenset(partitions)
        found = self._job(partial(executor.answer_some, there, wanted, self._threads, self._layout))
        return [found[p] for p in partitions]

    def _job(self, function: Callable[..., Any]) -> dict[int, FloatArray]:
        """The answer of each partition by its number."""
        if self._release is None:
            raise DataError(CLOSED)
        try:
            rows = self._blocks.mapInArrow(plain(function), executor.ANSWERS).collect()
        except Exception as error:
            if "No module named 'bactrian" in str(error):
                raise MissingDependencyError(
                    "the executors have no bactrian; install it in their Python environment (PYSPARK_PYTHON), the same "
                    "version as here"
                ) from error
            raise
        return {row.partition: np.frombuffer(row.answer, dtype=np.float64) for row in rows}


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one argument, as Spark wants it; what it calls is the executors' bactrian."""

    def run(batches: Any) -> Any:
        return function(batches)

    return run
