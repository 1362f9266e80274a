"""The same rows in every place where they can live."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from bactrian.sources import chunks, door

NAMES = ("a", "b", "c")
N = 20_000


def make_rows(n=N, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    parts = [rng.normal([0, 0, 0], [1, 2, 1], (n // 2, 3)), rng.normal([6, 5, -4], [1, 0.5, 2], (n - n // 2, 3))]
    x = np.concatenate(parts) + np.array([0, 100, -3])
    rng.shuffle(x)
    return x.astype(dtype)


def make_table(x, weight=None):
    columns = dict(zip(NAMES, x.T, strict=True))
    return pa.table(columns if weight is None else {**columns, "w": weight})


def write_parquet(table, path):
    pq.write_table(table, path.with_suffix(".parquet"), row_group_size=3000)
    return path.with_suffix(".parquet")


def write_csv(table, path):
    pc.write_csv(table, path.with_suffix(".csv"))
    return path.with_suffix(".csv")


def write_npy(table, path):
    np.save(path.with_suffix(".npy"), np.stack([c.to_numpy() for c in table.columns], axis=1))
    return path.with_suffix(".npy")


def write_arrow(table, path):
    feather.write_feather(table, path.with_suffix(".arrow"), chunksize=7000, compression="lz4")
    return path.with_suffix(".arrow")


def write_folder(table, path):
    path.mkdir()
    for i, start in enumerate(range(0, len(table), 6500)):
        pq.write_table(table.slice(start, 6500), path / f"part-{i}.parquet")
    pq.write_table(table.slice(0, 0), path / "part-2-empty.parquet")
    (path / "_SUCCESS").touch()
    return path


def write_pattern(table, path):
    path.mkdir()
    for i, start in enumerate(range(0, len(table), 6500)):
        pc.write_csv(table.slice(start, 6500), path / f"{i}.csv")
    return str(path / "*.csv")


FILES = {
    "Parquet": write_parquet, "CSV": write_csv, ".npy": write_npy, "Arrow": write_arrow, "folder": write_folder,
    "pattern": write_pattern,
}  # fmt: skip


def as_memory_map(table, path):
    return np.load(write_npy(table, path), mmap_mode="r")


def as_relation(table, path):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("t", table)
    connection.execute("CREATE TABLE u AS SELECT * FROM t")
    return connection.sql("SELECT * FROM u")


def as_lazy(table, path):
    return pl.from_arrow(table).lazy()


OTHERS = {"memory map": as_memory_map, "DuckDB": as_relation, "LazyFrame": as_lazy}
PLACES = {**FILES, **OTHERS}


@pytest.fixture
def far(monkeypatch, tmp_path):
    """Nothing is small enough for memory, and chunks are small."""
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    monkeypatch.setattr(chunks, "CHUNK", 3 * 2048)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
