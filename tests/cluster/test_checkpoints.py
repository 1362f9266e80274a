"""A fit of rows on a cluster stops and goes on."""

import pytest

import bactrian as bt
from bactrian.checkpoints import diary
from tests.checkpoints.cases import Stop, assert_same_bits
from tests.cluster.cases import X

da = pytest.importorskip("dask.array", reason="Dask is not installed; it is the extra 'dask'")


def fit(chunks=1000, **how):
    rows = da.from_array(X, chunks=(chunks, 3))
    return bt.fit(rows, [3, 4], ["EEE", "VVV"], tol=0, max_iter=12, **how)


def test_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(diary, "WORTH", 0.0)
    with pytest.raises(KeyboardInterrupt):
        fit(checkpoint=tmp_path / "state", progress=Stop(7))
    assert_same_bits(fit(checkpoint=tmp_path / "state"), fit())
    with pytest.raises(bt.ParameterError, match="its rows are not what they were"):
        fit(chunks=500, checkpoint=tmp_path / "state")  # another tree, other bits
