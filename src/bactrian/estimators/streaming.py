"""``partial_fit``: an ``OnlineFit`` behind scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bactrian.errors import DataError, ParameterError
from bactrian.estimators.given import read_given
from bactrian.estimators.names import form_of
from bactrian.estimators.sampler import resolved
from bactrian.families import parse_family
from bactrian.mixture import Mixture
from bactrian.online import OnlineFit
from bactrian.online.starting import Beginning


def check(estimator: Any) -> None:
    """Raise ParameterError for parameters that only ``fit`` knows."""
    if estimator.noise is not False or estimator.equal_weights:
        raise ParameterError("partial_fit knows neither noise nor equal_weights; leave them out, or use fit")


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
        regularization=estimator.reg_covar, random_state=resolved(estimator.random_state),
    )  # fmt: skip
    if seen is not None and isinstance(start, Mixture):
        known = Beginning(start, *seen)
        online = OnlineFit._of(online._settings, start, known.schema, known.state(online._settings), [])
    return online


def shown(online: OnlineFit) -> Mixture | None:
    """The mixture, or None while the rows are too few for one."""
    try:
        return online.mixture if online.n_rows >= max(2, online.n_components) or online.n_steps else None
    except DataError:
        if online.n_waiting == online.n_rows:
            return None
        raise
