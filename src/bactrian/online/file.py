"""An ``OnlineFit`` as the arrays and the header of a model file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bactrian.mixture import Mixture
from bactrian.online.batch import Schema, joined
from bactrian.online.laws import Decreasing
from bactrian.online.settings import Settings
from bactrian.online.state import State
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from bactrian.typing import FloatArray

PRIOR_NUMBERS = ("mean_strength", "degrees_of_freedom", "weight_concentration")


def to_file(
    settings: Settings,
    given: Mixture | None,
    schema: Schema | None,
    state: State | None,
    waiting: Sequence[ArraySource],
) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """All that is needed to go on to the same bits."""
    arrays: dict[str, FloatArray] = {}
    header: dict[str, Any] = {}
    fields: dict[str, Any] = {"settings": _settings(settings, arrays)}
    shown = given if state is None else Mixture._of(state.mixture, None if schema is None else schema.names)
    if shown is not None:
        arrays, header = {**arrays, **shown._to_file()[0]}, shown._to_file()[1]
    if schema is not None:
        fields["schema"] = {"n_features": schema.n_features, "names": schema.names}
    if state is not None:
        fields["state"] = _state(state, arrays)
    if waiting:
        fields["waiting"] = _rows(joined(waiting), arrays)
    return arrays, {**header, "online": fields}


def _settings(settings: Settings, arrays: dict[str, FloatArray]) -> dict[str, Any]:
    law = settings.law
    return {
        "n_components": settings.n_components,
        "family": settings.family.code,
        "step": law.step if isinstance(law, Decreasing) else None,
        "forgetting": None if isinstance(law, Decreasing) else law.factor,
        "method": settings.method,
        "first_rows": settings.first_rows,
        "block_rows": settings.block_rows,
        "prior": None if settings.prior is None else _prior(settings.prior, arrays),
        "regularization": settings.regularization,
        "seed": settings.seed,
    }


def _prior(prior: ConjugatePrior, arrays: dict[str, FloatArray]) -> dict[str, Any]:
    """Its numbers; arrays stand beside the others."""
    for name in ("mean", "scale"):
        value = getattr(prior, name)
        if value is not None:
            arrays[f"prior_{name}"] = np.asarray(value, dtype=np.float64)
    return {name: getattr(prior, name) for name in PRIOR_NUMBERS}


def _state(state: State, arrays: dict[str, FloatArray]) -> dict[str, Any]:
    s = state.statistics
    arrays.update(counts=s.counts, shift=s.shift, first=s.first, second=s.second)
    for i, origin in enumerate(state.origins):  # its first moments are 0
        t = origin.statistics
        arrays.update({f"start{i}_counts": t.counts, f"start{i}_shift": t.shift, f"start{i}_second": t.second})
    return {
        "n_rows": state.n_rows,
        "weight": state.weight,
        "n_steps": state.n_steps,
        "held": list(state.held),
        "single_precision": state.single_precision,
        "score": state.score,
        "total": s.total,
        "starts": [
            {"mark": o.mark, "n_rows": o.n_rows, "weight": o.weight, "share": o.share, "total": o.statistics.total}
            for o in state.origins
        ],
    }


def _rows(rows: ArraySource, arrays: dict[str, FloatArray]) -> dict[str, Any]:
    arrays["waiting"] = rows.values
    if rows.weight is not None:
        arrays["waiting_weight"] = rows.weight
    return {"single_precision": rows.single_precision}
