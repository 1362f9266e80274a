"""Rows in a Spark data frame are fitted like rows in memory, on a real local session."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter
from tests.cluster.cases import START, WEIGHT, X, assert_close, assert_same_bits, climb
from tests.cluster.spark_session import NAMES, WARNINGS, files, frame_of, session_on, source_of

pytestmark = WARNINGS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    """Where the executors' files are."""
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def spark(folder: Path) -> Iterator[Any]:
    with session_on("local[2, 4]", folder) as session:  # a task may fail three times
        yield session


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    return frame_of(spark).persist()


@pytest.fixture(scope="module")
def ordered(frame: Any) -> tuple[np.ndarray, np.ndarray]:
    """The rows and weights in the order they have in the frame's partitions."""
    table = frame.toArrow()
    return np.column_stack([table[name].to_numpy() for name in NAMES]), table["w"].to_numpy()


def test_the_model_is_the_one_in_memory(frame, folder):
    source = source_of(frame, features=NAMES)
    assert [s.n_rows for s in source.summaries if s.n_rows] == [s.kept for s in source.summaries if s.kept]
    assert sum(s.kept > 0 for s in source.summaries) == 5
    assert (source.n_rows, source.names) == (len(X), tuple(NAMES))
    for code in ("VVV", "EEI"):
        assert_close(climb(source, code, n=4), climb(ArraySource(X), code, n=4))
    assert len(files(folder)) == 5
    source.close()
    assert not files(folder)


def test_the_same_bits_however_spark_cuts_its_batches(spark, frame):
    first = climb(source_of(frame, "w", NAMES), n=3)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "77")
    try:
        again = climb(source_of(frame, "w", NAMES), n=3)
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    assert_same_bits(first, again)
    assert_close(first, climb(ArraySource(X, WEIGHT), n=3))


def test_single_precision(frame, ordered):
    narrow = frame.selectExpr("float(a) a", "float(b) b")
    source = source_of(narrow)
    assert source.single_precision
    assert np.array_equal(source.in_memory().values, ordered[0][:, :2].astype(np.float32))


def test_draws_and_samples(frame, ordered):
    positions = np.random.default_rng(0).random(50)
    for name, weight in ((None, None), ("w", ordered[1])):
        source, here = source_of(frame, name, NAMES), ArraySource(ordered[0], weight)
        one, other = (s.sample(1000, np.random.default_rng(1)) for s in (source, here))
        assert np.array_equal(one.values, other.values)
        cumulated = np.cumsum(here.weight if name else np.ones(here.n_rows))
        rows = np.searchsorted(cumulated, positions * cumulated[-1], side="right")
        assert np.array_equal(source.draw(positions), here.values[rows])


def test_several_mixtures_share_a_pass(frame):
    source, p = source_of(frame, features=NAMES), START.parameters
    together = source.fold(NativeKernel(), [p, p], [Scatter.FULL, Scatter.TRACE])
    alone = source.fold(NativeKernel(), [p], [Scatter.TRACE])[0]
    assert np.array_equal(together[1].second, alone.second)


def test_bt_fit_and_what_it_says_of_a_frame(frame, folder, ordered):
    how = {"families": "VVV", "start": START, "tol": 0, "max_iter": 8, "acceleration": None}
    fit = bt.fit(frame, features=NAMES, sample_weight="w", **how)
    here = bt.fit(ordered[0], sample_weight=ordered[1], feature_names=NAMES, **how)
    assert fit.mixture.allclose(here.mixture, 1e-10)
    assert fit.mixture.feature_names == tuple(NAMES)
    assert not files(folder)
    for method, column in (
        ("classify", "component"), ("responsibilities", "responsibilities"), ("logpdf", "logpdf"),
        ("uncertainty", "uncertainty"),
    ):  # fmt: skip
        asked = fit.mixture if method == "logpdf" else fit
        scored = getattr(asked, method)(frame)
        assert scored.columns == [*frame.columns, column]
        table = scored.toArrow()
        expected = getattr(asked, method)(X[table["row"].to_numpy()])
        assert np.array_equal(np.array(table[column].to_pylist()), expected)


