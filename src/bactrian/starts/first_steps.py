"""The first M-steps of all families under some labellings: one read of the rows serves them all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bactrian import em
from bactrian.kernels import Groups, Kernel
from bactrian.objective import Objective
from bactrian.sources import Source
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import IntArray


@dataclass(frozen=True, eq=False)
class FirstSteps:
    """Labellings (n,) of a source's rows with K groups; ``scatter`` is enough for all families that will ask."""

    source: Source
    kernel: Kernel
    labellings: list[IntArray]
    n_components: int
    scatter: Scatter

    def starts(self, objective: Objective) -> list[em.Climb]:
        """A start from each labelling."""
        family, floor = objective.family, objective.floor
        if self._groups is None or not family.native or objective.prior is not None or objective.noise is not None:
            return [self._slowly(objective, i) for i in range(len(self.labellings))]
        found = self._groups.first_steps(
            family.code, (family.kind, family.tied), floor.minimum, floor.constant, floor.span, objective.equal_weights
        )
        return [em.Climb(objective, *one) if one else self._slowly(objective, i) for i, one in enumerate(found)]

    def _slowly(self, objective: Objective, i: int) -> em.Climb:
        statistics = self._statistics[i] if self._groups is None else self._groups.statistics(i)
        return em.Climb(objective, *objective.maximize(statistics.narrowed(objective.family.scatter)))

    @cached_property
    def _groups(self) -> Groups | None:
        return self.source.groups(self.kernel, self.labellings, self.n_components, self.scatter)

    @cached_property
    def _statistics(self) -> list[Statistics]:
        """Where no kernel keeps them."""
        k, scatter = self.n_components, self.scatter
        return [self.source.fold_groups(self.kernel, labels, k, scatter) for labels in self.labellings]
