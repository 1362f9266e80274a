"""A page of results: printed while it grows, written as Markdown where ``--write`` asks for it.

Rows are kept whatever they say. A cell with a goal shows the number, whether the goal is met, and the goal.
"""

from __future__ import annotations

import argparse
import os
import platform
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy
import scipy.linalg
import sklearn
from threadpoolctl import threadpool_info

import bactrian as bt
from bactrian.kernels.native import available_instructions

LEGEND = "✓ 20: the goal of 20 is met; ✗ 20: it is not."


def read_arguments(description: str | None) -> argparse.Namespace:
    """``--quick`` and ``--write``, which every script has."""
    warnings.simplefilter("ignore")  # runs of fixed length do not converge
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group()  # a page says how many rounds there were
    how.add_argument("--quick", action="store_true", help="a short look: fewer cases, fewer rounds")
    how.add_argument("--write", type=Path, metavar="FILE.md", help="also write the page to this file")
    return parser.parse_args()


def versions(*more: str) -> str:
    """What was measured, on which kernels."""
    blas = sorted(
        {
            f"{pool['internal_api']} {pool.get('architecture', '?')}"
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        }
    )
    kernel = os.environ.get("BACTRIAN_INSTRUCTIONS") or available_instructions()[0]
    parts = [
        f"bactrian {bt.__version__} ({kernel})", f"scikit-learn {sklearn.__version__}", *more,
        f"NumPy {np.__version__}", f"SciPy {scipy.__version__}", f"BLAS {', '.join(blas)}",
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
    ]  # fmt: skip
    return "; ".join(parts) + "."


def against(value: float, goal: float | None, form: str = ".3g", *, at_most: bool = False) -> str:
    """The cell of a number that has a goal."""
    number = shown(value, form)
    if goal is None or value != value:
        return number
    met = value <= goal if at_most else value >= goal
    return f"{number} {'✓' if met else '✗'} {goal:.3g}"


def shown(value: float, form: str = ".3g") -> str:
    """A number, or a dash for one that could not be measured; no exponents below 1e5."""
    if value != value:
        return "–"
    text = format(value, form)
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e5 else text


class Page:
    """Lines of Markdown, shown as they come."""

    def __init__(self, title: str, *paragraphs: str) -> None:
        self._lines: list[str] = []
        self._say(f"# {title}", "")
        for paragraph in paragraphs:
            self.paragraph(paragraph)

    def paragraph(self, text: str) -> None:
        self._say(text, "")

    def section(self, title: str) -> None:
        self.paragraph(f"## {title}")

    def header(self, *names: str) -> None:
        self.row(names)
        self.row(["---"] * len(names))

    def row(self, cells: Sequence[object]) -> None:
        self._say(f"| {' | '.join(map(str, cells))} |")

    def end_table(self) -> None:
        self._say("")

    def write(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(self._lines).rstrip() + "\n", encoding="utf-8")

    def _say(self, *lines: str) -> None:
        self._lines += lines
        print("\n".join(lines), flush=True)
