"""The floor on variances that belongs to a data set: relative to its own scale unless the user gives a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bactrian.arguments import not_negative
from bactrian.errors import DataError
from bactrian.families import Floor
from bactrian.sources import Source
from bactrian.sources.in_range import OUT_OF_RANGE, check_in_range
from bactrian.typing import FloatArray

# Least variance of a component, relative to the feature's variance over all rows: far below any real cluster,
# far above rounding.
RELATIVE_FLOOR = {"float64": 1e-10, "float32": 1e-6}

LEAST = 1e-290  # of a variance whose square is still in the range of float64


def make_floor(
    source: Source,
    regularization: float | None,
    names: tuple[str, ...] | None = None,
    *,
    lenient: bool = False,
) -> Floor:
    """The floor for a source: relative by default, absolute on request.

    A constant feature has no scale, so the relative floor cannot be formed: an error, or with ``lenient`` the
    floor of the other features' average scale.
    """
    moments, single = source.moments, source.single_precision
    variances = np.diagonal(moments.covariance)
    check_in_range(moments.covariance)
    if regularization is not None:
        return absolute_floor(regularization, variances)
    constant = _constant(moments.mean, variances, single)
    if not constant.any() and min(variances.tolist()) >= LEAST:
        return Floor(_epsilon(single) * variances, constant)
    if (variances[~constant] < LEAST).any() or _vanishing(source, constant):
        raise DataError(OUT_OF_RANGE)
    if constant.any() and not lenient:
        d = int(np.argmax(constant))
        name = repr(names[d]) if names else str(d)
        value = moments.mean[d]
        why, what = f"column {name} is constant ({value:g})", "leave it out"
        if variances[d] > 0:
            why = f"column {name} varies by no more than the rounding of numbers as large as {value:g}"
            what = "subtract a number near it before they are rounded, or leave it out"
        elif constant.all():
            why, what = "there is only one distinct row", "give more rows"
        raise DataError(
            f"{why}, so no density can be fitted; {what}, or give an absolute variance with regularization="
        )
    return _relative_floor(variances, constant, single)


def running_floor(
    mean: FloatArray, variances: FloatArray, regularization: float | None, *, single_precision: bool
) -> Floor:
    """The floor for rows that are gone, from their mean and variances (D,); a constant feature as with ``lenient``."""
    if regularization is not None:
        return absolute_floor(regularization, variances)
    return _relative_floor(variances, _constant(mean, variances, single_precision), single_precision)


def absolute_floor(regularization: float, variances: FloatArray) -> Floor:
    """The number that the user gave, for data of these variances (D,)."""
    minimum = np.full(len(variances), not_negative(regularization, "regularization"))
    with np.errstate(over="ignore"):  # then nothing is too wide
        widest = variances.max() / minimum[0] if regularization else 0.0
        return Floor(minimum, span=max(Floor.span, 100 * widest))


def _constant(mean: FloatArray, variances: FloatArray, single_precision: bool) -> NDArray[np.bool_]:
    """(D,) features whose spread is no more than the rounding of rows far from the origin."""
    rounding = np.finfo(np.float32 if single_precision else np.float64).eps * np.abs(mean)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)) <= rounding)


def _relative_floor(variances: FloatArray, constant: NDArray[np.bool_], single_precision: bool) -> Floor:
    typical = variances[~constant].mean() if not constant.all() else 1.0
    return Floor(_epsilon(single_precision) * np.where(constant, typical, variances), constant)


def _epsilon(single_precision: bool) -> float:
    return RELATIVE_FLOOR["float32" if single_precision else "float64"]


def _vanishing(source: Source, constant: NDArray[np.bool_]) -> bool:
    """Whether a feature only looks constant because its squares underflow."""
    if not constant.any():
        return False  # and the rows need not be looked at
    some = source.draw(np.linspace(0, 1, 64, endpoint=False))[:, constant]
    return bool((np.abs(some).max(initial=0.0) < 1e-140) and (some != some[:1]).any())
