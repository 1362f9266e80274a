"""How often a default fit finds the best log-likelihood known, beside scikit-learn with one start and with ten.

python benchmarks/optimum.py [--quick | --write docs/benchmarks/optimum.md]
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.mixture import GaussianMixture

import bactrian as bt
from data_sets import DATA_SETS
from page import Page, read_arguments, versions

CLOSE = 1e-3  # nats per row
# the highest log-likelihoods per row that any run has reached; a higher one replaces them
KNOWN = Path(__file__).with_name("optimum.json")

# how many seeds each is given, and the model
CONTESTANTS = {
    "bactrian": (5, lambda k, seed: bt.GaussianMixture(k, random_state=seed)),
    "scikit-learn": (5, lambda k, seed: GaussianMixture(k, random_state=seed)),
    "scikit-learn, n_init=10": (1, lambda k, seed: GaussianMixture(k, random_state=seed, n_init=10)),
}


def attempts(make, rows: np.ndarray, k: int, seeds: int) -> tuple[list[float], float]:
    """Log-likelihoods per row, and the seconds they took together."""
    found, begin = [], perf_counter()
    for seed in range(seeds):
        model = make(k, seed).fit(rows)
        found.append((model, seed))
    took = perf_counter() - begin
    return [float(model.score(rows)) for model, _ in found], took


def main() -> None:
    arguments = read_arguments(__doc__)
    warnings.simplefilter("ignore")
    names = list(DATA_SETS)[:4] if arguments.quick else list(DATA_SETS)
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    page = Page(
        "Finding the optimum",
        "Written by `benchmarks/optimum.py`. Full covariances, K given, all else at its default. A fit has found the "
        f"optimum if it comes within {CLOSE:g} nats per row of the best log-likelihood that any run has reached. "
        "Hits of each contestant among its seeds, and seconds for one fit.",
        versions(),
    )
    page.header("data set", "N, D, K", *(f"{name}{what}" for name in CONTESTANTS for what in (": hits", ", s")))
    hits, seconds = dict.fromkeys(CONTESTANTS, 0), dict.fromkeys(CONTESTANTS, 0.0)
    for name in names:
        make_rows, k = DATA_SETS[name]
        rows = np.ascontiguousarray(make_rows(), dtype=np.float64)
        results = {c: attempts(make, rows, k, seeds) for c, (seeds, make) in CONTESTANTS.items()}
        best = max(known.get(name, -np.inf), *(v for values, _ in results.values() for v in values))
        known[name] = best
        cells = []
        for contestant, (values, took) in results.items():
            found = sum(v >= best - CLOSE for v in values)
            hits[contestant] += found
            seconds[contestant] += took
            cells += [f"{found} of {len(values)}", f"{took / len(values):.3f}"]
        page.row([name, f"{len(rows)}, {rows.shape[1]}, {k}", *cells])
    tries = {c: seeds * len(names) for c, (seeds, _) in CONTESTANTS.items()}
    sums = [cell for c, n in tries.items() for cell in (f"{hits[c] / n:.0%}", f"{seconds[c] / n:.3f}")]
    page.row(["all", "", *sums])
    page.end_table()
    if arguments.write:
        KNOWN.write_text(json.dumps(known, indent=1) + "\n")
    page.write(arguments.write)


if __name__ == "__main__":
    main()
