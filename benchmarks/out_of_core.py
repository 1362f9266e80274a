"""Rows in a file: seconds per pass beside the same rows in memory, peak memory, and how often a fit reads them.

    python benchmarks/out_of_core.py [--quick | --write docs/benchmarks/out_of_core.md]
    BACTRIAN_ROWS=1e8 python benchmarks/out_of_core.py      # the 3.2 GB data set: 8 features of float32

The data set is generated a million rows at a time into a temporary folder (TMPDIR) and removed at the end. A pass folds
the rows under one mixture of K full covariances. The rate in memory is that of the first rows, up to four million. The
peak is that of a whole fit (start, two iterations) in a process of its own, beyond what it held with all loaded.

Reads are counted from the start that ``bt.fit`` finds on a sample, over up to four million rows of that data set and
of one whose centres are close: until the log-likelihood is within ``tol`` per row of the highest that any of the three
came to, and until the climb ends. A whole fit is timed on all rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES
from bactrian.files import Dataset
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource, ChunkedSource
from bactrian.sources.mapped import MappedStore
from bactrian.statistics import Scatter
from page import LEGEND, Page, against, read_arguments, shown, versions
from timing import in_turns, seconds

D, ROUNDS = 8, 3
COMPONENTS = (2, 8, 32)
BOUND, BOUND_ROWS = (32, 64, 128), 10_000_000  # components, and rows at most, of passes that are bound by computing
STEP = 1_000_000
IN_MEMORY = 4_000_000
GOAL_MB, GOAL_RATE = 256, 0.9
APART, CLOSE = 4.0, 1.0  # standard deviations of the centres
TOL, LONGEST = 1e-6, 300
CLIMBS = [
    ("apart", 2, "VVV"), ("apart", 8, "VVV"), ("apart", 8, "EEE"), ("apart", 8, "VVI"), ("apart", 10, "VVV"),
    ("close", 4, "VVV"), ("close", 8, "VVV"), ("close", 8, "EEE"), ("close", 8, "VVI"),
]  # fmt: skip
PACES = {"EM": None, "SQUAREM": "squarem", "incremental": "incremental"}

UNPACKING = (
    "Of the rate in memory, over up to ten million of the rows: the more components, the longer the kernel works beside"
    " the reading. Unpacking Parquet costs about as much time of a core as the kernel takes for eight components, and "
    "copying a mapped file a seventh of that; there are two cores for all of it."
)

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


def write_rows(folder: Path, name: str, scale: float, n_rows: int, parquet: bool) -> None:
    """``name.npy`` and perhaps ``name.parquet``: float32 rows around eight centres."""
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=scale, size=(8, D))
    schema = pa.schema([(f"x{i}", pa.float32()) for i in range(D)])
    mapped = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, (n_rows, D))
    with pq.ParquetWriter(folder / f"{name}.parquet" if parquet else pa.BufferOutputStream(), schema) as writer:
        for first in range(0, n_rows, STEP):
            n = min(STEP, n_rows - first)
            rows = (centres[rng.integers(0, 8, n)] + rng.normal(size=(n, D))).astype(np.float32)
            mapped[first : first + n] = rows
            if parquet:
                writer.write_table(pa.table(dict(zip(schema.names, rows.T, strict=True))))


def peak_megabytes(path: Path, k: int) -> float:
    command = [sys.executable, "-c", PROCESS, str(path), str(k)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rates(folder: Path, data: str, n_rows: int, k: int) -> dict[str, tuple[float, float]]:
    """Of each kind of file the seconds of a pass, and its rate as a part of that in memory."""
    rows = np.array(np.load(folder / f"{data}.npy", mmap_mode="r")[:IN_MEMORY])
    few = rows[:20_000]
    mixture = bt.fit(few, k, "VVV", max_iter=3, n_init=1).mixture.parameters
    sources = {
        "memory": ArraySource(rows),
        "Parquet": ChunkedSource(Dataset([str(folder / f"{data}.parquet")])),
        ".npy": ChunkedSource(MappedStore(np.load(folder / f"{data}.npy", mmap_mode="r"), data)),
    }
    kernel = NativeKernel()

    def fold(source):
        return lambda: seconds(lambda: source.fold(kernel, [mixture], [Scatter.FULL]))

    found = in_turns({name: fold(source) for name, source in sources.items()}, ROUNDS)
    in_memory = len(rows) / found.pop("memory")
    return {name: (took, n_rows / took / in_memory) for name, took in found.items()}


def measure(page: Page, folder: Path, n_rows: int, k: int) -> None:
    for name, (took, rate) in rates(folder, "apart", n_rows, k).items():
        path = folder / ("apart.parquet" if name == "Parquet" else "apart.npy")
        peak = against(peak_megabytes(path, k), GOAL_MB, at_most=True)
        page.row([shape_of(n_rows, k), name, shown(took), against(rate, GOAL_RATE, ".2f"), peak])


def compute_bound(page: Page, folder: Path, n_rows: int) -> None:
    """Where the kernel takes longer and longer beside the reading."""
    write_rows(folder, "part", APART, n_rows, parquet=True)
    page.header("N, D, K", "Parquet", ".npy")
    for k in BOUND:
        found = rates(folder, "part", n_rows, k)
        page.row([shape_of(n_rows, k), *(against(rate, GOAL_RATE, ".2f") for _, rate in found.values())])
    page.end_table()


def shape_of(n_rows: int, k: int) -> str:
    return f"{n_rows:.0e}, {D}, {k}".replace("e+0", "e")


@dataclass
class Heights:
    """After each read the highest that a climb is known to be: a bound of the log-likelihood, or itself."""

    seen: list[float] = field(default_factory=list)

    def __call__(self, climbs) -> None:
        self.seen.append(climbs[0].value)

    def reads_to(self, height: float) -> int | None:
        return next((n + 1 for n, value in enumerate(self.seen) if value >= height), None)


def count(page: Page, folder: Path, data: str, k: int, code: str) -> None:
    rows = np.load(folder / f"{data}.npy", mmap_mode="r")[:IN_MEMORY]
    source, kernel = ChunkedSource(MappedStore(rows, data)), NativeKernel()
    start = bt.fit(rows, k, code, max_iter=0).mixture.parameters
    objective = Objective(FAMILIES[code], make_floor(source, None, None))
    heights = {name: Heights() for name in PACES}
    for name, pace in PACES.items():
        how = {"tol": TOL, "max_iter": LONGEST, "acceleration": pace, "near": True, "observe": heights[name]}
        em.run(source, kernel, [em.Climb(objective, start)], **how)
    best = max(h.seen[-1] for h in heights.values())
    cells = [
        f"{h.reads_to(best - TOL * source.total) or '–'}, {len(h.seen)}, {(best - h.seen[-1]) / source.total:.1e}"
        for h in heights.values()
    ]
    page.row([f"{data}, {k}, {code}", *cells])


def whole_fit(page: Page, folder: Path, n_rows: int, k: int) -> None:
    def fit(pace):
        return lambda: seconds(lambda: bt.fit(folder / "apart.npy", k, "VVV", tol=TOL, acceleration=pace))

    found = in_turns({name: fit(pace) for name, pace in PACES.items()}, 1)
    page.row([shape_of(n_rows, k), *map(shown, found.values())])


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
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        write_rows(folder, "apart", APART, n_rows, parquet=True)
        write_rows(folder, "close", CLOSE, min(n_rows, IN_MEMORY), parquet=False)
        for k in COMPONENTS[1:2] if arguments.quick else COMPONENTS:
            measure(page, folder, n_rows, k)
        page.end_table()
        if not arguments.quick:
            page.section("Bound by computing")
            page.paragraph(UNPACKING)
            compute_bound(page, folder, min(n_rows, BOUND_ROWS))
        page.section("Reads")
        page.paragraph(
            f"Reads until the log-likelihood is within tol = {TOL:g} per row of the best of the three, reads until the "
            "climb ends, and what is then missing per row. All begin at the start that bt.fit finds on a sample. Data "
            f"whose eight centres are apart or close, K, family; {min(n_rows, IN_MEMORY):.0e} rows."
        )
        page.header("data, K, family", *PACES)
        for climb in CLIMBS[1:3] if arguments.quick else CLIMBS:
            count(page, folder, *climb)
        page.end_table()
        page.paragraph(
            "Seconds of a whole fit on all rows, the reads for checks and samples included; one run of each."
        )
        page.header("N, D, K", *PACES)
        whole_fit(page, folder, n_rows, 8)
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
