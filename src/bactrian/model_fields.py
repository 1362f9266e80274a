"""The fields of a model file's header, none of which is believed: each is asked for by its type and its range."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.errors import ModelFileError
from bactrian.typing import FloatArray

LONGEST_NAME = 1000


def names(value: Any, n_features: int) -> list[str] | None:
    if value is None:
        return None
    names = [text(name, "a feature name", LONGEST_NAME) for name in listed(value, "feature_names", n_features)]
    if len(set(names)) != n_features:
        raise ModelFileError("a feature name stands twice")
    return names


def fields(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelFileError(f"{what} should be an object, but got {_brief(value)}")
    return value


def array(arrays: dict[str, FloatArray], name: str) -> FloatArray:
    if name not in arrays:
        raise ModelFileError(f"it has no {name}")
    return arrays[name]


def listed(value: Any, what: str, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        wanted = "a list" if length is None else f"a list of {length}"
        raise ModelFileError(f"{what} should be {wanted}, but got {_brief(value)}")
    return value


def text(value: Any, what: str, longest: int = 10 * LONGEST_NAME) -> str:
    if not isinstance(value, str) or len(value) > longest or not _is_unicode(value):
        raise ModelFileError(f"{what} should be a text of at most {longest} characters, but got {_brief(value)}")
    return value


def one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ModelFileError(f"{what} should be one of {', '.join(allowed)}, but got {_brief(value)}")
    return value


def whole(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ModelFileError(f"{what} should be a whole number of at least 0, but got {_brief(value)}")
    return value


def number(value: Any, what: str) -> float:
    """A float; null stands for NaN, since JSON has no word for it."""
    if value is None:
        return np.nan
    if isinstance(value, str) and value in ("inf", "-inf"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1.7976931348623157e308:
        raise ModelFileError(f"{what} should be a number, but got {_brief(value)}")
    return float(value)


def number_or_none(value: Any, what: str) -> float | None:
    return None if value is None else number(value, what)


def finite(value: Any, what: str) -> float:
    found = number(value, what)
    if not np.isfinite(found):
        raise ModelFileError(f"{what} should be a finite number, but got {_brief(value)}")
    return found


def flag(value: Any, what: str) -> bool:
    if type(value) is not bool:
        raise ModelFileError(f"{what} should be true or false, but got {_brief(value)}")
    return value


def _is_unicode(text: str) -> bool:
    """Whether it has no lone surrogates, which could be neither printed nor saved."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _brief(value: Any) -> str:
    shown = ascii(value) if isinstance(value, (str, float, bool, type(None))) else type(value).__name__
    return shown if len(shown) <= 60 else f"{shown[:60]}..."
