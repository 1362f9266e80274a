"""Peak extra memory of a fit at growing N: the most a process ever held, less what it held with the rows loaded.

    python benchmarks/memory.py [--quick | --write docs/benchmarks/memory.md]

Each fit has its own process, which first fits a few rows, so that code and thread stacks are there already. The peak is
the kernel's VmHWM, reset before the fit: ru_maxrss would start from the peak of the process that started this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from math import nan

from page import LEGEND, Page, against, read_arguments, shown, versions

CASES = [(100_000, 8, 8), (1_000_000, 8, 8), (4_000_000, 8, 8), (60_000, 64, 64)]  # N, D, K
GOAL_MB = 32
COPIES = 4  # of (threads, K, D, D) float64 numbers, allowed on top
SKLEARN_LARGEST = 1_000_000 * 8  # numbers in X beyond which scikit-learn is left out: it takes minutes

FITS = {
    "bt.GaussianMixture": "from bactrian import GaussianMixture as G\nfit = lambda x, k: G(k, max_iter=2).fit(x)",
    "bt.fit": "import bactrian\nfit = lambda x, k: bactrian.fit(x, k, 'VVV', max_iter=2)",
    "scikit-learn": "from sklearn.mixture import GaussianMixture as G\nfit = lambda x, k: G(k, max_iter=2).fit(x)",
}
# rows are drawn piece by piece into place: nothing large is freed before the fit, which could use it again
PROCESS = """
import re, sys, warnings
from pathlib import Path
import numpy as np
warnings.simplefilter("ignore")
{imports}
n, d, k = map(int, sys.argv[1:])
rng = np.random.default_rng(0)
fit(rng.normal(size=(20 * k + 2 * d, d)), k)
x = np.empty((n, d))
for i in range(0, n, 1000):
    x[i : i + 1000] = rng.normal(size=(min(1000, n - i), d)) + 3 * rng.integers(0, 2, size=(min(1000, n - i), 1))
kilobytes = lambda name: int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is held now
before = kilobytes("VmRSS")
fit(x, k)
print((kilobytes("VmHWM") - before) / 1024)
"""


def extra_megabytes(name: str, case: tuple[int, int, int]) -> float:
    n, d, _ = case
    if name == "scikit-learn" and n * d > SKLEARN_LARGEST:
        return nan
    command = [sys.executable, "-c", PROCESS.format(imports=FITS[name]), *map(str, case)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def goal(d: int, k: int) -> float:
    threads = len(os.sched_getaffinity(0))
    return GOAL_MB + COPIES * threads * k * d * d * 8 / 2**20


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "Memory of a fit",
        "Written by `benchmarks/memory.py`. Peak memory during a fit (two iterations from the default start, float64, "
        f"full covariances) beyond the rows, in MB. The goal is {GOAL_MB} MB and {COPIES} (threads, K, D, D) arrays, "
        f"whatever N is. scikit-learn is left out where it takes minutes. {LEGEND}",
        versions(),
    )
    page.header("N, D, K", "rows, MB", *(f"{name}, MB" for name in FITS))
    for case in CASES[:1] if arguments.quick else CASES:
        n, d, k = case
        cells = [f"{n:.0e}, {d}, {k}".replace("e+0", "e"), shown(n * d * 8 / 2**20)]
        for name in FITS:
            limit = None if name == "scikit-learn" else goal(d, k)
            cells.append(against(extra_megabytes(name, case), limit, at_most=True))
        page.row(cells)
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
