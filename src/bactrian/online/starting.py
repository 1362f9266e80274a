"""Where an ``OnlineFit`` begins: what the user passes as ``start``, or a fit of the first rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bactrian.counted import counted
from bactrian.errors import ParameterError
from bactrian.families import Family, parse_family
from bactrian.fit_result import Fit
from bactrian.fitting import fit
from bactrian.kernels import Kernel, Parameters
from bactrian.mixture import Mixture
from bactrian.online.batch import Schema
from bactrian.online.settings import METHODS, Settings
from bactrian.online.state import State
from bactrian.sources import ArraySource


@dataclass(frozen=True, eq=False)
class Beginning:
    """``mixture`` that was given, or None; and how many rows it stands for, of what weight: 0 where nobody knows."""

    mixture: Mixture | None = None
    n_rows: int = 0
    weight: float = 0.0
    family: str | None = None

    @property
    def schema(self) -> Schema | None:
        return None if self.mixture is None else Schema(self.mixture.n_features, self.mixture.feature_names)

    def state(self, settings: Settings) -> State | None:
        """The state before the first row, if there can be one."""
        if self.mixture is None or not self.n_rows:
            return None
        return State.of_mixture(self.mixture.parameters, self.n_rows, self.weight, settings)


def read_start(start: Any) -> tuple[Beginning, str]:
    """What was given, and the method of the search where nothing was.

    Raises
    ------
    ParameterError
        It is no Mixture, Fit or name of a method, or a Fit with noise or equal weights.
    """
    if isinstance(start, Fit):
        if start.noise is not None or start.equal_weights:
            raise ParameterError(
                "an OnlineFit knows neither noise nor equal_weights, but the fit given as start has them; give its "
                "mixture, start=fit.mixture, to go on without"
            )
        return Beginning(start.mixture, start.n_rows, start.total_weight, start.family), METHODS[0]
    if isinstance(start, Mixture):
        return Beginning(start), METHODS[0]
    if isinstance(start, str) and start in METHODS:
        return Beginning(), start
    raise ParameterError(f"start should be a Mixture, a Fit, 'auto' or 'k-means++', but got {start!r}")


def read_size(n_components: Any, family: Any, beginning: Beginning) -> tuple[Any, Family]:
    """K and the family, where they are not given those of the start."""
    own = beginning.mixture
    if n_components is None:
        if own is None:
            raise ParameterError("n_components should be given, unless start is a Mixture or a Fit")
        n_components = own.n_components
    if own is not None and n_components != own.n_components:
        has = counted(own.n_components, "component")
        raise ParameterError(f"the start has {has}, but n_components is {n_components!r}")
    family = (beginning.family or "VVV") if family is None else family
    return n_components, parse_family(family, None if own is None else own.n_features)


def begin(rows: ArraySource, given: Mixture | None, schema: Schema, settings: Settings, kernel: Kernel) -> State:
    """The state after the first rows: a whole fit of them, or one step from a mixture that was given.

    Raises
    ------
    DataError
        Fewer rows than components, a constant feature.
    """
    if given is not None:
        return State.of_rows(rows, given.parameters, settings, kernel).settled(settings)
    found = first_fit(rows, schema, settings)
    return State.of_rows(rows, found, settings, kernel)


def first_fit(rows: ArraySource, schema: Schema, settings: Settings) -> Parameters:
    """``bactrian.fit`` of the first rows."""
    found = fit(
        rows.values,
        settings.n_components,
        settings.family,
        sample_weight=rows.weight,
        feature_names=schema.names,
        start=settings.method,
        prior=settings.prior,
        regularization=settings.regularization,
        random_state=settings.seed,
    )
    return found.mixture.parameters
