"""Rows in a file beside the same rows in memory: seconds per pass, the fraction of the rate in memory, peak memory.

    python benchmarks/out_of_core.py [--quick | --write docs/benchmarks/out_of_core.md]
    BACTRIAN_ROWS=1e8 python benchmarks/out_of_core.py      # the 3.2 GB data set: 8 features of float32

The data set is generated a million rows at a time into a temporary folder (TMPDIR) and removed at the end. A pass folds
the rows under one mixture of K full covariances. The rate in memory is that of the first rows, up to four million. The
peak is that of a whole fit (start, two iterations) in a process of its own, beyond what it held with all loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import bactrian as bt
from bactrian.files import Dataset
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource, ChunkedSource
from bactrian.sources.mapped import MappedStore
from bactrian.statistics import Scatter
from page import LEGEND, Page, against, read_arguments, shown, versions
from timing import in_turns, seconds

D, ROUNDS = 8, 3
COMPONENTS = (2, 8, 32)
STEP = 1_000_000
IN_MEMORY = 4_000_000
GOAL_MB, GOAL_RATE = 256, 0.9

PROCESS = """
import re, sys, warnings
from pathlib import Path
import numpy as np, pyarrow.parquet
import bactrian as bt
warnings.simplefilter("ignore")
names = [f"x{i}" for i in range(8)]
k = int(sys.argv[2])
bt.fit(np.random.default_rng(0).normal(size=(2000, 8)), k, "VVV", max_iter=2)
kilobytes = lambda name: int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
bt.fit(sys.argv[1], k, "VVV", max_iter=2, tol=0)
print((kilobytes("VmHWM") - before) / 1024)
"""


def write_rows(folder: Path, n_rows: int) -> None:
    """``x.parquet`` and ``x.npy``: float32 rows around eight centres."""
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=4, size=(8, D))
    schema = pa.schema([(f"x{i}", pa.float32()) for i in range(D)])
    mapped = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (n_rows, D))
    with pq.ParquetWriter(folder / "x.parquet", schema) as writer:
        for first in range(0, n_rows, STEP):
            n = min(STEP, n_rows - first)
            rows = (centres[rng.integers(0, 8, n)] + rng.normal(size=(n, D))).astype(np.float32)
            writer.write_table(pa.table(dict(zip(schema.names, rows.T, strict=True))))
            mapped[first : first + n] = rows


def peak_megabytes(path: Path, k: int) -> float:
    command = [sys.executable, "-c", PROCESS, str(path), str(k)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(page: Page, folder: Path, n_rows: int, k: int) -> None:
    rows = np.array(np.load(folder / "x.npy", mmap_mode="r")[:IN_MEMORY])
    few = rows[:20_000]
    mixture = bt.fit(few, k, "VVV", max_iter=3, n_init=1).mixture.parameters
    sources = {
        "memory": ArraySource(rows),
        "Parquet": ChunkedSource(Dataset([str(folder / "x.parquet")])),
        ".npy": ChunkedSource(MappedStore(np.load(folder / "x.npy", mmap_mode="r"), "x.npy")),
    }
    kernel = NativeKernel()

    def fold(source):
        return lambda: seconds(lambda: source.fold(kernel, [mixture], [Scatter.FULL]))

    found = in_turns({name: fold(source) for name, source in sources.items()}, ROUNDS)
    in_memory = len(rows) / found["memory"]
    for name in ("Parquet", ".npy"):
        path = folder / ("x.parquet" if name == "Parquet" else "x.npy")
        page.row(
            [
                f"{n_rows:.0e}, {D}, {k}".replace("e+0", "e"), name, shown(found[name]),
                against(n_rows / found[name] / in_memory, GOAL_RATE, ".2f"),
                against(peak_megabytes(path, k), GOAL_MB, at_most=True),
            ]
        )  # fmt: skip


def main() -> None:
    arguments = read_arguments(__doc__)
    n_rows = int(float(os.environ.get("BACTRIAN_ROWS", "2e6" if arguments.quick else "1e7")))
    page = Page(
        "Rows that stay in a file",
        "Written by `benchmarks/out_of_core.py`. Float32 rows in one file, read again for each pass while the kernel "
        "works on the rows before; K full covariances. The rate is rows per second over that of the same kernel on "
        f"rows in memory. Peak memory is a whole fit's. {LEGEND}",
        versions(f"pyarrow {pa.__version__}"),
    )
    page.header("N, D, K", "file", "seconds per pass", "of the rate in memory", "peak, MB")
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n_rows)
        for k in COMPONENTS[1:2] if arguments.quick else COMPONENTS:
            measure(page, Path(folder), n_rows, k)
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
