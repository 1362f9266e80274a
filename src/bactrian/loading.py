"""From a model file back to a Mixture, a Fit or an OnlineFit, through their own constructors and checks.

Nothing in the header is believed: each field is asked for by its type and its range.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np

from bactrian import model_fields as read
from bactrian import model_file
from bactrian.covariance.parse import FORMS
from bactrian.errors import ModelFileError, ParameterError
from bactrian.fit_result import Fit
from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.online import OnlineFit
from bactrian.online.reading import from_file
from bactrian.priors import NUMBERS, Prior
from bactrian.selection import CRITERIA, Candidate, Candidates
from bactrian.typing import FloatArray

STATUSES = ("converged", "max_iter", "collapsed", "failed")


def load(path: str | PathLike[str]) -> Fit | Mixture | OnlineFit:
    """Read a ``.bactrian`` file: what was saved comes back, a Fit, a Mixture or an OnlineFit, its numbers
    equal to the last bit.

    A file from a stranger can be opened: nothing in it is executed, and its size is checked before memory is
    taken.

    Raises
    ------
    ModelFileError
        It is truncated, damaged, from a newer version, or not a model file.
    OSError
        There is no such file, or it cannot be read.
    """
    arrays, header = model_file.read(path)
    if "checkpoint" in header:
        raise ModelFileError(f"{str(path)!r} is a checkpoint of a fit, not a model; give it to the same fit to go on")
    try:
        if header.get("online") is not None:
            given = _mixture(arrays, header) if "weights" in arrays else None
            return OnlineFit._of(*from_file(given, arrays, header["online"]))
        mixture = _mixture(arrays, header)
        return mixture if header.get("fit") is None else _fit(mixture, arrays, header["fit"])
    except (ModelFileError, ParameterError) as error:
        raise ModelFileError(f"{str(path)!r} holds no model that can be used: {error}") from error


def _mixture(arrays: dict[str, FloatArray], header: dict[str, Any]) -> Mixture:
    weights, means, covariances = (read.array(arrays, name) for name in ("weights", "means", "covariances"))
    if weights.ndim != 1 or means.ndim != 2:
        raise ModelFileError(f"weights should have shape (K,) and means (K, D), but got {weights.shape}, {means.shape}")
    form = read.one_of(header.get("form"), FORMS, "form")
    names = read.names(header.get("feature_names"), means.shape[1])
    return Mixture(weights, means, covariances, form=form, feature_names=names)


def _fit(mixture: Mixture, arrays: dict[str, FloatArray], fields: Any) -> Fit:
    fields = read.fields(fields, "fit")
    criterion = read.one_of(fields.get("criterion"), CRITERIA, "criterion")
    candidates = Candidates(_candidates(fields.get("candidates")), criterion)
    best = read.whole(fields.get("best"), "best")
    if best >= len(candidates) or candidates[best].n_components != mixture.n_components:
        raise ModelFileError("the best candidate is not the one whose mixture is stored")
    history = read.array(arrays, "history")
    if history.ndim != 1:
        raise ModelFileError(f"history should be a list of numbers, but has shape {history.shape}")
    return Fit(
        mixture=mixture,
        best=candidates[best],
        candidates=candidates,
        criterion=criterion,
        history=tuple(history.tolist()),
        n_rows=read.whole(fields.get("n_rows"), "n_rows"),
        total_weight=read.number(fields.get("total_weight"), "total_weight"),
        equal_weights=read.flag(fields.get("equal_weights", False), "equal_weights"),
        prior=_prior(arrays, fields.get("prior"), mixture.n_features),
        noise=_noise(fields.get("noise")),
    )


def _prior(arrays: dict[str, FloatArray], fields: Any, d: int) -> Prior | None:
    if fields is None:
        return None
    numbers = {name: read.finite(read.fields(fields, "prior").get(name), name) for name in NUMBERS}
    given = [read.array(arrays, f"prior_{name}") for name in ("mean", "scale", "variances")]
    mean, scale, variances = given
    if (mean.shape, scale.shape, variances.shape) != ((d,), (d, d), (d,)) or not all(
        np.isfinite(a).all() for a in given
    ):
        raise ModelFileError("the prior does not fit the mixture")
    return Prior(mean=mean, scale=scale, variances=variances, **numbers)


def _noise(fields: Any) -> Noise | None:
    if fields is None:
        return None
    weight, log_density = (
        read.finite(read.fields(fields, "noise").get(name), name) for name in ("weight", "log_density")
    )
    if not 0 <= weight < 1:
        raise ModelFileError(f"the weight of the noise should be at least 0 and below 1, but got {weight:g}")
    return Noise(weight, log_density)


def _candidates(columns: Any) -> list[Candidate]:
    """The table, stored by columns."""
    if isinstance(columns, dict) and "cv" not in columns and isinstance(columns.get("status"), list):
        columns = {**columns, "cv": [None] * len(columns["status"])}  # files of before there was one
    if not isinstance(columns, dict) or set(columns) != set(_COLUMNS):
        raise ModelFileError(f"the table of candidates should have the columns {', '.join(_COLUMNS)}")
    length = len(read.listed(columns["status"], "status"))
    table = {
        name: [_COLUMNS[name](value, name) for value in read.listed(columns[name], name, length)] for name in _COLUMNS
    }
    return [Candidate(**{name: table[name][i] for name in _COLUMNS}) for i in range(length)]


def _status(value: Any, what: str) -> str:
    return read.one_of(value, STATUSES, what)


_COLUMNS: dict[str, Callable[[Any, str], Any]] = {
    "n_components": read.whole,
    "family": read.text,
    "n_parameters": read.whole,
    "log_likelihood": read.number,
    "bic": read.number,
    "aic": read.number,
    "icl": read.number,
    "n_iter": read.whole,
    "status": _status,
    "reason": read.text,
    "cv": read.number_or_none,
}

__all__ = ["load"]
