"""What is felt at a prompt: fits of 272 rows in milliseconds, and how long it takes to start.

python benchmarks/small.py [--quick | --write docs/benchmarks/small.md]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from sklearn.mixture import GaussianMixture

import bactrian as bt
from page import LEGEND, Page, against, read_arguments, versions
from timing import in_turns, seconds, seconds_of_command

FIT_GOAL_MS = 1
IMPORT_GOAL_S = 0.25
HELP_GOAL_S = 0.3
BLOCK = 41  # fits one behind the other, as a loop makes them
FITS = 9  # such blocks
STARTS = 9


def fits(page: Page, rounds: int) -> None:
    faithful = bt.datasets.old_faithful().data
    work: dict[str, Callable[[], object]] = {
        "`sklearn.mixture.GaussianMixture(2).fit(faithful)`": lambda: GaussianMixture(2).fit(faithful),
        "`bt.GaussianMixture(2).fit(faithful)`": lambda: bt.GaussianMixture(2).fit(faithful),
        '`bt.fit(faithful, 2, "VVV")`': lambda: bt.fit(faithful, 2, "VVV"),
    }
    for fit in work.values():
        fit()
    result = in_turns(
        {name: lambda fit=fit: median(seconds(fit) for _ in range(BLOCK)) for name, fit in work.items()}, rounds
    )
    page.header("after a first fit", "ms")
    for name, value in result.items():
        page.row([name, against(1e3 * value, FIT_GOAL_MS if "bt." in name else None, at_most=True)])
    page.end_table()


def starts(page: Page, rounds: int) -> None:
    program = str(Path(sys.executable).with_name("bactrian"))
    commands = {
        "python alone": ([sys.executable, "-c", ""], None),
        "`import sklearn.mixture`": ([sys.executable, "-c", "import sklearn.mixture"], None),
        "`import bactrian`": ([sys.executable, "-c", "import bactrian"], IMPORT_GOAL_S),
        "`from bactrian import GaussianMixture`": (
            [sys.executable, "-c", "from bactrian import GaussianMixture"],
            None,
        ),
        "`bactrian --help`": ([program, "--help"], HELP_GOAL_S),
    }
    contestants = {name: lambda command=command: seconds_of_command(command) for name, (command, _) in commands.items()}
    in_turns(contestants, 1)  # from disk to memory
    result = in_turns(contestants, rounds)
    page.header("a new process", "s")
    for name, (_, goal) in commands.items():
        page.row([name, against(result[name], goal, at_most=True)])
    page.end_table()


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "Small things",
        f"Written by `benchmarks/small.py`. Medians of {FITS} blocks of {BLOCK} fits and of {STARTS} starts, in turns. "
        f"{LEGEND}",
        versions(),
    )
    fits(page, 2 if arguments.quick else FITS)
    starts(page, 2 if arguments.quick else STARTS)
    page.write(arguments.write)


if __name__ == "__main__":
    main()
