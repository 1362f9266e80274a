"""Rows of a store that are kept in memory as they are first read, or are found to be too many."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bactrian.sources import ArraySource, ChunkedSource, chunks, door, open_source
from bactrian.sources.survey import take_survey

N = 5000
BYTES = 3 * N * 8


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 3 * 1024)
    x = np.random.default_rng(0).normal(size=(N, 3)) + np.array([0, 100, -7])
    weight = np.random.default_rng(1).integers(0, 3, N).astype(float)
    table = {f"x{i}": x[:, i] for i in range(3)}
    pq.write_table(pa.table({**table, "w": weight}), tmp_path / "x.parquet")
    return tmp_path / "x.parquet", x, weight


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("part", [0.999, 0.75, 0.51])
def test_rows_of_up_to_twice_the_limit_are_kept(path, monkeypatch, part, weighted):
    name, x, weight = path
    monkeypatch.setattr(door, "IN_MEMORY", int(part * BYTES))
    how = {"sample_weight": "w"} if weighted else {"features": ["x0", "x1", "x2"]}
    source, _ = open_source(name, **how)
    expected = ArraySource(x, weight if weighted else None)
    assert isinstance(source, ArraySource)
    assert np.array_equal(source.values, expected.values)
    assert np.array_equal(source.moments.covariance, expected.moments.covariance)
    assert source.total == expected.total
    assert source.n_given == N


def test_more_rows_are_read_again_for_each_pass(path, monkeypatch):
    name, *_ = path
    monkeypatch.setattr(door, "IN_MEMORY", BYTES // 2 - 1)
    assert isinstance(open_source(name, features=["x0", "x1", "x2"])[0], ChunkedSource)


@pytest.mark.parametrize("most_bytes", [24, BYTES // 3, BYTES - 1])
def test_rows_that_were_kept_in_vain_count_as_others(path, most_bytes):
    name, *_ = path
    store = door.open_dataset(name, ("x0", "x1", "x2"), "w", most_bytes=0)
    kept, never = take_survey(store, None, most_bytes), take_survey(store, None, 0)
    assert kept.whole is None
    for field in ("total", "counts", "first", "second"):
        assert np.array_equal(getattr(kept.statistics, field), getattr(never.statistics, field)), field
    assert kept.cumulated == never.cumulated


def test_few_rows_lie_row_by_row(path, monkeypatch):
    name, *_ = path
    monkeypatch.undo()
    survey = take_survey(door.open_dataset(name, ("x0", "x1"), None, most_bytes=0), None, 1 << 20)
    assert survey.whole[0].flags.c_contiguous
    assert survey.whole[0].base is None or survey.whole[0].base.nbytes == survey.whole[0].nbytes
