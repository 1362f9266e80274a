"""The least of many pairs, asked for again and again while items are joined two by two."""

from __future__ import annotations

import numpy as np

from bactrian.typing import FloatArray, IntArray


class Pairs:
    """A symmetric (K, K) table of costs that remembers the least of each row.

    ``alive`` : (K,) bool, the items there still are. Ties go to the lowest numbers.
    """

    def __init__(self, costs: FloatArray) -> None:
        self.costs = costs
        np.fill_diagonal(self.costs, np.inf)
        self.alive = np.ones(len(costs), dtype=bool)
        self._nearest = costs.argmin(axis=1)
        self._least = costs.min(axis=1)

    def best(self) -> tuple[int, int]:
        """The pair of least cost, the lower number first."""
        i = int(self._least.argmin())
        j = int(self._nearest[i])
        if not self._least[i] < np.inf:  # costs that overflowed tell nothing: the first two
            i, j = (int(k) for k in np.flatnonzero(self.alive)[:2])
        return min(i, j), max(i, j)

    def others(self, i: int) -> IntArray:
        """The items alive, without i."""
        alive = self.alive.copy()
        alive[i] = False
        return np.flatnonzero(alive)

    def drop(self, j: int) -> None:
        """Item j has been joined to another."""
        self.alive[j] = False
        self.costs[j] = self.costs[:, j] = self._least[j] = np.inf

    def update(self, i: int, costs: FloatArray) -> None:
        """Item i has changed; ``costs`` are those to ``others(i)``."""
        others = self.others(i)
        self.costs[i, others] = self.costs[others, i] = costs
        stale = self.alive & ((self._nearest == i) | ~self.alive[self._nearest])
        stale[i] = True
        nearer = others[costs < self._least[others]]
        self._nearest[nearer], self._least[nearer] = i, self.costs[nearer, i]
        rows = self.costs[stale]
        self._nearest[stale], self._least[stale] = rows.argmin(axis=1), rows.min(axis=1)
