"""Features of a mixture: their names, and those that a user chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bactrian.errors import DataError, ParameterError

Names = tuple[str, ...] | None


def check_names(names: Sequence[str], n_features: int) -> tuple[str, ...]:
    """Names of the features, as a user gives them: D different ones.

    Raises
    ------
    ParameterError
        They are not.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ParameterError(f"feature_names should be a list of {n_features} names, but got {names!r}")
    listed = tuple(str(name) for name in names)
    if len(listed) != n_features or len(set(listed)) != n_features:
        raise ParameterError(f"feature_names should be {n_features} different names, but got {listed!r}")
    return listed


def chosen_features(features: Any, names: Names, n_features: int) -> list[int]:
    """Numbers of one feature or several, each given by number or name.

    Raises
    ------
    ParameterError
        There is no such feature, one stands twice, or none is given.
    """
    if isinstance(features, str) or not isinstance(features, Iterable):
        features = [features]
    listed = list(features)
    found = [_number(feature, names, n_features) for feature in listed]
    if not found or len(set(found)) != len(found):
        raise ParameterError(f"name each feature once, and at least one, but got {listed!r}")
    return found


def check_width(found: int, n_features: int, names: Names = None) -> None:
    """Raise where rows have ``found`` features and their mixture others.

    Raises
    ------
    DataError
        They do not fit each other.
    """
    if found != n_features:
        known = f" ({', '.join(names)})" if names and len(names) <= 12 else ""
        raise DataError(
            f"the mixture has {n_features} features{known}, but the rows have {found}; "
            "give the same features it was made with"
        )


def _number(feature: Any, names: Names, n_features: int) -> int:
    if isinstance(feature, str):
        if names is None or feature not in names:
            known = ", ".join(names) if names else "no names, only indices"
            raise ParameterError(f"there is no feature {feature!r}; the mixture has {known}")
        return names.index(feature)
    whole = isinstance(feature, (int, np.integer)) and not isinstance(feature, bool)
    if not whole or not -n_features <= feature < n_features:
        raise ParameterError(f"features are numbered 0 to {n_features - 1}, but got {feature!r}")
    return int(feature) % n_features
