"""From a model file back to a Mixture or a Fit, through their own constructors and checks.

Nothing in the header is believed: each field is asked for by its type and its range.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np

from bactrian import model_file
from bactrian.covariance.parse import FORMS
from bactrian.errors import ModelFileError, ParameterError
from bactrian.fit_result import Fit
from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.priors import NUMBERS, Prior
from bactrian.selection import CRITERIA, Candidate, Candidates
from bactrian.typing import FloatArray

STATUSES = ("converged", "max_iter", "collapsed", "failed")
LONGEST_NAME = 1000


def load(path: str | PathLike[str]) -> Fit | Mixture:
    """Read a ``.bactrian`` file: what was saved comes back, a Fit or a Mixture, equal to the last bit.

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
        mixture = _mixture(arrays, header)
        return mixture if header.get("fit") is None else _fit(mixture, arrays, header["fit"])
    except (ModelFileError, ParameterError) as error:
        raise ModelFileError(f"{str(path)!r} holds no model that can be used: {error}") from error


def _mixture(arrays: dict[str, FloatArray], header: dict[str, Any]) -> Mixture:
    weights, means, covariances = (_array(arrays, name) for name in ("weights", "means", "covariances"))
    if weights.ndim != 1 or means.ndim != 2:
        raise ModelFileError(f"weights should have shape (K,) and means (K, D), but got {weights.shape}, {means.shape}")
    form = _one_of(header.get("form"), FORMS, "form")
    names = _names(header.get("feature_names"), means.shape[1])
    return Mixture(weights, means, covariances, form=form, feature_names=names)


def _names(value: Any, n_features: int) -> list[str] | None:
    if value is None:
        return None
    names = [_text(name, "a feature name", LONGEST_NAME) for name in _listed(value, "feature_names", n_features)]
    if len(set(names)) != n_features:
        raise ModelFileError("a feature name stands twice")
    return names


def _fit(mixture: Mixture, arrays: dict[str, FloatArray], fields: Any) -> Fit:
    fields = _fields(fields, "fit")
    criterion = _one_of(fields.get("criterion"), CRITERIA, "criterion")
    candidates = Candidates(_candidates(fields.get("candidates")), criterion)
    best = _whole(fields.get("best"), "best")
    if best >= len(candidates) or candidates[best].n_components != mixture.n_components:
        raise ModelFileError("the best candidate is not the one whose mixture is stored")
    history = _array(arrays, "history")
    if history.ndim != 1:
        raise ModelFileError(f"history should be a list of numbers, but has shape {history.shape}")
    return Fit(
        mixture=mixture,
        best=candidates[best],
        candidates=candidates,
        criterion=criterion,
        history=tuple(history.tolist()),
        n_rows=_whole(fields.get("n_rows"), "n_rows"),
        total_weight=_number(fields.get("total_weight"), "total_weight"),
        equal_weights=_flag(fields.get("equal_weights", False), "equal_weights"),
        prior=_prior(arrays, fields.get("prior"), mixture.n_features),
        noise=_noise(fields.get("noise")),
    )


def _prior(arrays: dict[str, FloatArray], fields: Any, d: int) -> Prior | None:
    if fields is None:
        return None
    numbers = {name: _finite(_fields(fields, "prior").get(name), name) for name in NUMBERS}
    given = [_array(arrays, f"prior_{name}") for name in ("mean", "scale", "variances")]
    mean, scale, variances = given
    if (mean.shape, scale.shape, variances.shape) != ((d,), (d, d), (d,)) or not all(
        np.isfinite(a).all() for a in given
    ):
        raise ModelFileError("the prior does not fit the mixture")
    return Prior(mean=mean, scale=scale, variances=variances, **numbers)


def _noise(fields: Any) -> Noise | None:
    if fields is None:
        return None
    weight, log_density = (_finite(_fields(fields, "noise").get(name), name) for name in ("weight", "log_density"))
    if not 0 <= weight < 1:
        raise ModelFileError(f"the weight of the noise should be at least 0 and below 1, but got {weight:g}")
    return Noise(weight, log_density)


def _fields(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelFileError(f"{what} should be an object, but got {_brief(value)}")
    return value


def _candidates(columns: Any) -> list[Candidate]:
    """The table, stored by columns."""
    if isinstance(columns, dict) and "cv" not in columns and isinstance(columns.get("status"), list):
        columns = {**columns, "cv": [None] * len(columns["status"])}  # files of before there was one
    if not isinstance(columns, dict) or set(columns) != set(_COLUMNS):
        raise ModelFileError(f"the table of candidates should have the columns {', '.join(_COLUMNS)}")
    length = len(_listed(columns["status"], "status"))
    read = {name: [_COLUMNS[name](value, name) for value in _listed(columns[name], name, length)] for name in _COLUMNS}
    return [Candidate(**{name: read[name][i] for name in _COLUMNS}) for i in range(length)]


def _array(arrays: dict[str, FloatArray], name: str) -> FloatArray:
    if name not in arrays:
        raise ModelFileError(f"it has no {name}")
    return arrays[name]


def _listed(value: Any, what: str, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        wanted = "a list" if length is None else f"a list of {length}"
        raise ModelFileError(f"{what} should be {wanted}, but got {_brief(value)}")
    return value


def _text(value: Any, what: str, longest: int = 10 * LONGEST_NAME) -> str:
    if not isinstance(value, str) or len(value) > longest or not _is_unicode(value):
        raise ModelFileError(f"{what} should be a text of at most {longest} characters, but got {_brief(value)}")
    return value


def _one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ModelFileError(f"{what} should be one of {', '.join(allowed)}, but got {_brief(value)}")
    return value


def _whole(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ModelFileError(f"{what} should be a whole number of at least 0, but got {_brief(value)}")
    return value


def _number(value: Any, what: str) -> float:
    """A float; null stands for NaN, since JSON has no word for it."""
    if value is None:
        return np.nan
    if isinstance(value, str) and value in ("inf", "-inf"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1.7976931348623157e308:
        raise ModelFileError(f"{what} should be a number, but got {_brief(value)}")
    return float(value)


def _number_or_none(value: Any, what: str) -> float | None:
    return None if value is None else _number(value, what)


def _finite(value: Any, what: str) -> float:
    number = _number(value, what)
    if not np.isfinite(number):
        raise ModelFileError(f"{what} should be a finite number, but got {_brief(value)}")
    return number


def _flag(value: Any, what: str) -> bool:
    if type(value) is not bool:
        raise ModelFileError(f"{what} should be true or false, but got {_brief(value)}")
    return value


def _status(value: Any, what: str) -> str:
    return _one_of(value, STATUSES, what)


def _is_unicode(text: str) -> bool:
    """Whether it has no lone surrogates, which could be neither printed nor saved."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _brief(value: Any) -> str:
    shown = ascii(value) if isinstance(value, (str, float, bool, type(None))) else type(value).__name__
    return shown if len(shown) <= 60 else f"{shown[:60]}..."


_COLUMNS: dict[str, Callable[[Any, str], Any]] = {
    "n_components": _whole,
    "family": _text,
    "n_parameters": _whole,
    "log_likelihood": _number,
    "bic": _number,
    "aic": _number,
    "icl": _number,
    "n_iter": _whole,
    "status": _status,
    "reason": _text,
    "cv": _number_or_none,
}

__all__ = ["load"]
