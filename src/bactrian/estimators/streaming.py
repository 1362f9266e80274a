"""``partial_fit``: an ``OnlineFit`` behind scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError

from bactrian.errors import DataError, ParameterError
from bactrian.estimators.given import read_given
from bactrian.estimators.names import form_of
from bactrian.estimators.sampler import resolved
from bactrian.families import parse_family
from bactrian.mixture import Mixture
from bactrian.online import OnlineFit
from bactrian.online.starting import Beginning
from bactrian.priors import ConjugatePrior

LASTING = (
    "n_components", "covariance_type", "reg_covar", "prior", "init_params", "weights_init", "means_init",
    "precisions_init",
)  # fmt: skip
SEARCHING = "random_state"  # of the search for a start; ``sample`` asks it later, and may be given another


def check(estimator: Any) -> None:
    """Raise ParameterError for parameters that only ``fit`` knows, or that were changed since the first rows."""
    if estimator.noise is not False or estimator.equal_weights:
        raise ParameterError("partial_fit knows neither noise nor equal_weights; leave them out, or use fit")
    online = getattr(estimator, "_online", None)
    if online is None:
        return
    started = online._state is not None or online._given is not None
    for name, before in (getattr(estimator, "_streamed", None) or {}).items():
        now = getattr(estimator, name)
        if not (started and name == SEARCHING) and not _same(name, before, now):
            raise ParameterError(
                f"{name} was {_brief(before)} when partial_fit began and is {_brief(now)} now, but what was learned "
                "stands on the first; set it back, call fit, which forgets, or begin with a new estimator"
            )


def remembered(estimator: Any) -> dict[str, Any]:
    """The parameters that a stream stands on."""
    values = {name: getattr(estimator, name) for name in (*LASTING, SEARCHING)}
    return {n: np.array(v) if isinstance(v, (np.ndarray, list)) else v for n, v in values.items()}


def _same(name: str, before: Any, now: Any) -> bool:
    if before is now:
        return True
    if name == "covariance_type":
        return parse_family(before) == parse_family(now)
    if isinstance(before, ConjugatePrior) and isinstance(now, ConjugatePrior):
        return all(_same("", getattr(before, f.name), getattr(now, f.name)) for f in fields(before))
    if isinstance(before, str) or isinstance(now, str) or callable(before) or callable(now):
        return bool(before == now) if type(before) is type(now) else False
    return np.array_equal(np.asarray(before), np.asarray(now))


def _brief(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


@contextmanager
def first_or_none(estimator: Any) -> Iterator[None]:
    """The first rows, if they cannot be learned from or Ctrl-C comes, leave nothing behind."""
    brought = [name for name in ("n_features_in_", "feature_names_in_") if not hasattr(estimator, name)]
    try:
        yield
    except BaseException:
        for name in brought:
            vars(estimator).pop(name, None)
        raise


def begin(estimator: Any, n_features: int) -> OnlineFit:
    """A stream that begins at the last ``fit``, at the parameters given, or with a search in its first rows."""
    family = parse_family(estimator.covariance_type)
    method = "auto" if estimator.init_params == "kmeans" else "k-means++"
    seen = getattr(estimator, "_seen", None)
    start: Any
    if hasattr(estimator, "weights_"):
        start = Mixture._of(estimator.mixture_.parameters)  # scikit-learn looks after the names
    else:
        given = read_given(
            estimator.weights_init, estimator.means_init, estimator.precisions_init, form_of(family),
            estimator.covariance_type, (estimator.n_components, n_features),
        ).whole  # fmt: skip
        start = method if given is None else Mixture._of(given)
    online = OnlineFit(
        estimator.n_components, family, start=start, prior=estimator.prior,
        regularization=estimator.reg_covar, random_state=_seed(estimator.random_state),
    )  # fmt: skip
    if seen is not None and isinstance(start, Mixture):
        known = Beginning(start, *seen)
        online = OnlineFit._of(online._settings, start, known.schema, known.state(online._settings), [])
    return online


def _seed(random_state: Any) -> Any:
    """An integer as ``OnlineFit`` takes it, which then comes to the same bits; else scikit-learn's generator."""
    return random_state if isinstance(random_state, (int, np.integer)) else resolved(random_state)


def check_waiting(estimator: Any) -> None:
    """Raise NotFittedError where rows were given to partial_fit, but no mixture could be made of them yet."""
    online = getattr(estimator, "_online", None)
    if online is None or hasattr(estimator, "weights_") or not online.n_rows:
        return
    few = max(2, online.n_components)
    rows = f"{online.n_rows} row{'' if online.n_rows == 1 else 's'}"
    why = f"at least {few} are needed" if online.n_rows < few else "no mixture can be made of them yet"
    raise NotFittedError(
        f"This {type(estimator).__name__} was given {rows} by partial_fit, but {why}; call partial_fit with more rows"
    )


def shown(online: OnlineFit) -> Mixture | None:
    """The mixture, or None while the rows are too few for one."""
    try:
        return online.mixture if online.n_rows >= max(2, online.n_components) or online.n_steps else None
    except DataError:
        if online.n_waiting == online.n_rows:
            return None
        raise
