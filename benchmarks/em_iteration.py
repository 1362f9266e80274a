"""Seconds per EM iteration, bactrian beside scikit-learn: same rows, same parameters, one process, in turns.

    python benchmarks/em_iteration.py [--quick] [--write docs/benchmarks/em_iteration.md]

An iteration is what both do: responsibilities of all rows, then new parameters. Its time is the difference between
a run of many iterations and a run of one, so that reading, checking and starting cost nothing in either. The two
take turns, and medians are compared: only ratios from one run mean anything.
"""

from __future__ import annotations

import argparse
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

import bactrian as bt
from bactrian.kernels.native import available_instructions


@dataclass(frozen=True)
class Shape:
    covariance: str
    n: int
    d: int
    k: int

    def __str__(self) -> str:
        return f"{self.covariance} {self.n:.0e}, {self.d}, {self.k}".replace("e+0", "e")


SHAPES = [
    Shape("full", 1_000_000, 2, 10),
    Shape("full", 500_000, 8, 16),
    Shape("full", 100_000, 32, 32),
    Shape("diag", 500_000, 16, 64),
    Shape("spherical", 500_000, 16, 64),
    Shape("tied", 200_000, 64, 64),
]
SLOW_RUN = 3  # iterations of the long run: scikit-learn, bactrian
FAST_RUN = 11


def make_problem(shape: Shape) -> tuple[np.ndarray, bt.Mixture]:
    """Rows of K overlapping lobes, and a mixture near them to begin from."""
    rng = np.random.default_rng(0)
    means = 3 * rng.normal(size=(shape.k, shape.d))
    rows = means[rng.integers(0, shape.k, shape.n)] + rng.normal(size=(shape.n, shape.d))
    start = means + 0.1 * rng.normal(size=means.shape)
    eye = np.eye(shape.d)
    numbers, form = {
        "full": (np.repeat(eye[None], shape.k, axis=0), "full"),
        "tied": (eye, "tied"),
        "diag": (np.ones((shape.k, shape.d)), "diagonal"),
        "spherical": (np.ones(shape.k), "spherical"),
    }[shape.covariance]
    return rows, bt.Mixture(np.full(shape.k, 1 / shape.k), start, numbers, form=form)


def seconds(work: Callable[[int], object], long: int) -> float:
    """One iteration's share of a long run."""
    times = []
    for n in (1, long):
        begin = perf_counter()
        work(n)
        times.append(perf_counter() - begin)
    return (times[1] - times[0]) / (long - 1)


def measure(shape: Shape, repeats: int) -> tuple[float, float, float]:
    """Median seconds per iteration (scikit-learn, bactrian) and the median of the ratios."""
    rows, start = make_problem(shape)

    def theirs(n: int) -> None:
        GaussianMixture(
            shape.k,
            covariance_type=shape.covariance,
            weights_init=start.weights,
            means_init=start.means,
            precisions_init=start.covariances,  # the identity is its own inverse
            max_iter=n,
            tol=0,
            init_params="random",
        ).fit(rows)

    def ours(n: int) -> None:
        bt.fit(rows, families=shape.covariance, start=start, tol=0, max_iter=n)

    ours(1)
    pairs = [(seconds(theirs, SLOW_RUN), seconds(ours, FAST_RUN)) for _ in range(repeats)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the two first shapes, once")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # runs of fixed length do not converge
    lines = [
        f"scikit-learn {sklearn.__version__}, bactrian {bt.__version__} ({available_instructions()[0]}), "
        f"{platform.machine()}, float64",
        "",
        "| N, D, K | scikit-learn, s | bactrian, s | ratio |",
        "| --- | --- | --- | --- |",
    ]
    print("\n".join(lines), flush=True)
    for shape in SHAPES[:2] if arguments.quick else SHAPES:
        slow, fast, ratio = measure(shape, 1 if arguments.quick else 3)
        lines.append(f"| {shape} | {slow:.3f} | {fast:.4f} | {ratio:.0f} |")
        print(lines[-1], flush=True)
    if arguments.write:
        head = "# Seconds per EM iteration\n\nWritten by `benchmarks/em_iteration.py`; only the ratios mean anything.\n"
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
        arguments.write.write_text("\n".join([head, *lines, ""]))


if __name__ == "__main__":
    main()
