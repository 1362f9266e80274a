"""The uncertainty of a fit of 272 rows: standard errors by every method, and tests of K against K + 1.

python benchmarks/resampling.py [--quick | --write docs/benchmarks/resampling.md]
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import process_time

import numpy as np
from sklearn.mixture import GaussianMixture

import bactrian as bt
from page import LEGEND, Page, against, read_arguments, shown, versions
from timing import in_turns, seconds

GOAL_S = 1
RESAMPLES = 999
ROUNDS = 3
TESTED = 99  # resamples of a test
RIVALS = 20  # fits by scikit-learn: a loop of 999 would take too long
FITTED = bt.datasets.old_faithful().data


def processor_seconds(work: Callable[[], object]) -> float:
    """Of all threads: what others on the machine take is not in it."""
    begin = process_time()
    work()
    return process_time() - begin


def sklearn_bootstrap(fit: bt.Fit) -> None:
    """What a loop over scikit-learn costs: rows drawn, fits begun at the fit, stopped at 1e-7 nats per row."""
    rng, m = np.random.default_rng(0), fit.mixture
    start = {"weights_init": m.weights, "means_init": m.means, "precisions_init": np.linalg.inv(m.covariances)}
    rule = {"covariance_type": "tied", "tol": 1e-7, "max_iter": 1000, "reg_covar": 0, "init_params": "random_from_data"}
    for _ in range(RIVALS):
        rows = FITTED[rng.integers(len(FITTED), size=len(FITTED))]
        GaussianMixture(3, **rule, **start).fit(rows)


def errors(page: Page, rounds: int) -> None:
    fit = bt.fit(FITTED, 3, "EEE")
    methods = ("bootstrap", "weighted", "parametric", "jackknife", "information")
    work: dict[str, Callable[[], object]] = {
        f'`fit.standard_errors(method="{method}")`': lambda method=method: fit.standard_errors(
            method=method, n_resamples=RESAMPLES
        )
        for method in methods
    }
    one = "the bootstrap on one thread"
    rival = f"a bootstrap by a loop over scikit-learn, from {RIVALS} of its fits"
    work[one] = lambda: fit.standard_errors(n_resamples=RESAMPLES, n_threads=1)
    work[rival] = lambda: sklearn_bootstrap(fit)
    wall = in_turns({name: lambda run=run: seconds(run) for name, run in work.items()}, rounds)
    used = in_turns({name: lambda run=run: processor_seconds(run) for name, run in work.items()}, rounds)
    page.header(f"{RESAMPLES} fits (jackknife: {len(FITTED)}; information: none), EEE, K = 3", "s", "processor s")
    for name in work:
        scale, goal = (RESAMPLES / RIVALS, None) if name == rival else (1.0, GOAL_S)
        page.row([name, against(scale * wall[name], goal, at_most=True), shown(scale * used[name])])
    page.end_table()


def tests(page: Page, rounds: int) -> None:
    work = {
        f"K = {k} against {k + 1}, {family}": lambda k=k, family=family: bt.test_n_components(
            FITTED, k, family, n_resamples=TESTED
        )
        for k, family in ((1, "VVV"), (2, "VVV"), (3, "EEE"))
    }
    result = in_turns({name: lambda run=run: seconds(run) for name, run in work.items()}, rounds)
    page.header(f"`bt.test_n_components(..., n_resamples={TESTED})`", "s")
    for name, value in result.items():
        page.row([name, shown(value)])
    page.end_table()


def main() -> None:
    arguments = read_arguments(__doc__)
    rounds = 1 if arguments.quick else ROUNDS
    page = Page(
        "The uncertainty of a fit",
        f"Written by `benchmarks/resampling.py`. Old Faithful, 272 rows; medians of {rounds}, in turns. {LEGEND} "
        "Each refit climbs until it lacks 1e-5 nats of its maximum (jackknife: 1e-5 / 272), which is 0.0045 standard "
        "errors. Processor seconds are of all threads together; those of one thread are what a quiet core takes.",
        f"{versions()} Load of the machine at the start: {os.getloadavg()[0]:.1f}.",
    )
    errors(page, rounds)
    tests(page, rounds)
    page.write(arguments.write)


if __name__ == "__main__":
    main()
