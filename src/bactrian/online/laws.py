"""How much new rows count beside all that is known: the two laws of stepwise EM.

Both count in rows of average weight, and a block of rows that is cut in two counts as much as whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TypeAlias


@dataclass(frozen=True)
class Decreasing:
    """The rate t^-step at time t, in blocks of rows (Cappe & Moulines 2009, JRSS-B 71:593).

    New rows that take the time from t to s keep the part exp(-integral_t^s u^-step du) of what is known: for a block,
    s = t + 1, about 1 - t^-step, and for step = 1 exactly t / s, so that all rows count alike.

    Parameters
    ----------
    step : float
        More than 1/2, or the noise of the blocks does not die out, and at most 1, or the start is never forgotten.
    """

    step: float

    def factors(self, seen: float, new: float, block: int) -> tuple[float, float]:
        """Of old and new sums, for ``new`` rows after those ``seen``; the sums go on to stand for all rows."""
        growth = new / seen
        kept = (
            1 / (1 + growth) if self.step == 1 else exp(self._power(seen / block) - self._power((seen + new) / block))
        )
        return kept * (1 + growth), (1 - kept) * (1 + growth) / growth

    def held(self, rows: float) -> float:
        """The rows that the sums over the first rows stand for."""
        return rows

    def _power(self, time: float) -> float:
        left = 1 - self.step
        return float(time**left / left)


@dataclass(frozen=True)
class Forgetting:
    """A row's weight falls by ``factor`` with each row that comes after it: a memory of 1 / (1 - factor) rows.

    Sums of such weights are held, not averages: until the memory is full the rows count alike, then the rate is
    constant.
    """

    factor: float

    def factors(self, seen: float, new: float, block: int) -> tuple[float, float]:
        """Of old and new sums, for ``new`` rows after those ``seen``."""
        return float(self.factor**new), 1.0

    def held(self, rows: float) -> float:
        """The rows that the sums over the first rows stand for."""
        return float((1 - self.factor**rows) / (1 - self.factor))


Law: TypeAlias = Decreasing | Forgetting
