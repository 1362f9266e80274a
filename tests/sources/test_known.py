"""Labels and marks of single rows go with rows out of core as with rows in memory."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource, ChunkedSource, Labelled, LabelledChunks, chunked, labelled_chunks
from bactrian.sources.known import labelled
from bactrian.sources.mapped import MappedStore
from bactrian.statistics import Scatter
from tests.kernels.cases import make_case
from tests.sources.conftest import PLACES, make_rows, make_table

N = 6000
START = bt.Mixture([0.5, 0.5], [[0, 99, -3], [5, 104, -8]], np.array([np.eye(3)] * 2))
X = make_rows(N)
TRUE = (X[:, 0] > 3).astype(int)
LABELS = np.where(np.random.default_rng(1).random(N) < 0.2, TRUE, -1)
MARKED = np.arange(N) % 50 == 7
WEIGHT = np.random.default_rng(2).integers(0, 3, N).astype(float)
pytestmark = pytest.mark.usefixtures("far")


def assert_same(one, two, tolerance=1e-10):
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(one.mixture, name), getattr(two.mixture, name), rtol=tolerance, atol=tolerance
        )
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=tolerance)


KNOWN = {
    "labels": {"labels": LABELS},
    "labels of one": {"labels": np.where(LABELS == 0, 0, -1)},
    "labels of the other": {"labels": np.where(LABELS == 1, 1, -1)},
    "marks": {"noise": MARKED},
    "both": {"labels": np.where(MARKED, -1, LABELS), "noise": MARKED},
    "labels and noise": {"labels": LABELS, "noise": True},
}


@pytest.mark.parametrize("place", ["Parquet", "CSV", "memory map", "DuckDB", "folder"])
@pytest.mark.parametrize("known", KNOWN)
def test_the_model_is_that_of_the_rows_in_memory(tmp_path, place, known):
    how = {"n_components": 2, "families": ["VVV", "EEE"], "start": START, "max_iter": 15, "acceleration": None}
    data = PLACES[place](make_table(X), tmp_path / "x")
    assert_same(bt.fit(data, **how, **KNOWN[known]), bt.fit(X, **how, **KNOWN[known]))


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("by_name", [False, True])
def test_with_weights_too(tmp_path, known, by_name):
    """Rows of weight zero, in a column or not."""
    how = {"n_components": 2, "families": "VVV", "start": START, "max_iter": 15, "acceleration": None}
    data = PLACES["Parquet"](make_table(X, WEIGHT) if by_name else make_table(X), tmp_path / "x")
    weight = "w" if by_name else WEIGHT
    there = bt.fit(data, **how, **KNOWN[known], sample_weight=weight)
    assert_same(there, bt.fit(X, **how, **KNOWN[known], sample_weight=WEIGHT))


@pytest.mark.parametrize("known", KNOWN)
def test_the_default_search_finds_the_same(tmp_path, known):
    """Few rows: the start is the one in memory."""
    data = PLACES["Parquet"](make_table(X), tmp_path / "x")
    one, two = (bt.fit(rows, 2, "VVV", **KNOWN[known], tol=1e-9) for rows in (data, X))
    assert_same(one, two, 1e-4)


def both(weight):
    return labelled(ChunkedSource(MappedStore(X, "rows"), weight), LABELS), labelled(ArraySource(X, weight), LABELS)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_every_way_to_look_at_the_rows(weight):
    far, near = both(weight)
    assert isinstance(far, LabelledChunks)
    assert isinstance(near, Labelled)
    assert (far.n_rows, far.n_given, far.n_known) == (near.n_rows, near.n_given, near.n_known)
    assert np.allclose(far.anchors, near.anchors, rtol=1e-12)
    assert np.array_equal(far.anchored, near.anchored)
    assert np.array_equal(far.labels, near.labels)
    assert far.mark != labelled(far.whole, np.where(np.arange(N) < 100, -1, LABELS)).mark
    case = make_case(10, 3, 2, "full", False, np.float64)
    for scatter in Scatter:
        for given in (far.keep(TRUE), np.full((far.n_rows, 2), 0.5)):
            one, two = (s.fold_given(NativeKernel(), given, case.parameters.means, scatter) for s in (far, near))
            assert np.allclose(one.second, two.second, rtol=1e-11)
            assert np.allclose(one.counts, two.counts, rtol=1e-12)
    assert far.fold(NativeKernel(), [], []) == []


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
def test_a_sample_stands_for_all_rows(monkeypatch, weight):
    """Of few known rows all are there; each component has the weight that it has among all."""
    monkeypatch.setattr(labelled_chunks, "SORTED_ROWS", 100)
    far, _ = both(weight)
    few = LabelledChunks(far.whole, np.where(np.cumsum(far.labels == 0) > 9, -1, far.labels))
    last = LabelledChunks(far.whole, np.where(far.labels == 0, -1, far.labels))
    assert np.array_equal(last.anchored, last.sample(600, np.random.default_rng(0)).anchored)
    for source in (far, last, few):
        n = 600
        one, other = source.samples([(n, np.random.default_rng(0)), (n, np.random.default_rng(1))])
        assert not np.array_equal(one.whole.values, other.whole.values)
        again = source.sample(n, np.random.default_rng(0))
        assert np.array_equal(one.whole.values, again.whole.values)
        assert n - 3 <= one.n_rows <= n
        w = np.ones(source.n_rows) if weight is None else WEIGHT[WEIGHT > 0]
        for k in (-1, 0, 1):
            total, drawn = w[source.labels == k].sum(), one.whole.weight[one.labels == k].sum()
            assert drawn == pytest.approx(total, rel=0.1)
        assert one.total == pytest.approx(source.total, rel=0.05)
        assert np.allclose(one.whole.moments.mean, source.moments.mean, atol=0.5)
    assert (one.labels == 0).sum() == (few.labels == 0).sum() <= 9


def test_bytes_bound_a_sample(monkeypatch):
    monkeypatch.setattr(chunked, "SAMPLES", 24 * 500)
    far, _ = both(None)
    assert far.sample(5000, np.random.default_rng(0)).n_rows <= 500


REFUSED = {
    "another number": ({"labels": LABELS[:-1]}, "one entry for each of 6000 rows, but has shape"),
    "too large": ({"labels": np.where(LABELS == 0, 2, LABELS)}, "labels hold 2, but there are 2 components"),
    "marked and known": (
        {"labels": LABELS, "noise": LABELS == 1},
        rf"row {np.flatnonzero(LABELS == 1)[0]} is marked as noise, but labels say that it is of component 1",
    ),
    "a mask of another length": ({"noise": MARKED[:-1]}, "a mask of 6000 booleans, but got bool of shape"),
    "a tree": ({"labels": LABELS, "start": "hierarchical"}, "know nothing of the labels given"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path, case):
    how, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        bt.fit(PLACES["Parquet"](make_table(X), tmp_path / "x"), 2, **how)


def test_a_checkpoint_knows_the_labels(tmp_path):
    data = PLACES["Parquet"](make_table(X), tmp_path / "x")
    how = {"n_components": 2, "families": "VVV", "checkpoint": tmp_path / "state"}
    one = bt.fit(data, labels=LABELS, **how)
    assert bt.fit(data, labels=LABELS, **how).history == one.history
    with pytest.raises(bt.ParameterError, match="labels"):
        bt.fit(data, labels=np.where(np.arange(N) < 100, -1, LABELS), **how)


CELLS = {
    "numbers": [None if v < 0 else int(v) for v in LABELS],
    "names": ["" if v < 0 else ("lily", "rose")[v] for v in LABELS],
    "nan": np.where(LABELS < 0, np.nan, LABELS),
}


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("place", ["Parquet", "CSV", "folder", "pandas", "Polars", "Arrow table", "query"])
def test_a_column_by_its_name(tmp_path, place, cells):
    table = make_table(X, WEIGHT).append_column("kind", pa.array(CELLS[cells], from_pandas=True))
    how = {"n_components": 2, "families": "VVV", "start": START, "max_iter": 10, "acceleration": None}
    if place == "query":
        duckdb = pytest.importorskip("duckdb")
        connection = duckdb.connect()
        connection.register("t", table)
        data = bt.sources.sql("SELECT * FROM t", connection)
    else:
        frames = {"pandas": pa.Table.to_pandas, "Polars": pl.from_arrow, "Arrow table": lambda t: t}
        data = frames[place](table) if place in frames else PLACES[place](table, tmp_path / "x")
    found = bt.fit(data, **how, labels="kind", sample_weight="w")
    assert found.mixture.feature_names == ("a", "b", "c")
    assert_same(found, bt.fit(X, **how, labels=LABELS, sample_weight=WEIGHT))


def test_names_that_cannot_be_used(tmp_path):
    table = make_table(X).append_column("kind", pa.array(LABELS))
    path = PLACES["Parquet"](table, tmp_path / "x")
    for data, how, message in [
        (path, {"labels": "sort"}, "no column 'sort' in .*; it has a, b, c, kind"),
        (path, {"labels": "kind", "features": ["a", "kind"]}, "both a feature and the known labels"),
        (table, {"labels": "sort"}, "no column 'sort' in the data; it has 'a', 'b', 'c', 'kind'"),
        (table, {"labels": "kind", "features": ["a", "kind"]}, "both a feature and the known labels"),
        (X, {"labels": "kind"}, "a ndarray has no column of that name to look at; give one label for each row"),
    ]:
        with pytest.raises(bt.DataError, match=message):
            bt.fit(data, 2, **how)
