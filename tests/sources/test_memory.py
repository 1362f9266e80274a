"""Memory does not grow with the file: measured as the system measures it, in a process of its own."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status")

MOST = 256  # MB beyond an interpreter that has all it needs loaded
NAMES = [f"x{i}" for i in range(8)]

SCRIPT = """
import sys
import numpy as np, pyarrow.parquet, pyarrow.csv, pyarrow.ipc, narwhals
import bactrian as bt
from bactrian.cli.main import program

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

small = bt.fit(np.random.default_rng(0).normal(size=(500, 8)), 2, "VVV", feature_names=[f"x{i}" for i in range(8)])
before = peak()
what, path = sys.argv[1:3]
if what == "fit":
    print(bt.fit(path, 2, ["VVV", "EEE"], max_iter=1, n_init=2).n_rows)
elif what == "start":
    from bactrian.sources.door import open_source
    source = open_source(path)[0]
    source.sample(50_000, np.random.default_rng(0))
    print(source.n_rows)
elif what == "relation":
    import duckdb
    connection = duckdb.connect(config={"memory_limit": "100MB", "threads": 1})
    columns = ", ".join(f"random() AS x{i}" for i in range(8))
    print(bt.fit(connection.sql(f"SELECT {columns} FROM range({path})"), 2, "VVV", max_iter=1, n_init=2).n_rows)
else:
    small.save(sys.argv[3])
    program(["predict", sys.argv[3], path, "-o", sys.argv[4]], standalone_mode=False)
print(peak() - before)
"""


def write_rows(path, n_rows, dtype=np.float64):
    """Random rows in groups of a million: over 300 MB."""
    rng = np.random.default_rng(0)
    schema = pa.schema([(name, pa.from_numpy_dtype(dtype)) for name in NAMES])
    writers = {
        ".parquet": lambda: pq.ParquetWriter(path, schema),
        ".csv": lambda: pc.CSVWriter(str(path), schema),
        ".arrow": lambda: ipc.new_file(str(path), schema),
    }
    with writers[path.suffix]() as writer:
        for first in range(0, n_rows, 1_000_000):
            rows = rng.normal(size=(min(1_000_000, n_rows - first), 8)).astype(dtype)
            writer.write_table(pa.table(dict(zip(NAMES, rows.T, strict=True)), schema=schema))


def write_npy(path, n_rows):
    rng = np.random.default_rng(0)
    rows = np.lib.format.open_memmap(path, "w+", np.float64, (n_rows, 8))
    for first in range(0, n_rows, 500_000):
        rows[first : first + 500_000] = rng.normal(size=(min(500_000, n_rows - first), 8))


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("name", "n_rows"), [("x.parquet", 5_000_000), ("x.csv", 2_200_000), ("x.arrow", 5_000_000)])
def test_fit(tmp_path, name, n_rows):
    path = tmp_path / name
    write_rows(path, n_rows)
    assert path.stat().st_size > 300e6
    rows, extra = run("fit", path)
    path.unlink()
    assert int(rows) == n_rows
    assert float(extra) < MOST


WIDE = {"parquet": 100, "uncompressed": 400}


@pytest.mark.parametrize("how", WIDE)
def test_fit_of_many_columns_in_one_group_of_rows(tmp_path, how):
    """A page of each column is no matter of rows."""
    d, n_rows = WIDE[how], 25_000_000 // WIDE[how]
    rng = np.random.default_rng(0)
    table = pa.table({f"x{i}": rng.normal(size=n_rows) for i in range(d)})
    path = tmp_path / ("x.parquet" if how == "parquet" else "x.arrow")
    if how == "parquet":
        pq.write_table(table, path, row_group_size=n_rows)
    else:
        feather.write_feather(table, path, compression=how, chunksize=n_rows)
    rows, extra = run("start", path)
    path.unlink()
    assert int(rows) == n_rows
    assert float(extra) < MOST


def test_fit_of_a_mapped_array(tmp_path):
    path = tmp_path / "x.npy"
    write_npy(path, 5_000_000)
    _, extra = run("fit", path)
    path.unlink()
    assert float(extra) < 128


def test_fit_of_a_relation(monkeypatch, tmp_path):
    pytest.importorskip("duckdb")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    rows, extra = run("relation", 5_000_000)[-2:]  # DuckDB shows its progress where it is slow
    assert int(rows) == 5_000_000
    assert float(extra) < MOST + 100  # and what DuckDB may use
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "n_rows"), [("p.parquet", 5_000_000), ("p.csv", 2_000_000)])
def test_predict(tmp_path, name, n_rows):
    path = tmp_path / "x.parquet"
    write_rows(path, n_rows)
    (extra,) = run("predict", path, tmp_path / "m.bactrian", tmp_path / name)
    assert (tmp_path / name).stat().st_size > 150e6
    (tmp_path / name).unlink()
    path.unlink()
    assert float(extra) < MOST
