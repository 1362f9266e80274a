"""Rows in a Dask collection are fitted like rows in memory, whoever holds them."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter
from tests.cluster.cases import START, WEIGHT, X, assert_close, assert_same_bits, climb

dask = pytest.importorskip("dask", reason="Dask is not installed; it is the extra 'dask'")
distributed = pytest.importorskip("distributed", reason="Dask is not installed; it is the extra 'dask'")

import dask.array as da  # noqa: E402

from bactrian.sources.dask import pinned, source_of  # noqa: E402
from bactrian.sources.dask.door import current_client  # noqa: E402
from tests.cluster.dask_cluster import cluster, cut, left_on, started  # noqa: E402


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Any]:
    with started(2) as client:
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
    chunks = ((700, 1, 900, 1400, 999), 3)
    expected = climb(source_of(da.from_array(X, chunks)))
    workers = list(client.nthreads())
    for order in ((0,), (1,), (0, 1), (1, 0)):  # all on one worker, or neighbours on different ones
        seats = [workers[order[i % len(order)]] for i in range(5)]
        rows = da.from_array(X, chunks, name=False)  # another one, that nobody has yet
        blocks = [client.persist(rows.blocks[i], workers=seat) for i, seat in enumerate(seats)]
        distributed.wait(blocks)
        source = source_of(da.concatenate(blocks))
        assert source.holders == seats
        assert_same_bits(climb(source), expected)
        del source, blocks


def test_the_same_bits_for_one_worker_two_and_none(two_workers):
    rows = cut(X)
    assert current_client() is None
    none = climb(source_of(rows))
    with two_workers.as_current():
        assert_same_bits(climb(source_of(rows)), none)
    with cluster(1, threads=2):
        assert_same_bits(climb(source_of(rows)), none)
    assert_same_bits(climb(source_of(rows.persist())), none)


def test_sums_of_many_workers_meet_on_the_way(monkeypatch):
    expected = climb(source_of(cut(X)))
    monkeypatch.setattr(pinned, "FAN_IN", 2)
    monkeypatch.setattr(pinned, "SCATTERED", 0)
    with cluster(4, processes=False):
        assert_same_bits(climb(source_of(cut(X))), expected)


def test_draws_are_those_in_memory(client):
    x = np.random.default_rng(0).normal(size=(60_000, 2))
    w = np.random.default_rng(1).integers(1, 4, len(x)).astype(float)
    rows = da.from_array(x, chunks=(7_001, 2))
    positions = np.random.default_rng(2).random(500)
    for weight in (None, w):
        here, there = ArraySource(x, weight), source_of(rows, weight)
        assert np.array_equal(there.draw(positions), here.draw(positions))
        one, other = (s.sample(5_000, np.random.default_rng(3)) for s in (here, there))
        assert np.array_equal(one.values, other.values)


def test_given_labels(client):
    source, here = source_of(cut(X), cut(WEIGHT)), ArraySource(X, WEIGHT)
    kernel, p = NativeKernel(), START.parameters
    labels = kernel.classify(X, p)
    assert source.n_given == len(X)
    for given in (labels, np.eye(3)[labels]):
        assert np.array_equal(source.keep(given), here.keep(given))
        one, other = (s.fold_given(kernel, s.keep(given), p.means, Scatter.FULL) for s in (source, here))
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


# a signal may come while an object is being let go, where Python can only say so
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_leaves_nothing_behind(client):
    source = source_of(da.from_array(np.tile(X, (100, 1)), chunks=(50_000, 3)))
    over = threading.Event()
    # a shell without a terminal starts what it runs in the background deaf to Ctrl-C
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press() -> None:
        while not over.wait(2.0):
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    begin = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            climb(source, n=100_000)
    finally:
        over.set()
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - begin < 20
    assert left_on(client) == 0  # though the source is still there
    assert climb(source_of(cut(X))).n_iter == 8  # and the cluster goes on


def test_two_fits_at_once(client):
    expected = climb(source_of(cut(X)))
    ends: dict[int, Any] = {}

    def work(i: int) -> None:
        with client.as_current():
            ends[i] = climb(source_of(cut(X)))

    threads = [threading.Thread(target=work, args=[i]) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 3
    for end in ends.values():
        assert_same_bits(end, expected)


def test_what_cannot_be_used_is_named(client):
    x = X.copy()
    x[1700, 1] = np.nan
    with pytest.raises(bt.DataError, match="partition 4, column 1, row 99 of the partition is missing"):
        source_of(cut(x))
    uneven = da.from_delayed(dask.delayed(np.ones)(5), (np.nan,), float)
    with pytest.raises(bt.DataError, match="partition 0 has 4000 rows and 5 weights"):
        source_of(cut(X, (4000,)), uneven)
    whole = cut(X)
    for width in (2, 6):
        other = whole.map_blocks(lambda b, d=width: np.tile(b, 2)[:, :d], dtype=float, chunks=whole.chunks)
        with pytest.raises(
            bt.DataError, match=rf"partition \d has {width} columns, but the collection says .* 3 columns"
        ):
            source_of(other)


def test_bt_fit(client):
    x = cut(X)
    found, alike = (bt.fit(data, [2, 3], ["VVV", "EEE"]) for data in (x, X))
    assert [c.bic for c in found.candidates] == pytest.approx([c.bic for c in alike.candidates], rel=1e-5)
    fit, here = (bt.fit(data, families="VVV", start=START, tol=0, max_iter=20, acceleration=None) for data in (x, X))
    assert fit.mixture.allclose(here.mixture, 1e-10)
    assert left_on(client) == 0
    assert np.array_equal(fit.classify(x).compute(), here.classify(X))
    assert np.array_equal(fit.uncertainty(x).compute(), fit.uncertainty(X))
    seen: list[Any] = []
    how: dict[str, Any] = {"families": "VVV", "start": here.classify(X), "sample_weight": WEIGHT, "acceleration": None}
    labels, alike = bt.fit(x, progress=seen.append, tol=0, max_iter=9, **how), bt.fit(X, tol=0, max_iter=9, **how)
    assert labels.mixture.allclose(alike.mixture, 1e-10)
    assert len(seen) == labels.n_iter + 1


def test_bt_fit_lets_go_when_an_observer_stops_it(client):
    def stop(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bt.fit(cut(X), 3, "VVV", progress=stop)
    assert left_on(client) == 0


def test_bt_fit_of_columns(client):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(w=WEIGHT)
    how = {"families": "VVV", "start": START.marginal([0, 2]), "tol": 0, "max_iter": 20, "acceleration": None}
    lazy = dd.from_pandas(frame, npartitions=4)
    fit, here = (bt.fit(data, features=["a", "c"], sample_weight="w", **how) for data in (lazy, frame))
    assert fit.mixture.feature_names == ("a", "c")
    assert fit.mixture.allclose(here.mixture, 1e-10)
    fit, here = (bt.fit(data, features=[0, 2], **how) for data in (cut(X), X))
    assert fit.mixture.allclose(here.mixture, 1e-10)


def test_noise_and_priors(client):
    how = {"families": ["VVV", "EEV", "VEI"], "prior": "conjugate", "noise": 1e4, "start": START}
    fit, here = (bt.fit(data, tol=0, max_iter=20, acceleration=None, **how) for data in (cut(X), X))
    assert fit.mixture.allclose(here.mixture, 1e-9)
    assert fit.noise.weight == pytest.approx(here.noise.weight, rel=1e-9)
    assert np.array_equal(cut(X).map_blocks(fit.classify, drop_axis=1, dtype=int).compute(), fit.classify(X))
    with pytest.raises(bt.DataError, match="with noise says nothing of a collection as a whole; ask"):
        fit.classify(cut(X))


def test_noise_over_the_whole_collection(client):
    """The region is the one that rows in memory span, and the same bits whoever holds them."""
    how = {"families": "VVV", "noise": True, "start": START, "tol": 0, "max_iter": 9, "acceleration": None}
    for weight in (None, WEIGHT):
        fit, here = (bt.fit(data, sample_weight=weight, **how) for data in (cut(X), X))
        assert fit.mixture.allclose(here.mixture, 1e-10)
        assert fit.noise.log_density == pytest.approx(here.noise.log_density, rel=1e-13)
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    source = source_of(cut(X), WEIGHT)
    expected = np.ptp(X[WEIGHT > 0] @ axes, axis=0)
    assert source.extent(axes) == pytest.approx(expected, rel=1e-13)
    with started(1) as other, other.as_current():
        assert np.array_equal(source_of(cut(X), WEIGHT).extent(axes), source.extent(axes))


def test_a_fit_does_not_hold_the_rows(client):
    fit = bt.fit(cut(X), 2, "VVV")
    source = fit._origin.source
    assert pickle.loads(pickle.dumps(fit)).mixture == fit.mixture
    assert left_on(client) == 0
    with pytest.raises(bt.DataError, match="were let go when the fit ended; give them again as data"):
        source.fold(NativeKernel(), [START.parameters], [Scatter.FULL])
