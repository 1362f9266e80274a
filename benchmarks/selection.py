"""The whole table: all fourteen families and K from 1 to 9, and fits again for standard errors.

python benchmarks/selection.py [--quick | --write docs/benchmarks/selection.md]
"""

from __future__ import annotations

import warnings

import bactrian as bt
from data_sets import generated
from page import LEGEND, Page, against, read_arguments, versions
from timing import in_turns, seconds

ROUNDS = 3

# name: rows, seconds that are aimed at, and what mclust 6.0 took elsewhere, on one core
SWEEPS = {
    "iris": (lambda: bt.datasets.iris().data, 0.25, 1.2),
    "Old Faithful": (lambda: bt.datasets.old_faithful().data, 0.1, 0.7),
    "1e4 x 8, six lobes": (lambda: generated(10_000, 8, 6, apart=6, spread=4, skew=3), 3.0, 28.6),
}


def main() -> None:
    arguments = read_arguments(__doc__)
    warnings.simplefilter("ignore")
    page = Page("The whole table of candidates", f"Written by `benchmarks/selection.py`. {LEGEND}", versions())
    page.paragraph(
        "`bt.fit(rows)`: 14 families x 9 numbers of components, starts included. Medians of "
        f"{ROUNDS} runs. mclust cannot run here: its seconds were taken on another machine, on one core, and say no "
        "more than the order of magnitude."
    )
    page.header("rows", "seconds", "goal", "mclust elsewhere", "best by BIC")
    names = list(SWEEPS)[:1] if arguments.quick else list(SWEEPS)
    for name in names:
        make, goal, theirs = SWEEPS[name]
        rows = make()
        fit = bt.fit(rows)
        took = in_turns({"ours": lambda rows=rows: seconds(lambda: bt.fit(rows))}, ROUNDS)["ours"]
        best = f"{fit.n_components} {fit.family}"
        page.row([name, against(took, goal, at_most=True), f"{goal:g}", f"{theirs:g}", best])
    page.end_table()
    page.write(arguments.write)


if __name__ == "__main__":
    main()
