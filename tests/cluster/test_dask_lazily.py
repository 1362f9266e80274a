"""What a mixture says of a Dask collection is a Dask collection."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import bactrian as bt
from tests.cluster.cases import START, X

da = pytest.importorskip("dask.array", reason="Dask is not installed; it is the extra 'dask'")

NAMED = bt.Mixture(START.weights, START.means, START.covariances, form="full", feature_names=["a", "b", "c"])
METHODS = ["logpdf", "pdf", "classify", "responsibilities"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("chunks", [(1000, 3), (1500, 2), (4000, 1)])
def test_arrays(method, chunks):
    lazy = getattr(START, method)(da.from_array(X, chunks=chunks))
    expected = getattr(START, method)(X)
    assert isinstance(lazy, da.Array)
    assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
    assert np.array_equal(lazy.compute(), expected)


@pytest.mark.parametrize("method", METHODS)
def test_frames(method):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(pd.DataFrame(X, columns=["a", "b", "c"]).assign(more="text"), npartitions=3)
    lazy = getattr(NAMED, method)(frame)
    expected = getattr(NAMED, method)(X)
    assert isinstance(lazy, da.Array)
    assert (lazy.ndim, lazy.dtype) == (expected.ndim, expected.dtype)
    assert np.array_equal(lazy.compute(), expected)


def test_nothing_is_computed_before_it_is_asked_for():
    def burn(block: np.ndarray) -> np.ndarray:
        raise AssertionError("computed")

    rows = da.from_array(X, chunks=(1000, 3)).map_blocks(burn, meta=X[:0])
    lazy = START.classify(rows)
    with pytest.raises(AssertionError, match="computed"):
        lazy.compute()


def test_other_features():
    with pytest.raises(bt.DataError, match="the mixture has 3 features, but the rows have 2"):
        START.logpdf(da.from_array(X[:, :2], chunks=(1000, 2)))


def test_a_missing_value_is_named_when_it_is_met():
    x = X.copy()
    x[2500, 1] = np.nan
    with pytest.raises(bt.DataError, match=r"column 1, row 500 is missing"):
        START.classify(da.from_array(x, chunks=(1000, 3))).compute()


def test_estimators():
    estimator = bt.GaussianMixture.from_mixture(START)
    rows = da.from_array(X, chunks=(1000, 3))
    for method in ("predict", "predict_proba", "score_samples"):
        lazy = getattr(estimator, method)(rows)
        assert isinstance(lazy, da.Array)
        assert np.array_equal(lazy.compute(), getattr(estimator, method)(X))
    assert estimator.score(rows) == pytest.approx(estimator.score(X), rel=1e-12)


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.array", None)
    for name in [n for n in sys.modules if n.startswith("bactrian.sources.dask")]:
        monkeypatch.delitem(sys.modules, name)
    rows = da.from_array(X, chunks=(1000, 3))
    with pytest.raises(bt.MissingDependencyError, match=r'pip install "bactrian\[dask\]"'):
        START.classify(rows)