def test_two_fits_of_one_frame_have_files_of_their_own(frame, folder):
    one, other = source_of(frame, features=NAMES), source_of(frame, features=NAMES)
    assert len(files(folder)) == 10
    one.close()
    assert len(files(folder)) == 5
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda _: climb(source_of(frame, features=NAMES), n=2), range(2)))
    assert_same_bits(ends[0], climb(other, n=2))
    assert_same_bits(ends[1], ends[0])
    other.close()
    assert not files(folder)


def test_scores_of_an_estimator(frame, folder, ordered):
    model = bt.GaussianMixture(2, tol=1e-3).fit(frame.drop("w", "row"))
    rows, weight = pd.DataFrame(ordered[0], columns=NAMES), ordered[1]
    assert model.score(frame) == pytest.approx(model.score(rows), rel=1e-12)
    assert model.aic(frame) == pytest.approx(model.aic(rows), rel=1e-12)
    assert model.bic(frame, sample_weight="w") == pytest.approx(model.bic(rows, sample_weight=weight), rel=1e-12)
    assert not files(folder)
    with pytest.raises(bt.DataError, match="this needs its rows in memory, but got a DataFrame of pyspark"):
        model.partial_fit(frame)


def test_names_that_differ_by_case(frame, ordered):
    other = frame.toDF("a", "A", "c.d", "w", "row")
    assert np.array_equal(source_of(other, features=["A", "a"]).in_memory().values, ordered[0][:, [1, 0]])


def test_a_session_that_stops_during_a_fit(spark, frame, folder, monkeypatch):
    def stop(_: Any) -> None:
        monkeypatch.setattr(spark.sparkContext, "_jsc", None)  # as stop() does

    with pytest.raises(bt.ClusterError, match="the Spark session of the data frame was stopped"):
        bt.fit(frame, 2, "VVV", features=NAMES, progress=stop)
    for path in files(folder):  # Spark would, had it stopped
        path.unlink()


def test_files_must_not_be_encrypted(frame, monkeypatch):
    conf = type(frame.sparkSession.conf)
    told = conf.get
    monkeypatch.setattr(conf, "get", lambda c, n, *d: "true" if n == "spark.io.encryption.enabled" else told(c, n, *d))
    with pytest.raises(bt.ClusterError, match=r"spark\.io\.encryption\.enabled forbids plain files"):
        bt.fit(frame, 2, features=NAMES)


def test_noise_over_the_whole_frame(frame, ordered):
    how = {"families": "VVV", "noise": True, "start": START, "tol": 0, "max_iter": 4, "acceleration": None}
    fit = bt.fit(frame, features=NAMES, sample_weight="w", **how)
    here = bt.fit(ordered[0], sample_weight=ordered[1], **how)
    assert fit.mixture.allclose(here.mixture, 1e-10)
    assert fit.noise.log_density == pytest.approx(here.noise.log_density, rel=1e-13)
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    extent = source_of(frame, "w", NAMES).extent(axes)
    assert extent == pytest.approx(np.ptp(X[WEIGHT > 0] @ axes, axis=0), rel=1e-13)
    assert np.array_equal(extent, source_of(frame.coalesce(2).repartitionByRange(5, "row"), "w", NAMES).extent(axes))


def test_labels_by_name(frame):
    with pytest.raises(bt.DataError, match="labels can be given only for rows in memory or in files, not on a cluster"):
        bt.fit(frame, 2, labels="w")


def test_a_start_of_labels(frame):
    with pytest.raises(bt.ParameterError, match="rows of a Spark data frame have no order"):
        bt.fit(frame, features=NAMES, start=np.arange(len(X)) % 2)


def test_a_python_worker_that_dies_is_survived(frame):
    source = source_of(frame, features=NAMES)
    expected = climb(source, n=2)
    marker = f"/tmp/bactrian-died-{os.getpid()}"
    run = source._rows.ask

    def dying(function: Callable[..., Any]) -> Any:
        def die_once(batches: Any) -> Any:
            try:
                os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return function(batches)
            os._exit(1)

        return run(die_once)

    source._rows.ask = dying
    try:
        assert_same_bits(climb(source, n=2), expected)
    finally:
        os.remove(marker)  # and it was there: a worker has died


