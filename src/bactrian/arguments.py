"""Numbers that users pass as arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bactrian.errors import ParameterError


def read_counts(n_components: int | Iterable[int]) -> list[int]:
    listed = list(n_components) if isinstance(n_components, Iterable) else [n_components]
    if not listed:
        raise ParameterError("n_components should hold at least one number of components, but is empty")
    return list(dict.fromkeys(at_least(k, 1, "n_components") for k in listed))


def at_least(value: Any, least: int, name: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < least:
        raise ParameterError(f"{name} should be an integer of at least {least}, but got {value!r}")
    return int(value)


def not_negative(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (0 <= number < float("inf")):
        raise ParameterError(f"{name} should be a finite number of at least 0, but got {value!r}")
    return number
