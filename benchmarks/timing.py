"""Clocks. Contestants take turns and medians are kept: on a shared machine only ratios from one run mean anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter


def seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def seconds_per_iteration(run: Callable[[int], object], long: int) -> float:
    """One iteration's share of a run of ``long`` iterations, less what a run of one costs.

    Reading, checking and starting cancel. A run before both has the caches, memory and clock that another contestant
    left, and is not counted.
    """
    run(1)
    short = seconds(lambda: run(1))
    return (seconds(lambda: run(long)) - short) / (long - 1)


def long_enough(run: Callable[[int], object], budget: float) -> int:
    """How many iterations take about ``budget`` seconds: enough to stand out from the noise, at least 3."""
    estimate = seconds(lambda: run(3)) / 3
    return 1 + min(max(2, round(budget / estimate)), 100)


def turns(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each contestant returns, one after the other, ``rounds`` times."""
    results: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            results[name].append(measure())
    return results


def in_turns(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of what each contestant returns in its turns."""
    return {name: median(values) for name, values in turns(contestants, rounds).items()}


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """The median ratio of two contestants in the same turn: what disturbs a turn mostly disturbs both."""
    return median(a / b for a, b in zip(these, those, strict=True))


def seconds_of_command(command: Sequence[str]) -> float:
    """Wall time of a process from its start to its end, with modules compiled as an installation has them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment))
