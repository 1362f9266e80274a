"""More than two features: a grid of panels, one for each pair."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import ParameterError
from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.plot.canvas import pyplot
from bactrian.plot.clusters import HINT, draw_clusters, note
from bactrian.plot.contours import contours, scatter
from bactrian.plot.curve import curve
from bactrian.plot.density import MASSES
from bactrian.plot.ellipses import draw_ellipses
from bactrian.plot.inputs import (
    Drawable,
    Features,
    Masses,
    Points,
    axis_names,
    read_features,
    read_masses,
    read_mixture,
    read_points,
)
from bactrian.plot.noise import crosses_at_foot, memberships, read_noise, shares
from bactrian.plot.numbering import number_means
from bactrian.plot.panels import figure_legend, label_outside, share_limits
from bactrian.typing import FloatArray

MOST_FEATURES = 6
MAX_POINTS = 3_000
ELLIPSE = np.array([0.95])
# a small panel needs fewer places, and levels good to two digits of the mass
PLACES, DRAWS = 160, 20_000


def pairs(
    mixture: Drawable,
    data: Any = None,
    *,
    features: Features | None = None,
    mass: Masses = MASSES,
    sample_weight: Any = None,
    max_points: int = MAX_POINTS,
) -> NDArray[np.object_]:
    """Draw every pair of features in a grid, on a figure of its own.

    Diagonal: each feature's density over its histogram (all rows). Below: the densest regions that hold the
    given masses, over the rows. Above: the 95 % ellipse of each component, over the rows as classified by all
    features. Of a fit with noise, rows that most likely are noise are grey crosses.

    Parameters
    ----------
    mixture : Mixture or Fit
        Of two features or more.
    data : (N, D) array or frame, optional
    features : several features, by index or name
        P of them, in the order to draw. Default: all, or the first six of more, which the legend then says.
    mass : float or (M,) array, between 0 and 1
        What the regions hold.
    sample_weight : (N,) array, optional
        Weighs histograms, and the area of the points below the diagonal.
    max_points : int
        More rows than this are thinned in the panels off the diagonal; the legend says so.

    Returns
    -------
    (P, P) array of matplotlib Axes

    Raises
    ------
    ParameterError
        Fewer than two features, or a mass that is not between 0 and 1.
    DataError
        Rows that do not have the mixture's features, or cannot be used.
    """
    mixture, noise = read_mixture(mixture), read_noise(mixture)
    chosen = _choose(mixture, features)
    masses, points = read_masses(mass), read_points(mixture, data, sample_weight)
    names = axis_names(mixture) if points is None else points.names
    n = len(chosen)
    parts = _Parts(mixture, noise, points, chosen, masses, max_points)
    figure, axes = pyplot().subplots(n, n, figsize=(2.3 * n + 0.5, 2.2 * n + 0.2), layout="constrained", squeeze=False)
    for row in range(n):
        for column in range(n):
            parts.draw(axes[row, column], row, column)
    share_limits(axes)
    for row, column in np.argwhere(np.triu(np.ones((n, n)), 1)).tolist():
        means = mixture.means[:, [chosen[column], chosen[row]]]
        number_means(axes[row, column], means, np.flatnonzero(mixture.weights).tolist(), "small")
    label_outside(axes, [names[d] for d in chosen])
    cut = features is None and n < mixture.n_features
    title = f"the first {n} of {mixture.n_features} features; choose others with features=" if cut else None
    figure_legend(figure, axes, title)
    return np.asarray(axes)


class _Parts:
    """What the panels have in common, computed once."""

    def __init__(
        self, mixture: Mixture, noise: Noise | None, points: Points | None, chosen: list[int], masses: FloatArray,
        max_points: int,
    ) -> None:  # fmt: skip
        self.mixture, self.noise, self.points, self.chosen, self.masses = mixture, noise, points, chosen, masses
        self.weights = shares(mixture, noise)
        if points is not None:
            self.shown, self.counted = points.thin(max_points)
            self.labels, self.uncertainty = memberships(mixture, noise, self.shown.values)
            self.apart = self.labels == mixture.n_components

    def draw(self, ax: Any, row: int, column: int) -> None:
        x, y = self.chosen[column], self.chosen[row]
        if row == column:
            curve(
                ax, self.mixture.marginal([x]), self.points and _columns(self.points, [x]), None, self.noise, panel=True
            )
            if self.points is not None:
                crosses_at_foot(ax, self.shown.values[self.apart, x])
        elif row > column:
            if self.points is not None:
                scatter(ax, _columns(self.shown, [x, y]), self.counted, self.apart)
            contours(ax, self.mixture.marginal([x, y]), self.masses, self.noise, PLACES, DRAWS)
        else:
            self._components(ax, x, y)

    def _components(self, ax: Any, x: int, y: int) -> None:
        if self.points is not None:
            places = self.shown.values[:, [x, y]]
            draw_clusters(ax, self.weights, places, self.labels, self.uncertainty, scale=0.5)
            note(ax, HINT)
        draw_ellipses(ax, self.mixture.marginal([x, y]), ELLIPSE)


def _columns(points: Points, columns: list[int]) -> Points:
    return Points(points.values[:, columns], points.weight, tuple(points.names[d] for d in columns))


def _choose(mixture: Mixture, features: Any) -> list[int]:
    chosen = read_features(mixture, features)
    if len(chosen) < 2:
        raise ParameterError("pairs need at least two features, but there is one; use bactrian.plot.density")
    return chosen if features is not None else chosen[:MOST_FEATURES]
