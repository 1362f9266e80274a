"""Seconds per iteration as N, K and D grow, one at a time: a table with local exponents, and a picture.

    python benchmarks/scaling.py [--quick | --write docs/benchmarks/scaling.md]

The picture, scaling.png, is written beside the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from pathlib import Path

import matplotlib
import numpy as np

import bactrian as bt
from page import Page, read_arguments, shown, versions
from problems import Shape, make_problem
from timing import in_turns, long_enough, seconds_per_iteration

matplotlib.use("Agg")
from matplotlib import pyplot

BENDS = """\
Below some ten components, or eight features, a row's own costs show: it is read, laid out and multiplied with itself
once for all components, and an iteration wakes the threads. From a few hundred components on, the log-densities of a
tile of rows and the sums of all components no longer lie in the first-level cache but in the second. Up to D = 12 with
a common centre the log-density is linear in shared products of features; beyond it rows are whitened, which is
triangular work and grows a little more slowly than D² while the triangle's edge counts. From some 200 features on the
rows of a tile with their products fill a core's second-level cache, and a component's whitener (2 MB at D = 512) comes
from the third once for each tile: there a step can grow faster than D²."""

BUDGET = 0.25
ROUNDS = 3


@dataclass(frozen=True)
class Sweep:
    """One letter varies, the others stay."""

    letter: str
    slope: int  # of the reference line: the power at large values
    shapes: tuple[Shape, ...]

    def values(self) -> list[int]:
        return [getattr(shape, self.letter.lower()) for shape in self.shapes]

    def rest(self) -> str:
        return ", ".join(f"{x} = {getattr(self.shapes[0], x.lower())}" for x in "NDK" if x != self.letter)


SWEEPS = [
    Sweep("N", 1, tuple(Shape("full", n, 4, 8) for n in (10**4, 10**5, 10**6, 10**7))),
    Sweep("K", 1, tuple(Shape("full", 20_000, 8, k) for k in (1, 3, 10, 30, 100, 300, 1000))),
    Sweep("D", 2, tuple(Shape("full", 20_000, d, 4) for d in (2, 4, 8, 16, 32, 64, 128, 256, 512))),
]


def measure(shape: Shape, rounds: int) -> float:
    rows, start = make_problem(shape)

    def run(n_iter: int) -> None:
        bt.fit(rows, families=shape.covariance, start=start, tol=0, max_iter=n_iter)

    long = long_enough(run, BUDGET)
    return in_turns({"bactrian": lambda: seconds_per_iteration(run, long)}, rounds)["bactrian"]


def exponents(values: list[int], times: list[float]) -> list[str]:
    """The power by which time grew since the value before."""
    steps = zip(values, values[1:], times, times[1:], strict=False)
    return ["", *(shown(log(t / s) / log(b / a), ".2f") if min(s, t) > 0 else "–" for a, b, s, t in steps)]


def draw(curves: list[list[float]], sweeps: list[Sweep], path: Path) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    for ax, sweep, times in zip(axes, sweeps, curves, strict=True):
        values = np.array(sweep.values(), dtype=float)
        ax.loglog(values, times, "o-", label="measured")
        reference = times[-1] * (values / values[-1]) ** sweep.slope
        power = f"$^{sweep.slope}$" if sweep.slope > 1 else ""
        ax.loglog(values, reference, "--", color="0.6", label=f"∝ {sweep.letter}{power}")
        ax.set(xlabel=sweep.letter, title=sweep.rest())
        ax.legend(frameon=False)
    axes[0].set_ylabel("seconds per iteration")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "How time grows",
        "Written by `benchmarks/scaling.py`. Seconds per EM iteration, full covariances, float64, all cores, median of "
        f"{ROUNDS}. The exponent is the power by which time grew since the row above: 1 is linear, 2 quadratic. The "
        "work is N K D²; below it lie costs per row, per component and per iteration.",
        versions(),
    )
    sweeps = SWEEPS
    if arguments.quick:
        sweeps = [Sweep(s.letter, s.slope, s.shapes[:3]) for s in SWEEPS]
    curves = []
    for sweep in sweeps:
        page.section(f"{sweep.letter}, with {sweep.rest()}")
        times = [measure(shape, 1 if arguments.quick else ROUNDS) for shape in sweep.shapes]
        page.header(sweep.letter, "s", "exponent")
        for cells in zip(sweep.values(), map(shown, times), exponents(sweep.values(), times), strict=True):
            page.row(cells)
        page.end_table()
        curves.append(times)
    if arguments.write:
        draw(curves, sweeps, arguments.write.with_suffix(".png"))
        page.paragraph(f"![Seconds per iteration over N, K and D]({arguments.write.stem}.png)")
    page.section("The bends")
    page.paragraph(BENDS)
    page.write(arguments.write)


if __name__ == "__main__":
    main()
