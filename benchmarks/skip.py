"""What is saved by leaving out responsibilities that are nothing, on patches of photographs under many components.

    python benchmarks/skip.py [--quick | --write docs/benchmarks/skip.md]

What it would cost to leave nothing out: a component of next to no weight is added, of which the kernel cannot be sure
that nothing was lost, so it makes the pass again with all responsibilities; that second pass is what is timed.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_sample_images
from sklearn.feature_extraction.image import extract_patches_2d

import bactrian as bt
from bactrian.kernels import NativeKernel, Parameters, ReferenceKernel
from bactrian.statistics import Scatter, Statistics
from page import Page, read_arguments, shown, versions
from timing import in_turns, seconds

SIDES, COMPONENTS = (4, 6, 8), (64, 256)
N = 20_000
ITERATIONS = 10
ROUNDS = 5
NOTHING = 2.0**-90
CHECKED = 2_000  # rows that the reference kernel folds too
KERNEL = NativeKernel()


def patches(side: int, n: int) -> np.ndarray:
    """Grey patches without their mean brightness, a little noise taking the 8-bit grid away."""
    rng = np.random.default_rng(0)
    images = [image.mean(axis=2) for image in load_sample_images().images]
    each = [extract_patches_2d(image, (side, side), max_patches=n // 2, random_state=0) for image in images]
    x = np.concatenate(each).reshape(n, -1)
    return x - x.mean(axis=1, keepdims=True) + rng.uniform(-0.5, 0.5, x.shape)


def fold(rows: np.ndarray, mixture: Parameters) -> Statistics:
    return KERNEL.accumulate(rows, None, mixture, Scatter.FULL)


def with_a_trace(mixture: Parameters) -> Parameters:
    """With one more component of next to no weight."""
    which = np.append(np.arange(len(mixture.weights)), 0)
    weights = np.append(mixture.weights, 1e-15)
    return Parameters(weights, mixture.means[which], mixture.covariance.select(which))


def difference(rows: np.ndarray, mixture: Parameters) -> float:
    """The largest between native and reference scatter, beside each component's own size."""
    ours, theirs = fold(rows, mixture), ReferenceKernel().accumulate(rows, None, mixture, Scatter.FULL)
    sizes = np.einsum("kdd->k", np.abs(theirs.second))
    gaps = np.abs(ours.second - theirs.second).max(axis=(1, 2))
    return float((gaps[sizes > 0] / sizes[sizes > 0]).max())


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "Leaving out what is nothing",
        f"Written by `benchmarks/skip.py`. {N} patches of two photographs, full covariances, after {ITERATIONS} "
        "iterations from random rows. With more than 12 features a row is added to the moments of a component only "
        "where its responsibility is at least 2^-90, unless a matrix product over all rows and a group of components "
        "is quicker; if that might change a component's sums by more than rounding the pass is made again with all of "
        f"them. Milliseconds of a pass, medians of {ROUNDS} turns, without and with "
        "what is left out. The last column is the largest difference from the reference kernel, which leaves nothing "
        f"out, as a part of a component's scatter, on {CHECKED} rows.",
        versions(),
    )
    page.header("D, K", "responsibilities below 2^-90", "nothing left out, ms", "bactrian, ms", "ratio", "difference")
    for side in SIDES[:1] if arguments.quick else SIDES:
        rows = patches(side, N)
        for k in COMPONENTS[:1] if arguments.quick else COMPONENTS:
            how = {"init_params": "random_from_data", "max_iter": ITERATIONS, "reg_covar": 1.0, "random_state": 0}
            apart = bt.GaussianMixture(k, **how).fit(rows).mixture_.parameters
            share = float((KERNEL.responsibilities(rows, apart) < NOTHING).mean())
            more = with_a_trace(apart)
            times = in_turns(
                {
                    "once": lambda rows=rows, apart=apart: seconds(lambda: fold(rows, apart)),
                    "twice": lambda rows=rows, more=more: seconds(lambda: fold(rows, more)),
                },
                ROUNDS,
            )
            whole = times["twice"] - times["once"]
            ms = [shown(1e3 * t) for t in (whole, times["once"])]
            gap = difference(rows[:CHECKED], apart)
            page.row([f"{side**2}, {k}", f"{share:.0%}", *ms, shown(whole / times["once"]), f"{gap:.0e}"])
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
