"""What an iteration costs on clusters that are not here: a calculation from figures that were measured.

python benchmarks/on_paper.py [--write docs/benchmarks/on_paper.md]
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

from page import Page, read_arguments

# measured: flops of one core of two (docs/benchmarks/em_iteration.md: 2 K D² a row), by D
CORE = {8: 51e9, 64: 40e9, 128: 45e9}
# measured: a pass over a Dask cluster of two workers less the kernel's time
PASS = 0.02
# assumed: what Dask's scheduler needs for one more task; 10 Gbit/s for each machine, 16 cores
TASK = 0.001
LINK = 1.25e9
CORES = 16
FAN_IN = 8  # as in sources/dask/pinned.py


@dataclass(frozen=True)
class Problem:
    n: float
    d: int
    k: int
    workers: int

    @property
    def size(self) -> int:
        """Bytes of packed statistics, and about those of a packed mixture."""
        return 8 * self.k * (self.d + 1) * (self.d + 2) // 2

    @property
    def compute(self) -> float:
        return self.n * 2 * self.k * self.d**2 / (CORE[self.d] * CORES * self.workers)

    @property
    def scheduling(self) -> float:
        return PASS + TASK * self.workers

    @property
    def broadcast(self) -> float:
        """The mixture to all workers, each that has it passing it on to one more."""
        return ceil(log(self.workers, 2)) * self.size / LINK

    @property
    def tree(self) -> float:
        """Eight sums at a time into one, level by level."""
        return ceil(log(self.workers, FAN_IN)) * FAN_IN * self.size / LINK

    @property
    def sharded(self) -> float:
        """Each worker adds up and finalises K/W components, then gets all others': what it sends, and what it gets."""
        return 2 * self.size / LINK

    @property
    def traffic(self) -> float:
        """Bytes in all: a mixture to each worker, its statistics from each."""
        return 2.0 * self.size * self.workers


def problems() -> list[Problem]:
    shapes = [(8, 16), (64, 64), (128, 1024)]
    return [Problem(n, d, k, w) for d, k in shapes for n in (1e9, 1e12) for w in (10, 1000)]


def time(seconds: float) -> str:
    if seconds < 1:
        return f"{1e3 * seconds:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 3600 else f"{seconds / 3600:.3g} h"


def amount(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def share(p: Problem, reduction: float) -> str:
    added = 100 * (p.scheduling + reduction) / p.compute
    return "< 0.01 %" if added < 0.01 else f"{added:.2g} %" if added < 100 else f"{added:.0f} %"


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "An iteration on paper",
        "Written by `benchmarks/on_paper.py`, which holds the formulas: full covariances, float64, "
        f"{CORES} cores and {LINK / 1e9 * 8:.0f} Gbit/s for each worker. Statistics are K (D+1)(D+2)/2 numbers of 8 "
        "bytes. Measured: the kernel's rate for each D ([page](em_iteration.md)) and Dask's share of a pass "
        f"(`benchmarks/cluster.py`); assumed: {1e3 * TASK:.0f} ms of Dask's scheduler for each worker's task. Tree: "
        "sums of eight, level by level, after the mixture went from worker to worker. Sharded: a worker adds up K/W "
        "components and sends them to all. The last columns: what the cluster adds to the rows' own time, as is (by "
        "the tree) and with sharding.",
    )
    page.header(
        "N, D, K",
        "workers",
        "statistics",
        "traffic",
        "rows",
        "scheduling",
        "broadcast",
        "tree",
        "sharded",
        "added",
        "added, sharded",
    )
    for p in problems():
        page.row(
            [
                f"{p.n:.0e}, {p.d}, {p.k}".replace("e+0", "e").replace("e+", "e"), p.workers, amount(p.size),
                amount(p.traffic), time(p.compute), time(p.scheduling), time(p.broadcast), time(p.tree),
                time(p.sharded), share(p, p.broadcast + p.tree), share(p, p.sharded),
            ]
        )  # fmt: skip
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
