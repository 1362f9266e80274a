"""The first M-steps of all families under some labellings: one read of the rows serves them all."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.kernels import Groups, Kernel
from bactrian.kernels.kernel import FirstStep
from bactrian.objective import Objective
from bactrian.sources import Source
from bactrian.starts.search import at_rest
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
        if self._groups is None:
            return [em.Climb(objective, *_step(objective, statistics)) for statistics in self._statistics]
        return starts_of(self._groups, objective)

    @cached_property
    def _groups(self) -> Groups | None:
        return self.source.groups(self.kernel, self.labellings, self.n_components, self.scatter)

    @cached_property
    def _statistics(self) -> list[Statistics]:
        """Where no kernel keeps them."""
        k, scatter = self.n_components, self.scatter
        return [self.source.fold_groups(self.kernel, labels, k, scatter) for labels in self.labellings]


def starts_of(groups: Groups, objective: Objective, *, lenient: bool = False) -> list[em.Climb]:
    """A start from each labelling; ``lenient``: but from those that give a component no covariance."""
    found: list[FirstStep | None] = [None] * len(groups)
    family, floor = objective.family, objective.floor
    if family.native and objective.prior is None and objective.noise is None:
        form = family.kind, family.tied
        found = groups.first_steps(
            family.code, form, floor.minimum, floor.constant, floor.span, objective.equal_weights
        )
    starts = []
    for i, one in enumerate(found):
        found[i] = None  # it takes much memory where features are many
        with suppress(CovarianceError) if lenient else nullcontext():
            starts.append(at_rest(em.Climb(objective, *(one or _step(objective, groups.statistics(i))))))
    return starts


def _step(objective: Objective, statistics: Statistics) -> FirstStep:
    return objective.maximize(statistics.narrowed(objective.family.scatter))
