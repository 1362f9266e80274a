"""Seconds per EM iteration beside scikit-learn and oneDAL: same rows, same parameters, one process, in turns.

    python benchmarks/em_iteration.py [--quick | --write docs/benchmarks/em_iteration.md]

An iteration is what all do: responsibilities of all rows, then new parameters. Its time is the difference between a
run of many iterations and a run of one, so that reading, checking and starting cost nothing. scikit-learn is too slow
for such runs to stand out from its start: there the time from one E-step to the next is taken, which is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from math import nan
from statistics import median
from time import perf_counter

import daal4py
import numpy as np
from scipy.linalg.blas import dgemm
from sklearn.mixture import GaussianMixture

import bactrian as bt
from page import LEGEND, Page, against, read_arguments, shown, versions
from problems import Shape, make_problem
from timing import long_enough, ratio, seconds_per_iteration, turns

# shape: goals for the ratio to scikit-learn, the ratio to oneDAL, and the share of dgemm's rate
GOALS: dict[Shape, tuple[float, float | None, float | None]] = {
    Shape("full", 1_000_000, 2, 10): (100, 4, None),
    Shape("full", 500_000, 8, 16): (35, 3.5, None),
    Shape("full", 100_000, 32, 32): (12, 3, 0.75),
    Shape("full", 30_000, 128, 16): (5, 2.3, 0.75),
    Shape("full", 20_000, 64, 256): (6, 3, 0.75),
    Shape("diag", 500_000, 16, 64): (15, 5, None),
    Shape("spherical", 500_000, 16, 64): (20, None, None),
    Shape("tied", 200_000, 64, 64): (150, None, None),
}
FLOAT32_GOAL = 1.8
THREADS_GOAL = 1.85
ROUNDS = 5
BUDGET = (
    0.25  # seconds of a long run, unless three iterations take more: short turns, so that neighbours disturb all alike
)
SKLEARN_ITERATIONS = 3
DGEMM_SIZE = 1024
STORAGE = {"full": "full", "diag": "diagonal"}  # all that oneDAL has


class StepClock(GaussianMixture):
    """scikit-learn's estimator, noting when each E-step begins."""

    def _e_step(self, *arguments: object, **more: object) -> object:
        self.__dict__.setdefault("begun", []).append(perf_counter())
        return super()._e_step(*arguments, **more)


def sklearn_seconds(shape: Shape, rows: np.ndarray, start: bt.Mixture, n_iter: int) -> float:
    """Median seconds from one E-step to the next; a last E-step follows the last iteration."""
    model = StepClock(
        shape.k,
        covariance_type=shape.covariance,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.covariances,  # the identity is its own inverse
        max_iter=n_iter,
        tol=0,
        init_params="random",
    ).fit(rows)
    return float(np.median(np.diff(model.begun)))


def onedal_run(shape: Shape, rows: np.ndarray, start: bt.Mixture) -> Callable[[int], object]:
    weights, means = np.array(start.weights)[None], np.array(start.means)
    single = (1, shape.d) if shape.covariance == "diag" else (shape.d, shape.d)

    def run(n_iter: int) -> None:
        daal4py.em_gmm(
            nComponents=shape.k,
            maxIterations=n_iter,
            accuracyThreshold=0.0,
            covarianceStorage=STORAGE[shape.covariance],
        ).compute(rows, weights, means, [np.array(c).reshape(single) for c in start.covariances])

    return run


def bactrian_run(shape: Shape, rows: np.ndarray, start: bt.Mixture, threads: int | None) -> Callable[[int], object]:
    how = {"families": shape.covariance, "start": start, "tol": 0, "acceleration": None, "n_threads": threads}
    return lambda n: bt.fit(rows, max_iter=n, **how)


def dgemm_rate() -> float:
    """Floating-point operations per second of one large product on all threads."""
    a = np.asfortranarray(np.random.default_rng(0).normal(size=(DGEMM_SIZE, DGEMM_SIZE)))
    dgemm(1.0, a, a)
    begin = perf_counter()
    for _ in range(10):
        dgemm(1.0, a, a)
    return 10 * 2 * DGEMM_SIZE**3 / (perf_counter() - begin)


def measure(shape: Shape, rounds: int) -> dict[str, list[float]]:
    """Seconds per iteration of each contestant in its turns, and dgemm's rate."""
    rows, start = make_problem(shape)
    ours = {
        "bactrian": bactrian_run(shape, rows, start, None),
        "float32": bactrian_run(shape, rows.astype(np.float32), start, None),
        "one thread": bactrian_run(shape, rows, start, 1),
    }
    contestants = {name: _clock(run) for name, run in ours.items()}
    if shape.covariance in STORAGE:
        contestants["oneDAL"] = _clock(onedal_run(shape, rows, start))
    contestants["dgemm"] = dgemm_rate
    theirs = sklearn_seconds(shape, rows, start, SKLEARN_ITERATIONS)
    nothing = {"oneDAL": [nan] * rounds, "scikit-learn": [theirs] * rounds}
    return nothing | turns(contestants, rounds)


def _clock(run: Callable[[int], object]) -> Callable[[], float]:
    long = long_enough(run, BUDGET)
    return lambda: seconds_per_iteration(run, long)


def cells(shape: Shape, result: dict[str, list[float]]) -> list[str]:
    sklearn_goal, onedal_goal, dgemm_goal = GOALS[shape]
    ours = result["bactrian"]
    flops = 2 * shape.n * shape.k * shape.d**2 if shape.covariance == "full" else nan
    return [
        str(shape),
        *(shown(median(result[name])) for name in ("scikit-learn", "oneDAL", "bactrian")),
        against(ratio(result["scikit-learn"], ours), sklearn_goal),
        against(ratio(result["oneDAL"], ours), onedal_goal),
        against(ratio([flops / t for t in ours], result["dgemm"]), dgemm_goal, ".2f"),
        against(ratio(ours, result["float32"]), FLOAT32_GOAL, ".2f"),
        against(ratio(result["one thread"], ours), THREADS_GOAL, ".2f"),
    ]


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "Seconds per EM iteration",
        "Written by `benchmarks/em_iteration.py`. Same rows and start for all, float64, plain EM (bactrian with "
        "`acceleration=None`); only the ratios mean anything. "
        "oneDAL has full and diagonal covariances only. With full covariances of more than 12 features bactrian may "
        "leave out of the moments what has a responsibility below 2^-90; the share counts that work as done. "
        "The share of dgemm counts 2 K D² operations a row against "
        f"SciPy's product of two {DGEMM_SIZE} x {DGEMM_SIZE} matrices on all threads. float32 is the speed-up over "
        "float64, threads that of all cores over one. Medians: of "
        f"{SKLEARN_ITERATIONS} iterations of scikit-learn, of the others of {ROUNDS} turns, of ratios within a turn. "
        f"{LEGEND}",
        versions(f"oneDAL {version('daal')}"),
    )
    page.header(
        "N, D, K", "scikit-learn, s", "oneDAL, s", "bactrian, s", "scikit-learn / bactrian", "oneDAL / bactrian",
        "share of dgemm", "float32", "threads",
    )  # fmt: skip
    for shape in list(GOALS)[:2] if arguments.quick else GOALS:
        page.row(cells(shape, measure(shape, 1 if arguments.quick else ROUNDS)))
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
