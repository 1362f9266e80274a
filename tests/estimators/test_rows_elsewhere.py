"""Rows that are not in memory: the estimator fits and answers as for the same rows in an array."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import bactrian as bt
from bactrian.sources import ChunkedSource, door
from tests.fit.cases import lobes

X = lobes(1200, 2, 3)
FRAME = pl.DataFrame({"height": X[:, 0], "width": X[:, 1]})
EXPECTED = bt.GaussianMixture(3, random_state=0).fit(X)


@pytest.fixture
def path(tmp_path):
    pa.parquet.write_table(FRAME.to_arrow(), tmp_path / "rows.parquet", row_group_size=100)
    return tmp_path / "rows.parquet"


@pytest.fixture
def read_in_chunks(monkeypatch):
    """Even so few rows are not taken into memory."""
    monkeypatch.setattr(door, "IN_MEMORY", 1000)
    monkeypatch.setattr("bactrian.sources.blockwise.IN_MEMORY", 1000)


KINDS = {
    "path": lambda path: path,
    "str": str,
    "pattern": lambda path: f"{path.parent}/*.parquet",
    "reader": lambda path: FRAME.to_arrow().to_reader(),
    "lazy": lambda path: FRAME.lazy(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_is_that_of_the_array(kind, path):
    model = bt.GaussianMixture(3, random_state=0).fit(KINDS[kind](path))
    assert model.feature_names_in_.tolist() == ["height", "width"]
    assert model.n_features_in_ == 2
    assert np.allclose(model.means_, EXPECTED.means_, rtol=1e-9)
    assert np.allclose(model.covariances_, EXPECTED.covariances_, rtol=1e-9)


def test_out_of_core(path, read_in_chunks):
    source, _ = door.open_source(path)
    assert isinstance(source, ChunkedSource)
    model = bt.GaussianMixture(3, random_state=0, tol=1e-8)
    labels = model.fit_predict(path)
    array = bt.GaussianMixture(3, random_state=0, tol=1e-8).fit(X)
    assert model.converged_
    assert model.score(path) == pytest.approx(array.score(X), abs=1e-7)
    assert (labels == array.predict(X)).all()
    assert np.allclose(model.predict_proba(path), model.predict_proba(FRAME), atol=1e-12)
    assert np.allclose(model.score_samples(path), model.score_samples(FRAME), atol=1e-12)
    assert model.bic(path) == pytest.approx(model.bic(FRAME))


def test_one_component_out_of_core(path, read_in_chunks):
    model = bt.GaussianMixture(1).fit(path)
    assert np.allclose(model.means_[0], X.mean(axis=0), rtol=1e-12)
    assert np.allclose(model.covariances_[0], np.cov(X.T, bias=True), rtol=1e-9)


@pytest.mark.parametrize("how", [{"init_params": "random"}, {"means_init": X[:3]}, {"init_params": "k-means++"}])
def test_what_needs_rows_in_memory_says_so(how, path, read_in_chunks):
    with pytest.raises(bt.DataError, match="cannot be used; leave init_params at 'kmeans'"):
        bt.GaussianMixture(3, **how).fit(path)
    assert bt.GaussianMixture(3, **how).fit(X).converged_


def test_float32_files_give_float32_attributes(tmp_path):
    table = pa.table({"a": X[:, 0].astype(np.float32), "b": X[:, 1].astype(np.float32)})
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    model = bt.GaussianMixture(2).fit(tmp_path / "rows.parquet")
    assert model.means_.dtype == np.float32
    assert model.predict_proba(tmp_path / "rows.parquet").dtype == np.float32


def test_names_of_a_fit_before_are_forgotten(path, tmp_path):
    np.save(tmp_path / "rows.npy", X)
    model = bt.GaussianMixture(2).fit(path)
    assert not hasattr(model.fit(tmp_path / "rows.npy"), "feature_names_in_")


def test_weights_by_the_name_of_a_column(tmp_path):
    weight = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    table = pa.table({"a": X[:, 0], "b": X[:, 1], "weight": weight})
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    model = bt.GaussianMixture(3, random_state=0).fit(tmp_path / "rows.parquet", sample_weight="weight")
    repeated = bt.GaussianMixture(3, random_state=0).fit(np.repeat(X, weight.astype(int), axis=0))
    assert model.n_features_in_ == 2
    assert model.lower_bound_ == pytest.approx(repeated.lower_bound_, abs=1e-5)


@pytest.mark.parametrize(
    ("data", "error"),
    [("nowhere.parquet", "nowhere"), (FRAME.select("height").lazy(), "2 features|'width'|1 features")],
)
def test_bad_rows(data, error):
    with pytest.raises(bt.DataError, match=error):
        (EXPECTED.predict if isinstance(data, str) else bt.GaussianMixture(3).fit(FRAME).predict)(data)


def test_a_dask_array_is_fitted_where_it_is():
    array = pytest.importorskip("dask.array")
    model = bt.GaussianMixture(3, random_state=0, tol=1e-6).fit(array.from_array(X, chunks=(300, 2)))
    assert model.score(X) == pytest.approx(EXPECTED.score(X), abs=1e-5)
