"""The labellings that the candidates with one K share."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bactrian import em
from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource, Resident, Source
from bactrian.starts.agglomerate import agglomerate
from bactrian.starts.first_steps import FirstSteps
from bactrian.starts.kmeans import data_metric, squared_distances
from bactrian.starts.search import DEAR, distinct, rows_to_search, start_labels
from bactrian.statistics import Scatter
from bactrian.typing import IntArray

MOST_MORE = 24  # further k-means++ labellings
CHEAP = 2_000_000  # N D K of all of these together


class Groups:
    """A sample of the rows, and labellings of it that are made when they are first asked for."""

    def __init__(
        self,
        source: Source,
        kernel: Kernel,
        floor: Floor,
        k: int,
        n_init: int,
        scatter: Scatter,
        rng: np.random.Generator,
        n_candidates: int = 1,
    ) -> None:
        self._kernel, self._floor, self._k, self._n_init, self._rng = kernel, floor, k, n_init, rng
        self._scatter = scatter
        self.sample = source if k == 1 else source.sample(rows_to_search(source, k, n_candidates), rng)

    def starts(self, objective: Objective) -> list[em.Climb]:
        """A start from each k-means++ labelling."""
        return self._quick.starts(objective)

    def further(self, objective: Objective) -> list[em.Climb]:
        """Starts that take longer to find."""
        return self._long.starts(objective)

    @cached_property
    def _quick(self) -> FirstSteps:
        return self._first_steps(self.labels)

    @cached_property
    def _long(self) -> FirstSteps:
        return self._first_steps(self._further_labels)

    def _first_steps(self, labellings: list[IntArray]) -> FirstSteps:
        return FirstSteps(self.sample, self._kernel, labellings, self._k, self._scatter)

    @cached_property
    def labels(self) -> list[IntArray]:
        """Different labellings (n,) of the sample by k-means++."""
        if self._k == 1:
            return [np.zeros(self.sample.n_rows, dtype=np.intp)]
        assert isinstance(self.sample, Resident)
        return start_labels(self.sample, self._kernel, self._k, self._floor, self._n_init, self._rng)

    @cached_property
    def _further_labels(self) -> list[IntArray]:
        """As many more by k-means++ as little data makes cheap, and one by agglomeration, or, of two, core and rest.

        None twice. Where climbs are dear the few that there are are as good as can be.
        """
        if self._k == 1 or not isinstance(self.sample, ArraySource) or self.sample.values.size * self._k > DEAR:
            return []
        labels = self._core() if self._k == 2 else self._agglomerated()
        more = int(min(MOST_MORE, CHEAP // (self.sample.values.size * self._k)))
        further = start_labels(self.sample, self._kernel, self._k, self._floor, more, self._rng)
        return distinct([*self.labels, *([] if labels is None else [labels]), *further])[len(self.labels) :]

    def _agglomerated(self) -> IntArray | None:
        assert isinstance(self.sample, ArraySource)
        return agglomerate(self.sample, self._kernel, self._floor, self._k, self._rng).labels(self._k)

    def _core(self) -> IntArray:
        """The half of the rows that is nearer to the mean, and the rest: heavy tails have no two places."""
        assert isinstance(self.sample, ArraySource)
        metric = data_metric(self.sample, self._floor, full=True)
        apart = squared_distances(self.sample, self._kernel, self.sample.moments.mean, metric)
        order = np.argsort(apart)
        weight = np.ones(len(order)) if self.sample.weight is None else self.sample.weight[order]
        half = np.searchsorted(np.cumsum(weight), self.sample.total / 2)
        return np.asarray(apart > apart[order[half]]).astype(np.intp)
