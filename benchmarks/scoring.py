"""Scoring rows under a given mixture, beside scikit-learn: log-densities, labels, responsibilities.

python benchmarks/scoring.py [--quick | --write docs/benchmarks/scoring.md]
"""

from __future__ import annotations

import numpy as np
from sklearn.mixture import GaussianMixture

import bactrian as bt
from page import LEGEND, Page, against, read_arguments, shown, versions
from problems import Shape, make_problem
from timing import in_turns, seconds

SHAPES = [Shape("full", 1_000_000, 2, 10), Shape("full", 500_000, 8, 16)]
METHODS = ["score_samples", "predict", "predict_proba"]
GOAL = 20
ROUNDS = 3


def sklearn_model(start: bt.Mixture) -> GaussianMixture:
    """A fitted scikit-learn model with the given numbers, which it has no public way to build."""
    model = GaussianMixture(start.n_components)
    model.weights_, model.means_, model.covariances_ = start.weights, start.means, start.covariances
    model.precisions_cholesky_ = np.array(start.covariances)  # the identity is its own inverse
    return model


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "Scoring",
        f"Written by `benchmarks/scoring.py`. Seconds for all rows, median of {ROUNDS} turns. {LEGEND}",
        versions(),
    )
    page.header("N, D, K", "method", "scikit-learn, s", "bactrian, s", "ratio", "largest difference")
    for shape in SHAPES[:1] if arguments.quick else SHAPES:
        rows, start = make_problem(shape)
        theirs, ours = sklearn_model(start), bt.GaussianMixture.from_mixture(start)
        for name in METHODS:
            their_method, our_method = getattr(theirs, name), getattr(ours, name)
            difference = np.abs(np.subtract(their_method(rows), our_method(rows), dtype=float)).max()
            contestants = {
                "theirs": lambda method=their_method, rows=rows: seconds(lambda: method(rows)),
                "ours": lambda method=our_method, rows=rows: seconds(lambda: method(rows)),
            }
            result = in_turns(contestants, 1 if arguments.quick else ROUNDS)
            ratio = against(result["theirs"] / result["ours"], GOAL)
            cells = [shape, f"`{name}`", shown(result["theirs"]), shown(result["ours"]), ratio, f"{difference:.0e}"]
            page.row(cells)
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
