"""What the functions are given, read once: mixtures, rows with their weights, masses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from bactrian.errors import DataError, ParameterError
from bactrian.features import chosen_features
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.online import OnlineFit
from bactrian.rows import read_rows
from bactrian.sources.array import read_weights
from bactrian.typing import FloatArray, IntArray


class Fitted(Protocol):
    """A fitted estimator."""

    mixture_: Mixture


Drawable: TypeAlias = Mixture | Fit | OnlineFit | Fitted
Masses: TypeAlias = float | Sequence[float] | FloatArray
Features: TypeAlias = Sequence[int | str] | IntArray

MAX_POINTS = 20_000


@dataclass(frozen=True)
class Points:
    """Rows to draw.

    ``values`` : (N, D) float64, no rows of weight zero. ``weight`` : (N,) or None. ``names`` : D axis labels.
    """

    values: FloatArray
    weight: FloatArray | None
    names: tuple[str, ...]

    def take(self, rows: IntArray) -> Points:
        return Points(self.values[rows], None if self.weight is None else self.weight[rows], self.names)

    def thin(self, most: int) -> tuple[Points, str]:
        """At most ``most`` rows, the same ones each time, and a label that says so."""
        if isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1:
            raise ParameterError(f"max_points should be an integer of at least 1, but got {most!r}")
        n = len(self.values)
        if n <= most:
            return self, f"{n:,} rows"
        drawn = np.sort(np.random.default_rng(0).choice(n, most, replace=False))
        return self.take(drawn), f"{most:,} of {n:,} rows, drawn at random"


def read_mixture(mixture: Any) -> Mixture:
    """A Mixture, or the one inside a Fit, an OnlineFit or a fitted estimator."""
    if isinstance(mixture, (Fit, OnlineFit)):
        return mixture.mixture
    # estimators bring scikit-learn with them, so they are not asked for by name; one that is not fitted says so itself
    found = mixture.mixture_ if hasattr(type(mixture), "mixture_") else mixture
    if not isinstance(found, Mixture):
        raise ParameterError(f"a Mixture or a Fit can be drawn, but got {type(mixture).__name__}")
    return found


def read_points(mixture: Mixture, data: Any, sample_weight: Any = None) -> Points | None:
    """Data as the mixture knows it, or None where there is none."""
    if data is None:
        if sample_weight is not None:
            raise ParameterError("sample_weight weighs the rows of data, but there is no data; give both or neither")
        return None
    rows = read_rows(data, mixture.feature_names, mixture.n_features)
    if not len(rows.values):
        raise DataError("the data has no rows to draw; leave data out to draw the mixture alone")
    names = axis_names(mixture, rows.names)
    values = rows.values.astype(np.float64, copy=False)
    if sample_weight is None:
        return Points(values, None, names)
    weight = read_weights(sample_weight, len(values))
    return Points(values, weight, names).take(np.flatnonzero(weight))


def axis_names(mixture: Mixture, found: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The D axis labels: the mixture's names, else the frame's, else x0, x1 ... as a mixture prints them."""
    return mixture.feature_names or found or tuple(f"x{d}" for d in range(mixture.n_features))


def read_masses(mass: Any) -> FloatArray:
    """(M,) different probabilities, rising.

    Raises
    ------
    ParameterError
        None at all, not numbers, or not strictly between 0 and 1.
    """
    try:
        masses = np.unique(np.asarray(mass, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"mass should be probabilities strictly between 0 and 1, but {error}") from error
    if not masses.size or not ((masses > 0) & (masses < 1)).all():
        raise ParameterError(
            f"mass should be probabilities strictly between 0 and 1, as in (0.5, 0.95), but got {mass!r}"
        )
    return masses


def read_features(mixture: Mixture, features: Any) -> list[int]:
    """Indices of features given by index or name; all of them for None."""
    if features is None:
        return list(range(mixture.n_features))
    return chosen_features(features, mixture.feature_names, mixture.n_features)


def standard_deviations(mixture: Mixture) -> FloatArray:
    """(K, D) standard deviation of each feature in each component."""
    return np.asarray(np.sqrt(np.einsum("kdd->kd", mixture.parameters.covariance.dense())))