REFUSED: dict[str, tuple[Callable[[Any], Any], dict[str, Any], str]] = {
    "null": (lambda f: f.selectExpr("if(row = 7, null, a) a", "b"), {}, "column 'a', row .* 1 of 4000 rows"),
    "nan": (lambda f: f.selectExpr("a", "if(row = 7, double('nan'), b) b"), {}, "column 'b', row .* is missing"),
    "infinity": (lambda f: f.selectExpr("if(row = 7, double('inf'), a) a"), {}, "column 'a', row .* is infinity"),
    "text": (lambda f: f.selectExpr("a", "string(b) b"), {}, "column 'b' is not numeric: it holds string; leave it"),
    "array": (lambda f: f.selectExpr("array(a, b) v"), {}, r"column 'v' is not numeric: .* vector_to_array"),
    "no such column": (lambda f: f, {"features": ["z"]}, "there is no column 'z'; the data has 'a', 'b'"),
    "a column twice": (lambda f: f, {"features": ["a", "a"]}, "columns should be named once each, but got a, a"),
    "a column by name and number": (lambda f: f, {"features": ["a", 0]}, "columns should be named once each"),
    "a feature that is the weight": (
        lambda f: f,
        {"features": ["a", "w"], "sample_weight": "w"},
        "'w' cannot be both a feature and the weight",
    ),
    "no columns": (lambda f: f.select("w"), {"sample_weight": "w"}, "no columns"),
    "no rows": (lambda f: f.select("a").where("a > 1e9"), {}, "no rows: every partition is empty"),
    "weights as an array": (lambda f: f.select("a"), {"sample_weight": WEIGHT}, "the name of a column"),
    "weights negative": (lambda f: f.selectExpr("a", "-w w"), {"sample_weight": "w"}, "not negative, but partition"),
    "weights null": (lambda f: f.selectExpr("a", "if(row = 7, null, w) w"), {"sample_weight": "w"}, "has nan"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(frame, folder, name):
    change, arguments, sentence = REFUSED[name]
    with pytest.raises(bt.DataError, match=sentence) as caught:
        source_of(change(frame), **arguments)
    assert "\n" not in str(caught.value)
    assert not files(folder)


def test_two_columns_of_one_name(frame):
    twice = frame.selectExpr("a", "`c.d` AS a")
    for ask in (lambda: bt.fit(twice, 1), lambda: bt.Mixture([1], [0], 1, feature_names=["a"]).logpdf(twice)):
        with pytest.raises(bt.DataError, match="the data has 2 columns named 'a'; rename all but one"):
            ask()


def test_a_session_that_was_stopped(spark, frame, monkeypatch):
    monkeypatch.setattr(spark.sparkContext, "_jsc", None)  # as stop() does
    with pytest.raises(bt.ClusterError, match="the Spark session of the data frame was stopped; start a session and"):
        bt.fit(frame, 1)


def test_what_needs_rows_in_memory(frame):
    mixture = bt.Mixture([0.5, 0.5], [0, 1], 1, feature_names=["a"])
    with pytest.raises(bt.DataError, match=r"got a DataFrame of pyspark; call .toPandas\(\) on it, or on a sample, as"):
        mixture.merge(frame)


def test_a_mixture_without_names_cannot_say_anything(frame):
    with pytest.raises(bt.DataError, match="does not know which columns its features are"):
        START.classify(frame)


def test_a_stream_is_refused(spark):
    stream = spark.readStream.format("rate").load()
    with pytest.raises(bt.DataError, match="is a stream, which can be read only once"):
        source_of(stream)


def test_a_fit_can_be_pickled_and_does_not_hold_the_rows(frame):
    fit = bt.fit(frame, 1, "VVV", features=["a", "b"])
    with pytest.raises(bt.DataError, match="were let go when the fit ended; give them again as data"):
        fit._origin.source.draw(np.zeros(1))
    assert pickle.loads(pickle.dumps(fit)).mixture == fit.mixture
