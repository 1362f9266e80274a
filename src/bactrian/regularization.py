"""The floor on variances that belongs to a data set: relative to its own scale unless the user gives a number."""

from __future__ import annotations

import numpy as np

from bactrian.arguments import not_negative
from bactrian.errors import DataError
from bactrian.families import Floor
from bactrian.sources import Source
from bactrian.typing import FloatArray

# Least variance of a component, relative to the feature's variance over all rows: far below any real cluster,
# far above rounding.
RELATIVE_FLOOR = {"float64": 1e-10, "float32": 1e-6}


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
    if regularization is not None:
        minimum = np.full(source.n_features, not_negative(regularization, "regularization"))
        widest = np.diagonal(source.moments.covariance).max() / minimum[0] if regularization else 0.0
        return Floor(minimum, span=max(Floor.span, 100 * widest))
    variances = np.diagonal(source.moments.covariance)
    # the rounding of rows far from the origin is not a spread
    rounding = np.finfo(np.float32 if source.single_precision else np.float64).eps * np.abs(source.moments.mean)
    constant = np.sqrt(variances) <= rounding
    if not np.isfinite(variances).all() or (variances[~constant] < 1e-290).any() or _vanishing(source, constant):
        raise DataError(
            "the squares of the data leave the range of float64; divide the columns by their typical size first"
        )
    if constant.any() and not lenient:
        d = int(np.argmax(constant))
        name = repr(names[d]) if names else str(d)
        value = source.moments.mean[d]
        why = "there is only one distinct row" if constant.all() else f"column {name} is constant ({value:g})"
        raise DataError(
            f"{why}, so no density can be fitted; leave it out, or give an absolute variance with regularization="
        )
    epsilon = RELATIVE_FLOOR["float32" if source.single_precision else "float64"]
    typical = variances[~constant].mean() if not constant.all() else 1.0
    return Floor(epsilon * np.where(constant, typical, variances), constant)


def _vanishing(source: Source, constant: FloatArray) -> bool:
    """Whether a feature only looks constant because its squares underflow."""
    if not constant.any():
        return False  # and the rows need not be looked at
    some = source.draw(np.linspace(0, 1, 64, endpoint=False))[:, constant]
    return bool((np.abs(some).max(initial=0.0) < 1e-140) and (some != some[:1]).any())
