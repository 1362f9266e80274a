"""How far an EM iteration is from what the machine allows: operations, exponentials and bytes, counted and timed.

    python benchmarks/limits.py [--quick | --write docs/benchmarks/limits.md]

The rates are those of other people's best code on the same machine at the same time: SciPy's matrix product, NumPy's
exponential, and a sum over an array much larger than the caches, each on all threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import sched_getaffinity
from time import perf_counter

import numpy as np

from em_iteration import GOALS, bactrian_run, dgemm_rate
from page import Page, read_arguments, shown, versions
from problems import Shape, make_problem
from timing import in_turns, long_enough, seconds_per_iteration

CORES = len(sched_getaffinity(0))
IN_CACHE = 4096  # numbers that stay in a core's first cache
OUT_OF_CACHE = 20_000_000
ROUNDS = 5
BUDGET = 0.4


@dataclass(frozen=True)
class Count:
    """For one row."""

    flops: int
    exps: int
    bytes: int


def count(shape: Shape) -> Count:
    """What the algorithm cannot do without; a multiplication with an addition is two operations.

    Full: a triangular product whitens the row for each component, half of a symmetric one adds it to the scatter, and
    the mean is taken off, squares are summed and the first moments added. Where components have one covariance, or
    none but a size, distances are linear in the row: two products of a row with a K x D matrix are left.
    """
    d, k = shape.d, shape.k
    flops = {
        "full": k * (2 * d * (d + 1) + 6 * d),
        "diag": k * 8 * d,
        "spherical": k * 4 * d + 2 * d,
        "tied": k * 4 * d,
    }[shape.covariance]
    return Count(flops, k, 8 * d)


def rate(work: Callable[[], object], amount: float, budget: float = 0.3) -> float:
    """Amount per second of what all threads do together."""
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda _: work(), range(CORES)))
        turns, begin = 0, perf_counter()
        while perf_counter() - begin < budget:
            list(pool.map(lambda _: work(), range(CORES)))
            turns += 1
    return CORES * turns * amount / (perf_counter() - begin)


def exp_rate() -> float:
    x = -np.random.default_rng(0).exponential(5, IN_CACHE)

    def work() -> None:
        out = np.empty_like(x)
        for _ in range(200):
            np.exp(x, out=out)

    return rate(work, 200 * IN_CACHE)


def memory_rate() -> float:
    x = np.ones(OUT_OF_CACHE // CORES)
    return rate(x.sum, x.nbytes)


def main() -> None:
    arguments = read_arguments(__doc__)
    shapes = list(GOALS)[:2] if arguments.quick else list(GOALS)
    page = Page(
        "How far from the limit",
        "Written by `benchmarks/limits.py`. What an iteration needs for one row, counted; how long it takes at the "
        "rates of SciPy's matrix product, NumPy's exponential and a sum over memory, measured on all threads beside "
        "it; and how long it takes. The limit is the sum of the first two or the third, whichever is longer: "
        "arithmetic and exponentials use the same units, memory is read meanwhile. A share above 1 says that bactrian "
        "is faster than these. With full covariances of more than 12 features what has a responsibility below 2^-90 "
        "may be left out of the moments; it is counted here as done.",
        versions(),
    )
    page.header(
        "N, D, K", "flops", "exps", "bytes", "flops, ms", "exps, ms", "bytes, ms", "limit, ms", "bactrian, ms",
        "share of the limit", "what most of the limit is",
    )  # fmt: skip
    for shape in shapes:
        rows, start = make_problem(shape)
        run = bactrian_run(shape, rows, start, None)
        steps = long_enough(run, BUDGET)
        measured = in_turns(
            {
                "bactrian": lambda run=run, steps=steps: seconds_per_iteration(run, steps),
                "flops": dgemm_rate,
                "exps": exp_rate,
                "bytes": memory_rate,
            },
            2 if arguments.quick else ROUNDS,
        )
        needs = vars(count(shape))
        ms = {name: 1e3 * shape.n * amount / measured[name] for name, amount in needs.items()}
        limit, ours = max(ms["flops"] + ms["exps"], ms["bytes"]), 1e3 * measured["bactrian"]
        page.row(
            [
                str(shape), *(str(amount) for amount in needs.values()), *(shown(t) for t in ms.values()),
                shown(limit), shown(ours), f"{limit / ours:.2f}", max(ms, key=lambda name: ms[name]),
            ]
        )  # fmt: skip
    page.end_table()
    page.section("What holds it back")
    page.paragraph(
        "Shares above 1 come from an exponential that is cheaper than NumPy's, and from what is left out. "
        "At D = 2 a component's share of a row is some thirty operations around one exponential: loads, the sum of the "
        "exponentials and the division are as long as the products, and none of them is counted. At D = 8 the "
        "products are shorter than a vector register is wide, so part of each register is idle. From D = 32 on the "
        "products are the work, and the share tells how much of the time they fill. Diagonal and spherical covariances "
        "read and write each component's moments for every tile of rows, which is not counted. One covariance for all: "
        "two matrix products with few operations a byte between them."
    )
    page.write(arguments.write)


if __name__ == "__main__":
    main()
