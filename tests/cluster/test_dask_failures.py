"""Workers that die, users who press Ctrl-C, and data that cannot be used."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bactrian as bt
from bactrian.sources import ArraySource
from tests.cluster.cases import X, assert_close, assert_same_bits, climb

dask = pytest.importorskip("dask", reason="Dask is not installed; it is the extra 'dask'")
distributed = pytest.importorskip("distributed", reason="Dask is not installed; it is the extra 'dask'")

import dask.array as da  # noqa: E402

from bactrian.sources.dask import source_of  # noqa: E402
from tests.cluster.dask_cluster import cluster, cut, left_on  # noqa: E402


def at_pass(n: int, act: Callable[[], object]) -> Callable[[Any], None]:
    """An observer that acts once, after the n-th pass."""
    passes = []

    def observe(_: Any) -> None:
        passes.append(None)
        if len(passes) == n:
            act()

    return observe


def kill(client: Any, address: str) -> None:
    os.kill(client.run(os.getpid)[address], signal.SIGKILL)


def test_a_worker_that_dies_costs_a_pass():
    with cluster(2) as client:
        expected = climb(source_of(cut(X)))
        source = source_of(cut(X))
        killed, other = sorted(set(source.holders))
        end = climb(source, observe=at_pass(5, lambda: kill(client, killed)))
        assert killed not in source.holders
        assert other in source.holders
        assert_same_bits(end, expected)
        assert_close(end, climb(ArraySource(X)))
        source.close()
        client.wait_for_workers(2)
        die_in_the_middle_of_a_pass(client)
        assert left_on(client) == 0


def die_in_the_middle_of_a_pass(client: Any) -> None:
    """The rows are many, so that nearly all the time is spent in the passes, which the kill falls into."""
    source = source_of(da.from_array(np.tile(X, (100, 1)), chunks=(50_000, 3)))
    killed = source.holders[0]
    threading.Timer(0.2, kill, [client, killed]).start()
    end = climb(source, n=40)
    assert killed not in source.holders
    assert_same_bits(climb(source, n=40), end)
    source.close()


@pytest.mark.parametrize("when", [1, 4])
def test_a_client_that_is_closed(when):
    with (
        cluster(1) as client,
        pytest.raises(bt.ClusterError, match=r"the Dask client was closed while .* make a client"),
    ):
        bt.fit(cut(X), 2, "VVV", tol=0, progress=at_pass(when, client.close))


def test_rows_that_were_sent_are_gone_with_their_worker():
    with cluster(2) as client:
        sent = client.scatter([X[:2000], X[2000:]])
        blocks = [da.from_delayed(dask.delayed(f), (2000, 3), X.dtype) for f in sent]
        source = source_of(da.concatenate(blocks))
        assert len(set(source.holders)) == 2
        with pytest.raises(bt.ClusterError, match=r"partition 1 was lost .* send the rows again"):
            climb(source, observe=at_pass(3, lambda: kill(client, source.holders[1])))


def test_rows_that_change_between_passes():
    sizes = iter([200, 200, 199])

    def read() -> np.ndarray:
        return X[: next(sizes)]

    rows = da.from_delayed(dask.delayed(read, pure=False)(), (np.nan, 3), X.dtype)
    with pytest.raises(bt.ClusterError, match="their weight was 200 and is now 199"):
        climb(source_of(rows))


def with_value(value: float, row: int, column: int) -> np.ndarray:
    x = X.copy()
    x[row, column] = value
    return x


def frame(**columns: Any) -> Any:
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    return dd.from_pandas(pd.DataFrame(columns), npartitions=2)


NARROW = (
    r"partition {partition} has {width} columns, but the collection says that it has 3 columns; correct the chunks="
)


def other_width(width: int, *, everywhere: bool = True) -> da.Array:
    """A collection whose blocks are not as wide as it says."""

    def other(block: np.ndarray, block_info: Any = None) -> np.ndarray:
        here = everywhere or block_info[0]["chunk-location"][0] == 4
        return np.tile(block, 2)[:, :width] if here else block

    whole = cut(X)
    return whole.map_blocks(other, dtype=float, chunks=whole.chunks)


REFUSED: dict[str, tuple[Callable[[], tuple[Any, ...]], str]] = {
    "nan": (
        lambda: (cut(with_value(np.nan, 1700, 1)),),
        r"partition 4, column 1, row 99 of the partition is missing \(NaN or null\), and 1 of 4000 rows",
    ),
    "infinity": (
        lambda: (cut(with_value(-np.inf, 0, 2)),),
        "partition 0, column 2, row 0 of the partition is infinity",
    ),
    "null": (lambda: (frame(a=[1.0, 2, 3, None]),), "partition 1, column 'a', row 1 of the partition is missing"),
    "text": (lambda: (frame(a=[1.0, 2], b=["x", "y"]),), "column 'b' is not numeric"),
    "dates": (lambda: (da.from_array(X.astype("datetime64[s]")),), "column '0' is not numeric: it holds datetime64"),
    "no rows": (lambda: (da.zeros((0, 2)),), "no rows: every partition is empty"),
    "three dimensions": (lambda: (da.zeros((4, 2, 2)),), "3 dimensions"),
    "a bag": (lambda: (dask.delayed(X),), "a Dask array, data frame or series can be fitted, but got a Delayed"),
    "no such column": (lambda: (frame(a=[1.0, 2]), None, ["z"]), "there is no column 'z'; the data has 'a'"),
    "a column twice": (lambda: (cut(X), None, [0, 0]), "columns should be named once each, but got 0, 0"),
    "weights cut otherwise": (lambda: (frame(a=[1.0, 2]), da.ones(3, chunks=1)), "has 2 partitions, but has 3"),
    "weights of another length": (lambda: (cut(X), da.ones(len(X), chunks=4000)[:-1]), "sample_weight should be cut"),
    "weights negative": (lambda: (cut(X), -np.ones(len(X))), "partition 0, row 0 has -1, and 4000 of 4000 rows"),
    "weights nan": (lambda: (cut(X), with_value(np.nan, 701, 0)[:, 0] ** 2), "partition 2, row 0 has nan"),
    "weights masked": (lambda: (cut(X), np.ma.masked_equal(np.arange(len(X)), 701)), "partition 2, row 0 has nan"),
    "weights complex": (lambda: (cut(X), np.ones(len(X)) + 1j), "should be 4000 numbers, but got complex128 values"),
    "weights without end": (lambda: (cut(X), np.full(len(X), 1e308)), "adds up to more than float64 can hold"),
    "weights zero": (lambda: (cut(X), np.zeros(len(X))), "zero for every row"),
    "weights by name": (lambda: (frame(a=[1.0, 2]), "w"), "there is no column 'w'"),
    "a narrow block": (lambda: (other_width(2, everywhere=False),), NARROW.format(partition=4, width=2)),
    "narrow blocks": (lambda: (other_width(2),), NARROW.format(partition=r"\d", width=2)),
    "wide blocks": (lambda: (other_width(6),), NARROW.format(partition=r"\d", width=6)),  # twice what was declared
    "weights as a list": (lambda: (frame(a=[1.0, 2]), [1, 2]), "should be the name of a column"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    make, sentence = REFUSED[name]
    with pytest.raises(bt.DataError, match=sentence) as caught:
        source_of(*make())
    assert "\n" not in str(caught.value)
