"""Whole fits at their defaults, beside scikit-learn: how long, and how good; then from a file, in a new process.

python benchmarks/end_to_end.py [--quick | --write docs/benchmarks/end_to_end.md]
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pyarrow
import pyarrow.parquet
from sklearn.mixture import GaussianMixture

import bactrian as bt
from page import LEGEND, Page, against, read_arguments, shown, versions
from problems import make_rows
from timing import in_turns, seconds_of_command

SHAPES = [(1_000_000, 2, 10), (200_000, 8, 16), (50_000, 32, 32)]
FIT_GOAL = 20
FILE_SHAPE = (1_000_000, 8, 4)
FILE_GOAL = 10
ROUNDS = 3
EQUAL = 1e-9  # log-likelihoods per row closer than this are the same

SKLEARN_SCRIPT = """
import joblib, pandas
from sklearn.mixture import GaussianMixture
joblib.dump(GaussianMixture({k}).fit(pandas.read_parquet({data!r})), {model!r})
"""


def fits(page: Page, shapes: list[tuple[int, int, int]]) -> None:
    page.header(
        "N, D, K", "scikit-learn, s", "bactrian, s", "ratio", "log-likelihood per row: scikit-learn", "bactrian",
        "difference", "at least as good",
    )  # fmt: skip
    for n, d, k in shapes:
        rows, _ = make_rows(n, d, k)
        slow, theirs = _fit(GaussianMixture(k, random_state=0), rows)
        fast, ours = _fit(bt.GaussianMixture(k, random_state=0), rows)
        cells = [f"{n:.0e}, {d}, {k}".replace("e+0", "e"), shown(slow), shown(fast), against(slow / fast, FIT_GOAL)]
        better = "✓" if ours >= theirs - EQUAL else "✗"
        page.row([*cells, f"{theirs:.5f}", f"{ours:.5f}", f"{ours - theirs:+.1e}", better])
    page.end_table()


def _fit(model: GaussianMixture | bt.GaussianMixture, rows: np.ndarray) -> tuple[float, float]:
    begin = perf_counter()
    model.fit(rows)
    return perf_counter() - begin, float(model.score(rows))


def from_a_file(page: Page, shape: tuple[int, int, int], rounds: int) -> None:
    n, d, k = shape
    with TemporaryDirectory() as folder:
        data = str(Path(folder) / "rows.parquet")
        rows, _ = make_rows(n, d, k)
        pyarrow.parquet.write_table(pyarrow.table({f"x{j}": rows[:, j] for j in range(d)}), data)
        script = SKLEARN_SCRIPT.format(k=k, data=data, model=str(Path(folder) / "model.joblib"))
        program = str(Path(sys.executable).with_name("bactrian"))
        model = str(Path(folder) / "model.bactrian")
        commands = {
            "theirs": [sys.executable, "-W", "ignore", "-c", script],
            "ours": [program, "fit", data, "-k", str(k), "--family", "VVV", "-o", model],
        }
        contestants = {name: lambda c=command: seconds_of_command(c) for name, command in commands.items()}
        seconds_of_command([program, "fit", "--help"])  # modules are compiled
        result = in_turns(contestants, rounds)
    page.header("what", "scikit-learn, s", "bactrian, s", "ratio")
    ratio = against(result["theirs"] / result["ours"], FILE_GOAL)
    page.row([f"Parquet {n:.0e} x {d}, K = {k}".replace("e+0", "e"), *map(shown, result.values()), ratio])
    page.end_table()


def main() -> None:
    arguments = read_arguments(__doc__)
    page = Page(
        "From rows to a fitted model",
        f"Written by `benchmarks/end_to_end.py`. {LEGEND}",
        versions(),
    )
    page.section("In Python")
    page.paragraph(
        "`bt.GaussianMixture(K).fit(rows)` and `sklearn.mixture.GaussianMixture(K).fit(rows)`, all else at its default "
        "but `random_state=0`; one fit each. A faster fit with a worse log-likelihood is no gain: the last column says."
    )
    fits(page, [(20_000, 8, 16)] if arguments.quick else SHAPES)
    page.section("From a file")
    page.paragraph(
        "A Parquet file to a model file, in a new process: `bactrian fit rows.parquet -k 4 --family VVV -o "
        "model.bactrian` and a script of three lines (pandas, scikit-learn, joblib). "
        f"Medians of {ROUNDS} runs in turns."
    )
    from_a_file(page, (50_000, 8, 4) if arguments.quick else FILE_SHAPE, 1 if arguments.quick else ROUNDS)
    page.write(arguments.write)


if __name__ == "__main__":
    main()
