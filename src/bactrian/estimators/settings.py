"""The constructor's parameters, checked when ``fit`` is called; scikit-learn's sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from bactrian.errors import ParameterError
from bactrian.estimators.names import COVARIANCE_TYPES
from bactrian.estimators.starts import METHODS


class Constraint(NamedTuple):
    """What a parameter must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, (bool, np.bool_))


def _at_least(least: int) -> Constraint:
    return Constraint(f"an int in the range [{least}, inf)", lambda v: _number(v, Integral) and v >= least)


def _not_negative(value: Any) -> bool:
    return _number(value, Real) and 0 <= value < math.inf


def _random_state(value: Any) -> bool:
    generators = (np.random.RandomState, np.random.Generator)
    return value is None or isinstance(value, generators) or (_number(value, Integral) and 0 <= value < 2**32)


CONSTRAINTS = {
    "n_components": _at_least(1),
    "covariance_type": Constraint(
        f"a str among {', '.join(COVARIANCE_TYPES)}", lambda v: isinstance(v, str) and v in COVARIANCE_TYPES
    ),
    "tol": Constraint("a float in the range [0.0, inf)", _not_negative),
    "reg_covar": Constraint("a float in the range [0.0, inf) or None", lambda v: v is None or _not_negative(v)),
    "max_iter": _at_least(0),
    "n_init": _at_least(1),
    "init_params": Constraint(
        f"a str among {', '.join(METHODS)} or a callable",
        lambda v: callable(v) or (isinstance(v, str) and v in METHODS),
    ),
    "random_state": Constraint(
        "None, an int from 0 to 2**32 - 1, a numpy.random.RandomState or a numpy.random.Generator",
        _random_state,
    ),
    "equal_weights": Constraint("a bool", lambda v: isinstance(v, (bool, np.bool_))),
    "warm_start": Constraint("a bool", lambda v: isinstance(v, (bool, np.bool_))),
    "verbose": Constraint(
        "an int in the range [0, inf) or a bool",
        lambda v: isinstance(v, bool) or (_number(v, Integral) and v >= 0),
    ),
    "verbose_interval": _at_least(1),
}


def check_settings(estimator: Any) -> None:
    """Raise ParameterError for the first parameter of the estimator that cannot be used."""
    for name, constraint in CONSTRAINTS.items():
        value = getattr(estimator, name)
        if not constraint.holds(value):
            raise ParameterError(
                f"The {name!r} parameter of {type(estimator).__name__} must be {constraint.words}. "
                f"Got {value!r} instead."
            )
