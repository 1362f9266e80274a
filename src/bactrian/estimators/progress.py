"""``verbose``: scikit-learn's lines, through ``logging``.

They go to the logger ``bactrian.estimators``. Where the program has not set logging up, asking for
``verbose`` shows them on standard output, as a user of scikit-learn expects.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from bactrian.em import Climb

LOGGER = logging.getLogger("bactrian.estimators")


class Reporter:
    """Tells how the climbs go, one line each ``interval`` iterations.

    Parameters
    ----------
    verbose : int
        1: iterations and outcome; 2 and more: also seconds and the change of the log-likelihood per row.
    interval : int
    total : float
        Sum of the row weights.
    """

    def __init__(self, verbose: int, interval: int, total: float) -> None:
        self.verbose, self.interval, self.total = int(verbose), interval, total
        self.iteration = 0
        self.began = self.last = perf_counter()

    def start(self, n_starts: int) -> None:
        """Before the first iteration."""
        for i in range(n_starts):
            LOGGER.info("Initialization %d", i)

    def __call__(self, climbs: Sequence[Climb]) -> None:
        """After each pass over the rows; the first pass only looks at the starts."""
        if self.iteration and self.iteration % self.interval == 0:
            LOGGER.info("%s", self._line(max(climbs, key=lambda c: c.rank)))
        self.iteration += 1

    def end(self, best: Climb, converged: bool) -> None:
        """After the last iteration."""
        line = f"Initialization {'converged' if converged else 'did not converge'}."
        if self.verbose >= 2:
            seconds = perf_counter() - self.began
            line += f" time lapse {seconds:.5f}s\t lower bound {best.log_likelihood / self.total:.5f}."
        LOGGER.info("%s", line)

    def _line(self, best: Climb) -> str:
        if self.verbose == 1:
            return f"  Iteration {self.iteration}"
        now, before = perf_counter(), self.last
        self.last = now
        change = (best.history[-1] - best.history[-2]) / self.total if len(best.history) > 1 else 0.0
        return f"  Iteration {self.iteration}\t time lapse {now - before:.5f}s\t ll change {change:.5f}"


@contextmanager
def shown(verbose: int) -> Iterator[None]:
    """Let the lines through while it lasts, if any were asked for."""
    if not verbose:
        yield
        return
    level, handler = LOGGER.level, None
    if not LOGGER.hasHandlers():
        handler = logging.StreamHandler(sys.stdout)
        LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        if handler is not None:
            LOGGER.removeHandler(handler)
