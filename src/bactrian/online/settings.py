"""What an ``OnlineFit`` is asked to do; checked once, when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from numbers import Real
from typing import Any

import numpy as np

from bactrian.arguments import at_least, not_negative
from bactrian.errors import ParameterError
from bactrian.families import Family
from bactrian.objective import Objective
from bactrian.online.laws import Decreasing, Forgetting, Law
from bactrian.online.overall import overall
from bactrian.priors import ConjugatePrior
from bactrian.randomness import generator
from bactrian.regularization import running_floor
from bactrian.sources.in_range import check_in_range
from bactrian.statistics import Statistics
from bactrian.typing import RandomState

METHODS = ("auto", "k-means++")
STEP = 0.7
FEWEST, MOST = 1_000, 50_000  # rows in which a start is looked for
A_BLOCK = 1_000  # rows that make a step
OF_MEMORY = 0.1  # of what is remembered, which a block should not exceed


@dataclass(frozen=True)
class Settings:
    """Everything but the rows; two fits with equal ``meaning`` can be merged.

    Attributes
    ----------
    n_components : int
    family : Family
    law : Law
        How new rows count beside old ones.
    method : str
        How the start is looked for in the first rows.
    first_rows : int or None
        Rows in which it is looked for; None depends on the number of features.
    block_rows : int
        Rows that make a step.
    prior : ConjugatePrior or None
    regularization : float or None
    seed : int
        Of the search for the start.
    """

    n_components: int
    family: Family
    law: Law
    method: str
    first_rows: int | None
    block_rows: int
    prior: ConjugatePrior | None
    regularization: float | None
    seed: int

    def rows_for_start(self, n_features: int) -> int:
        """40 for each free number of a component, within sane limits; or what the user said."""
        if self.first_rows is not None:
            return self.first_rows
        k = self.n_components
        return max(k, int(np.clip(40 * k * (n_features + 2), FEWEST, MOST)))

    def objective(self, statistics: Statistics, *, single_precision: bool) -> Objective:
        """What the M-step maximises; floor and prior follow the scale of the rows that the statistics stand for.

        Raises
        ------
        DataError
            Their squares leave the range of float64.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # seen below
            mean, covariance = overall(statistics)
        check_in_range(covariance)
        floor = running_floor(mean, np.diagonal(covariance), self.regularization, single_precision=single_precision)
        prior = None
        if self.prior is not None:
            prior = self.prior.about(mean, covariance, statistics.total, self.n_components)
        return Objective(self.family, floor, prior)

    @property
    def meaning(self) -> dict[str, str]:
        """What two fits must have in common to be merged, in words."""
        return {
            "n_components": str(self.n_components),
            "family": str(self.family),
            "step": str(self.law),
            "prior": str(self.prior),
            "regularization": str(self.regularization),
        }


def read_settings(
    n_components: Any,
    family: Family,
    *,
    step: Any,
    forgetting: Any,
    method: str,
    first_rows: Any,
    block_rows: Any,
    prior: ConjugatePrior | None,
    regularization: Any,
    random_state: RandomState,
) -> Settings:
    """Settings from what the user passed.

    Raises
    ------
    ParameterError
        One of them cannot be used.
    """
    k = at_least(n_components, 1, "n_components")
    law = read_law(step, forgetting)
    return Settings(
        n_components=k,
        family=family,
        law=law,
        method=method,
        first_rows=None if first_rows is None else at_least(first_rows, max(k, 2), "first_rows"),
        block_rows=_block(law) if block_rows is None else at_least(block_rows, 1, "block_rows"),
        prior=prior,
        regularization=None if regularization is None else not_negative(regularization, "regularization"),
        seed=_seed(random_state),
    )


def read_law(step: Any, forgetting: Any) -> Law:
    """The one of the two that is given."""
    if step is not None and forgetting is not None:
        raise ParameterError(
            f"forgetting stands in the place of step, but both are given ({forgetting!r} and {step!r}); leave one of "
            "them out"
        )
    if forgetting is not None:
        if not _is_real(forgetting) or not 0 < forgetting < 1:
            raise ParameterError(
                f"forgetting should be a number strictly between 0 and 1, such as 0.999 for a memory of 1000 rows, but "
                f"got {forgetting!r}; None is a rate that decreases"
            )
        return Forgetting(float(forgetting))
    if not _is_real(step) or not 0.5 < step <= 1:
        raise ParameterError(
            f"step should be a number above 0.5 and at most 1, but got {step!r}; for a constant rate use forgetting="
        )
    return Decreasing(float(step))


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _block(law: Law) -> int:
    if isinstance(law, Decreasing):
        return A_BLOCK
    return min(A_BLOCK, ceil(OF_MEMORY / (1 - law.factor)))


def _seed(random_state: RandomState) -> int:
    """A number that can be written down."""
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool) and 0 <= random_state < 2**53:
        return int(random_state)
    return int(generator(random_state).integers(2**53))
