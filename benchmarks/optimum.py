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
from bactrian.starts.support import is_supported
from data_sets import DATA_SETS
from page import Page, read_arguments, versions

CLOSE = 1e-3  # nats per row
# log-likelihoods per row, the highest that any run has reached: of all maxima, and of those that rows support
KNOWN = Path(__file__).with_name("optimum.json")
KINDS = ("supported", "any")

# how many seeds each is given, and the model
CONTESTANTS = {
    "bactrian": (5, lambda k, seed: bt.GaussianMixture(k, random_state=seed)),
    "scikit-learn": (5, lambda k, seed: GaussianMixture(k, random_state=seed)),
    "scikit-learn, n_init=10": (1, lambda k, seed: GaussianMixture(k, random_state=seed, n_init=10)),
}


def attempts(make, rows: np.ndarray, k: int, seeds: int) -> tuple[list[float], list[bool], float]:
    """Log-likelihoods per row, whether rows support the maximum, and the seconds the fits took together."""
    begin = perf_counter()
    models = [make(k, seed).fit(rows) for seed in range(seeds)]
    took = perf_counter() - begin
    mixtures = [bt.Mixture(m.weights_, m.means_, m.covariances_, form="full") for m in models]
    supported = [is_supported(mixture.parameters, len(rows)) for mixture in mixtures]
    return [float(model.score(rows)) for model in models], supported, took


def highest(results, known: dict[str, float], name: str) -> dict[str, float]:
    """Of each kind of maximum the highest so far."""
    every = [(v, s) for values, supported, _ in results.values() for v, s in zip(values, supported, strict=True)]
    before = known.get(name, {})
    return {
        "supported": max([before.get("supported", -np.inf), *(v for v, s in every if s)]),
        "any": max([before.get("any", -np.inf), *(v for v, _ in every)]),
    }


def main() -> None:
    arguments = read_arguments(__doc__)
    warnings.simplefilter("ignore")
    names = list(DATA_SETS)[:4] if arguments.quick else list(DATA_SETS)
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    page = Page(
        "Finding the optimum",
        "Written by `benchmarks/optimum.py`. Full covariances, K given, all else at its default. A fit has found the "
        f"optimum if it comes within {CLOSE:g} nats per row of the best log-likelihood that any run has reached, or "
        "above. Hits of each contestant among its seeds; seconds for one fit. Maxima that a few rows make by chance "
        "are no aim, though they are often the highest: fewer than 5 (D + 1) rows, or 20, under a component narrower "
        "in some direction than a fifth of the average (docs/adr/0009). The last line counts the highest of all.",
        versions(),
    )
    page.header("data set", "N, D, K", *(f"{name}{what}" for name in CONTESTANTS for what in (": hits", ", s")))
    hits = {(c, kind): 0 for c in CONTESTANTS for kind in KINDS}
    seconds = dict.fromkeys(CONTESTANTS, 0.0)
    for name in names:
        make_rows, k = DATA_SETS[name]
        rows = np.ascontiguousarray(make_rows(), dtype=np.float64)
        results = {c: attempts(make, rows, k, seeds) for c, (seeds, make) in CONTESTANTS.items()}
        best = known[name] = highest(results, known, name)
        cells = []
        for contestant, (values, _, took) in results.items():
            found = {kind: sum(v >= best[kind] - CLOSE for v in values) for kind in KINDS}
            for kind in KINDS:
                hits[contestant, kind] += found[kind]
            seconds[contestant] += took / len(values)
            cells += [f"{found['supported']} of {len(values)}", f"{took / len(values):.3f}"]
        page.row([name, f"{len(rows)}, {rows.shape[1]}, {k}", *cells])
    for kind, label in (("supported", "all"), ("any", "all, the highest of any kind")):
        sums = []
        for contestant, (seeds, _) in CONTESTANTS.items():
            share = hits[contestant, kind] / (seeds * len(names))
            sums += [f"{share:.0%}", f"{seconds[contestant] / len(names):.3f}"]
        page.row([label, "", *sums])
    page.end_table()
    if arguments.write:
        KNOWN.write_text(json.dumps(known, indent=1) + "\n")
    page.write(arguments.write)


if __name__ == "__main__":
    main()
