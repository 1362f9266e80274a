"""Passes over the rows that a climb takes with SQUAREM and with quasi-Newton steps, from near the top.

python benchmarks/acceleration.py [--quick | --write docs/benchmarks/acceleration.md]
"""

from __future__ import annotations

import warnings

import numpy as np

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.regularization import make_floor
from bactrian.sources import ArraySource
from data_sets import DATA_SETS
from page import Page, read_arguments, versions

CODES = ("EII", "VVI", "EEE", "VVE", "VEV", "VVV")
NAMES = (
    "faithful",
    "iris",
    "wine, 4 axes",
    "diabetes",
    "digits, 6 axes",
    "3-D, overlap",
    "5-D, 8 lobes",
    "2-D, 10 lobes",
)
PACES = ("squarem", "quasi-newton")
TOL = 1e-6  # nats per row
KERNEL = NativeKernel()


class Counted(ArraySource):
    """Rows in memory whose climbs are left to the loop, which counts its passes."""

    passes = 0

    def climber(self, *_):
        return None

    def fold(self, *arguments):
        self.passes += 1
        return super().fold(*arguments)


def climbed(rows: np.ndarray, k: int, code: str) -> dict[str, tuple[int, float]]:
    """Passes of each, and nats per row that it left below where a climb of its own end comes to."""
    start = bt.fit(rows[::4], k, code, start="k-means++", tol=1e-5).mixture.parameters
    found = {}
    for pace in PACES:
        source = Counted(rows)
        goal = Objective(FAMILIES[code], make_floor(source, None))
        (end,) = em.run(source, KERNEL, [em.Climb(goal, start)], tol=TOL, max_iter=3000, acceleration=pace, near=True)
        passes = source.passes
        how = {"tol": 1e-11, "max_iter": 500, "acceleration": "squarem", "near": True}
        (top,) = em.run(source, KERNEL, [em.Climb(goal, end.mixture)], **how)
        found[pace] = passes, (top.value - end.value) / len(rows)
    return found


def main() -> None:
    arguments = read_arguments(__doc__)
    warnings.simplefilter("ignore")
    page = Page(
        "Passes of a climb",
        "Written by `benchmarks/acceleration.py`. Climbs outside the core from where one over a quarter of the rows "
        f"has ended, to tol {TOL:g} nats per row, on {len(NAMES)} data sets: passes over the rows of all together, "
        "those taken back included, the median of their ratios, and the most nats per row that any of them left, as "
        "a climb from its end shows. The two need not come to the same top.",
        versions(),
    )
    page.header(
        "family", "SQUAREM: passes", "quasi-Newton: passes", "median ratio", "SQUAREM: left", "quasi-Newton: left"
    )
    for code in CODES[:2] if arguments.quick else CODES:
        made = []
        for name in NAMES[:3] if arguments.quick else NAMES:
            make_rows, k = DATA_SETS[name]
            made.append(climbed(np.ascontiguousarray(make_rows(), dtype=np.float64), k, code))
        passes = {pace: [one[pace][0] for one in made] for pace in PACES}
        left = {pace: max(one[pace][1] for one in made) for pace in PACES}
        ratio = float(np.median(np.divide(passes["quasi-newton"], passes["squarem"])))
        page.row([code, *(str(sum(passes[p])) for p in PACES), f"{ratio:.2f}", *(f"{left[p]:.1e}" for p in PACES)])
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
