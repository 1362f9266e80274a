"""A model as JSON: the mixture's arrays, and the fit's numbers and table if there is one."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from bactrian.cli.models import mixture_of
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.selection import Candidate


def to_json(model: Fit | Mixture) -> str:
    """Strict JSON, the same for the same model; what is not a number is null."""
    content = {"mixture": _mixture(mixture_of(model))}
    if isinstance(model, Fit):
        content = {"fit": _fit(model), **content}
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False)


def _mixture(mixture: Mixture) -> dict[str, Any]:
    return {
        "n_components": mixture.n_components,
        "n_features": mixture.n_features,
        "feature_names": mixture.feature_names,
        "form": mixture.form,
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.tolist(),
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "criterion": fit.criterion,
        "n_rows": fit.n_rows,
        "total_weight": fit.total_weight,
        "converged": fit.converged,
        "best": _candidate(fit.best),
        "candidates": [_candidate(c) for c in fit.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {name: _finite(value) for name, value in asdict(candidate).items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
