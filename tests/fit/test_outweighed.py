"""Next to all weight on one row: never a winner that nothing is said of."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import bactrian as bt
from bactrian.sources import ArraySource, door
from bactrian.sources.outweighed import outweighed

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(100, 2)), RNG.normal(size=(100, 2)) + 4])
SENTENCE = "one row holds all the weight but 2e-10 of it, which is the share of 199 others and less than tol"


def weights(heavy: float) -> np.ndarray:
    weight = np.ones(200)
    weight[3] = heavy
    return weight


@pytest.mark.parametrize("families", ["all", "EVV", "EII", "VVV"])
def test_every_candidate_is_marked_and_the_winner_warns(families):
    with pytest.warns(bt.CollapseWarning, match=SENTENCE):
        fit = bt.fit(X, [1, 2, 4], families, sample_weight=weights(1e12))
    assert not any(candidate.usable for candidate in fit.candidates)
    assert not fit.converged


def test_wherever_the_rows_are(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    da = pytest.importorskip("dask.array")
    table = pa.table({"a": X[:, 0], "b": X[:, 1], "w": weights(1e12)})
    pq.write_table(table, tmp_path / "x.parquet")
    for data, weight in (
        (tmp_path / "x.parquet", "w"),
        (table, "w"),
        (da.from_array(X, chunks=(40, 2)), da.from_array(weights(1e12), chunks=40)),
    ):
        with pytest.warns(bt.CollapseWarning, match=SENTENCE):
            bt.fit(data, 2, "EEE", sample_weight=weight)
    with pytest.warns(bt.CollapseWarning, match=SENTENCE):
        bt.fit(tmp_path / "x.parquet", 2, "EEE", features=["a", "b"], sample_weight=weights(1e12))


def test_of_the_estimator():
    with pytest.warns(bt.CollapseWarning, match=SENTENCE):
        bt.GaussianMixture(2, covariance_type="tied").fit(X, sample_weight=weights(1e12))


@pytest.mark.parametrize(
    ("weight", "tol", "told"),
    [
        (weights(1e7), 1e-6, False),
        (weights(1e9), 1e-6, True),
        (weights(1e9), 1e-9, False),  # EM looks at the others
        (weights(1e9), 0.0, False),
        (weights(1e15), 0.0, True),  # nothing but rounding is left of them
        (weights(1.0), 1e9, False),
        (None, 1e9, False),
        (np.where(np.arange(200) == 3, 1.0, 0.0), 1e-6, False),  # there are no others
    ],
)
def test_where_it_begins(weight, tol, told):
    assert (outweighed(ArraySource(X, weight), tol) is not None) == told


def test_one_row_that_is_there_many_times_is_a_row_like_any():
    fit = bt.fit(X, 2, "VVV", sample_weight=np.full(200, 1e12))
    assert fit.best.usable
