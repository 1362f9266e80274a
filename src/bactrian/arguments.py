"""Numbers that users pass as arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.missing import masked_row
from bactrian.typing import FloatArray


def read_counts(n_components: int | Iterable[int]) -> list[int]:
    if isinstance(n_components, (str, bytes)):
        raise ParameterError(
            f"n_components should be one number or several, as 3 or range(1, 6), but got {n_components!r}"
        )
    listed = list(n_components) if isinstance(n_components, Iterable) else [n_components]
    if not listed:
        raise ParameterError("n_components should hold at least one number of components, but is empty")
    return list(dict.fromkeys(at_least(k, 1, "n_components") for k in listed))


def at_least(value: Any, least: int, name: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < least:
        raise ParameterError(f"{name} should be an integer of at least {least}, but got {value!r}")
    return int(value)


def yes_or_no(value: Any, name: str) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ParameterError(f"{name} should be True or False, but got {value!r}")
    return bool(value)


def not_masked(value: Any, name: str) -> Any:
    """The same value, if it is no array of which some entries are masked."""
    row = masked_row(value)
    if row is not None:
        raise ParameterError(
            f"{name} should say something of every row, but row {row} is masked (a missing value); fill it first, with "
            "numpy.ma.filled"
        )
    return value


def numbers(values: Any, name: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} should be numbers in a regular array, but {error}") from error


def finite_numbers(values: Any, name: str) -> FloatArray:
    array = numbers(values, name)
    if not np.isfinite(array).all():
        raise ParameterError(f"{name} should be finite numbers, but hold NaN or infinity")
    return array


def not_negative(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (0 <= number < float("inf")):
        raise ParameterError(f"{name} should be a finite number of at least 0, but got {value!r}")
    return number
