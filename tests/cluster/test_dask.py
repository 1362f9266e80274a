"""Rows in a Dask collection are fitted like rows in memory, whoever holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter
from tests.cluster.cases import START, WEIGHT, X, assert_close, assert_same_bits, climb

dask = pytest.importorskip("dask", reason="Dask is not installed; it is the extra 'dask'")
distributed = pytest.importorskip("distributed", reason="Dask is not installed; it is the extra 'dask'")

import dask.array as da  # noqa: E402

from bactrian.sources.dask import pinned, source_of  # noqa: E402
from tests.cluster.dask_cluster import ROWS, cluster, cut, left_on  # noqa: E402


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Any]:
    with ExitStack() as stack:
        client = stack.enter_context(cluster(2))
        with distributed.client.temp_default_client(None):
            yield client


@pytest.fixture
def client(two_workers: Any) -> Iterator[Any]:
    """The cluster of two; nothing may be left on it."""
    with two_workers.as_current():
        yield two_workers
    assert left_on(two_workers) == 0


@pytest.mark.parametrize("code", ["VVV", "EEE", "VVI", "VII"])
def test_the_model_is_the_one_in_memory(client, code):
    assert_close(climb(source_of(cut(X)), code), climb(ArraySource(X), code))


def test_weights(client):
    expected = climb(ArraySource(X, WEIGHT))
    for weight in (cut(WEIGHT), WEIGHT, da.from_array(WEIGHT, chunks=333)):
        source = source_of(cut(X), weight)
        assert (source.n_rows, source.total) == ((WEIGHT > 0).sum(), WEIGHT.sum())
        assert_close(climb(source), expected)


def test_single_precision(client):
    single = X.astype(np.float32)
    source = source_of(cut(single))
    assert source.single_precision
    assert_close(climb(source), climb(ArraySource(single)), 1e-5)
    assert np.array_equal(source.sample(10**6, np.random.default_rng(0)).values, single)


def test_columns_in_several_chunks_and_vectors(client):
    assert_close(climb(source_of(da.from_array(X, chunks=(1000, 2)))), climb(ArraySource(X)))
    vector = source_of(da.from_array(X[:, 0], chunks=1000))
    assert np.array_equal(vector.in_memory().values, X[:, :1])


def test_frames(client):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(w=WEIGHT, name="text")
    source = source_of(dd.from_pandas(frame, npartitions=5), "w", ["a", "b", "c"])
    assert source.names == ("a", "b", "c")
    assert_close(climb(source), climb(ArraySource(X, WEIGHT)))
    one = source_of(dd.from_pandas(frame, npartitions=3)["a"])
    assert (one.names, one.n_features, one.n_rows) == (("a",), 1, len(X))


def test_the_same_bits_wherever_the_partitions_lie(client):
    rows = cut(X)
    expected = climb(source_of(rows))
    workers = list(client.nthreads())
    for order in ((0,), (1,), (0, 1), (1, 0)):  # all on one worker, or neighbours on different ones
        seats = [workers[order[i % len(order)]] for i in range(len(ROWS))]
        blocks = [client.persist(rows.blocks[i], workers=seat) for i, seat in enumerate(seats)]
        distributed.wait(blocks)
        source = source_of(da.concatenate(blocks))
        assert source.holders == seats
        assert_same_bits(climb(source), expected)
        del source, blocks


def test_the_same_bits_for_one_worker_two_and_none():
    rows = cut(X)
    with cluster(1, threads=2):
        one = climb(source_of(rows))
    with cluster(2):
        two = climb(source_of(rows))
    with pytest.raises(ValueError, match="No clients"):
        distributed.default_client()
    assert_same_bits(one, two)
    assert_same_bits(climb(source_of(rows)), two)
    assert_same_bits(climb(source_of(rows.persist())), two)


def test_sums_of_many_workers_meet_on_the_way(monkeypatch):
    expected = climb(source_of(cut(X)))
    monkeypatch.setattr(pinned, "FAN_IN", 2)
    monkeypatch.setattr(pinned, "SCATTERED", 0)
    with cluster(4, processes=False):
        assert_same_bits(climb(source_of(cut(X))), expected)


def test_draws_are_those_in_memory(client):
    x = np.random.default_rng(0).normal(size=(60_000, 2))
    w = np.random.default_rng(1).integers(0, 3, len(x)).astype(float)
    rows = da.from_array(x, chunks=(7_001, 2))
    positions = np.random.default_rng(2).random(500)
    for weight in (None, w):
        here, there = ArraySource(x, weight), source_of(rows, weight)
        assert np.array_equal(there.draw(positions), here.draw(positions))
        one, other = (s.sample(5_000, np.random.default_rng(3)) for s in (here, there))
        assert np.array_equal(one.values, other.values)


def test_scores_and_given_labels(client):
    source, here = source_of(cut(X), cut(WEIGHT)), ArraySource(X, WEIGHT)
    kernel, p = NativeKernel(), START.parameters
    labels = here.classify(kernel, p)
    assert np.array_equal(source.classify(kernel, p), labels)
    assert np.array_equal(source.log_densities(kernel, p), here.log_densities(kernel, p))
    for given in (labels, np.eye(3)[labels]):
        one, other = (s.fold_given(kernel, given, p.means, Scatter.FULL) for s in (source, here))
        assert np.allclose(one.second, other.second, rtol=1e-12)
        assert np.allclose(one.counts, other.counts, rtol=1e-12)


def test_several_mixtures_share_a_pass(client):
    source, kernel = source_of(cut(X)), NativeKernel()
    p = START.parameters
    together = source.fold(kernel, [p, p], [Scatter.FULL, Scatter.TRACE])
    alone = [source.fold(kernel, [p], [s])[0] for s in (Scatter.FULL, Scatter.TRACE)]
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.second, other.second)
    assert source.fold(kernel, [], []) == []
