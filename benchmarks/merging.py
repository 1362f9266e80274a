"""How often merging finds the number of clusters where it is known, beside simpler rules.

    python benchmarks/merging.py [--quick | --write docs/benchmarks/merging.md]

BIC chooses the components, 1 to 10 of family VVV, and each rule the number of clusters that they make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import bactrian as bt
from bactrian.operations.elbow import elbow
from bactrian.operations.merging import APART, Merging, suggested
from page import Page, read_arguments, versions

SEEDS = 10
MOST = 10  # components
Rows = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Data:
    name: str
    n_clusters: int
    rows: Rows


def clusters(shape: Rows, centres: list[list[float]], shares: list[float] | None = None) -> Rows:
    """One shape at several centres."""
    where = np.array(centres)

    def rows(rng: np.random.Generator, n: int) -> np.ndarray:
        of = rng.choice(len(where), n, p=shares)
        return shape(rng, n) + where[of]

    return rows


def gaussian(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, 2))


def square(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.uniform(-1, 1, (n, 2))


def disc(rng: np.random.Generator, n: int) -> np.ndarray:
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.uniform(size=n))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.gamma(2.0, 1.0, (n, 2))


def heavy(rng: np.random.Generator, n: int, d: int = 2) -> np.ndarray:
    return rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(5, (n, 1)) / 5)


def cross(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two long Gaussians across each other, as in Baudry et al. 2010."""
    long = rng.normal(size=(n, 2)) * [2.0, 0.3]
    return np.where(rng.random(n)[:, None] < 0.5, long, long[:, ::-1])


def crescents(rng: np.random.Generator, n: int) -> np.ndarray:
    side, angle = rng.integers(0, 2, n), rng.uniform(0, np.pi, n)
    arcs = np.column_stack([np.cos(angle), np.sin(angle)])
    arcs = np.where(side[:, None] == 0, arcs, [1.0, 0.4] - arcs)
    return arcs + 0.08 * rng.normal(size=(n, 2))


def ring(rng: np.random.Generator, n: int) -> np.ndarray:
    """A ring around a Gaussian."""
    angle = rng.uniform(0, 2 * np.pi, n)
    around = 5 * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.4 * rng.normal(size=(n, 2))
    return np.where(rng.random(n)[:, None] < 0.7, around, 0.8 * rng.normal(size=(n, 2)))


def heavy_5(rng: np.random.Generator, n: int) -> np.ndarray:
    return heavy(rng, n, 5) + 9 * np.eye(5)[rng.integers(0, 3, n)]


def corners(side: float) -> list[list[float]]:
    return [[0, 0], [side, 0], [0, side], [side, side]]


DATA = (
    *(Data(f"4 Gaussians, sides of {s} sd", 4, clusters(gaussian, corners(s))) for s in (3.0, 3.5, 4.0, 5.0, 8.0)),
    Data("1 disc", 1, disc),
    Data("1 skewed cluster", 1, skewed),
    Data("1 heavy tail", 1, heavy),
    Data("3 squares", 3, clusters(square, [[0, 0], [3, 0], [0, 3]])),
    Data("3 skewed clusters", 3, clusters(skewed, [[0, 0], [9, 0], [0, 9]])),
    Data("3 heavy tails", 3, clusters(heavy, [[0, 0], [9, 0], [0, 9]])),
    Data("3 heavy tails in 5 dimensions", 3, heavy_5),
    Data("2 crosses", 2, clusters(cross, [[0, 0], [7, 3]])),
    Data("2 crescents", 2, crescents),
    Data("a ring around a Gaussian", 2, ring),
    Data("a large and a small square", 2, clusters(square, [[0, 0], [3, 0]], [0.95, 0.05])),
)


def over_numbers(m: Merging) -> int:
    """The elbow of the entropy over the number of clusters."""
    return _bend(np.arange(1.0, m.n_components + 1), m.entropies)


def over_rows(m: Merging) -> int:
    """The elbow over the row weight joined, as Baudry et al. 2010 prefer."""
    return _bend(m.joined, m.entropies)


def _bend(x: np.ndarray, y: np.ndarray) -> int:
    return len(x) if len(x) < 3 else elbow(x, y)[0] + 1


LIMITS = APART / 2, 1.5 * APART, 2.5 * APART

RULES: dict[str, Callable[[Merging], int]] = {
    "merge()": lambda m: m.suggested,
    **{f"limit {limit:g}": lambda m, limit=limit: suggested(m.drops, limit) for limit in LIMITS},
    "elbow over rows": over_rows,
    "elbow over numbers": over_numbers,
    "no merging (BIC)": lambda m: m.n_components,
}


def numbers(data: Data, seed: int, n: int) -> list[int]:
    """The number of clusters by each rule, and by ICL."""
    x = data.rows(np.random.default_rng(seed), n)
    fit = bt.fit(x, range(1, MOST + 1), "VVV")
    merging = fit.merge()
    by_icl = min((c for c in fit.candidates if c.usable), key=lambda c: c.icl)
    return [*(rule(merging) for rule in RULES.values()), by_icl.n_components]


def main() -> None:
    arguments = read_arguments(__doc__)
    seeds, n = (2, 500) if arguments.quick else (SEEDS, 1000)
    page = Page(
        "Clusters made of components",
        f"Written by `benchmarks/merging.py`. {n} rows of clusters whose number is known, {seeds} times; BIC "
        f"chooses among 1 to {MOST} components of family VVV, and each rule says how many clusters they make. "
        "How often it is right: `merge()` is the suggested number, which leaves clusters apart if no join "
        f"loses more than {APART:g} nats for each row joined; then the same with other limits, the elbow of "
        "the entropy over the rows joined (Baudry et al. 2010) and over the number of clusters, and "
        "components as they are, chosen by BIC and by ICL. The constant was chosen on such data, with other "
        "seeds.",
        versions(),
    )
    page.header("data", "clusters", *RULES, "no merging (ICL)")
    total = np.zeros(len(RULES) + 1, dtype=int)
    for data in DATA:
        hits = np.sum([np.array(numbers(data, seed, n)) == data.n_clusters for seed in range(seeds)], axis=0)
        total += hits
        page.row([data.name, data.n_clusters, *hits])
    page.row([f"all {len(DATA) * seeds}", "", *total])
    page.end_table()
    page.section("What it says")
    page.paragraph(
        "A limit is a choice of what a cluster is: lower ones join whatever touches, so crescents, rings and "
        "discs come out right and Gaussians 5 standard deviations apart do not; higher ones keep heavy tails "
        "apart from what they belong to. Bends cannot say that all components are clusters, nor that they are"
        " one. No rule with one constant serves both Gaussians 4 standard deviations apart and pieces of a "
        "crescent that overlap as little, so look at `merge().plot()`."
    )
    page.write(arguments.write)


if __name__ == "__main__":
    main()
