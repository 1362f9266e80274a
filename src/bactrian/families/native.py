"""M-steps that iterate, in the compiled core; the Python functions are their slow twins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from bactrian import _core
from bactrian.covariance import Covariance, Diagonal, Full
from bactrian.errors import CovarianceError
from bactrian.families.floor import Floor
from bactrian.families.scatters import Scatters
from bactrian.kernels.native import FORM_CODES
from bactrian.typing import IntArray

MStep: TypeAlias = Callable[[Scatters, Floor, Covariance | None], tuple[Covariance, IntArray]]


def natively(letters: str, twin: MStep) -> MStep:
    """The M-step of a constraint in the core, and by ``twin`` where the core has no answer."""

    def m_step(scatters: Scatters, floor: Floor, before: Covariance | None = None) -> tuple[Covariance, IntArray]:
        found = _in_core(letters, scatters.filled, floor, before)
        if found is None:
            try:
                with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # no covariance: refused as such
                    return twin(scatters, floor, before)
            except np.linalg.LinAlgError as error:
                raise CovarianceError("a covariance leaves the range of float64; it cannot be factored") from error
        numbers, held = found
        shaped = numbers.reshape(scatters.within.shape)
        if letters[2] == "I":
            return Diagonal(shaped, len(shaped)), np.flatnonzero(held)
        try:
            return Full(shaped, len(shaped)), np.flatnonzero(held)
        except (
            CovarianceError
        ):  # axes that no family turns can meet a floor that rounding hides: lifted, out of the form
            covariance, low = floor.full(shaped, len(shaped), tied=False)
            return covariance, np.union1d(np.flatnonzero(held), low)

    return m_step


def _in_core(letters: str, scatters: Scatters, floor: Floor, before: Covariance | None) -> Any:
    model = None
    if before is not None:
        k, d = len(scatters.counts), scatters.n_features
        model = _core.Model(
            FORM_CODES[before.kind], before.tied, np.ones(k), np.zeros((k, d)), before.whiteners, -np.inf
        )
    within, counts = np.ascontiguousarray(scatters.within), np.ascontiguousarray(scatters.counts)
    return _core.m_step(letters, within, counts, floor.minimum, floor.constant, floor.span, model)
