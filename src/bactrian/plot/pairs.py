"""More than two features: a grid of panels, one for each pair."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import ParameterError
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.plot.canvas import pyplot
from bactrian.plot.clusters import HINT, draw_clusters, note
from bactrian.plot.contours import contours, scatter
from bactrian.plot.curve import curve
from bactrian.plot.density import MASSES
from bactrian.plot.ellipses import draw_ellipses
from bactrian.plot.inputs import (
    Features,
    Masses,
    Points,
    axis_names,
    read_features,
    read_masses,
    read_mixture,
    read_points,
)
from bactrian.plot.panels import figure_legend, label_outside, share_limits
from bactrian.typing import FloatArray

MOST_FEATURES = 6
MAX_POINTS = 3_000
ELLIPSE = np.array([0.95])
# a small panel needs fewer places, and levels good to two digits of the mass
PLACES, DRAWS = 160, 20_000


def pairs(
    mixture: Mixture | Fit,
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
    features.

    Parameters
    ----------
    mixture : Mixture or Fit
        Of two features or more.
    data : (N, D) array or frame, optional
    features : several features, by index or name
        P of them, in the order to draw. Default: all, or the first six of more, which the title then says.
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
    mixture = read_mixture(mixture)
    chosen = _choose(mixture, features)
    masses, points = read_masses(mass), read_points(mixture, data, sample_weight)
    names = axis_names(mixture) if points is None else points.names
    n = len(chosen)
    figure, axes = pyplot().subplots(n, n, figsize=(2.3 * n + 0.5, 2.2 * n + 0.7), layout="constrained", squeeze=False)
    parts = _Parts(mixture, points, chosen, masses, max_points)
    for row in range(n):
        for column in range(n):
            parts.draw(axes[row, column], row, column)
    share_limits(axes)
    label_outside(axes, [names[d] for d in chosen])
    if features is None and n < mixture.n_features:
        figure.suptitle(f"the first {n} of {mixture.n_features} features; choose others with features=")
    figure_legend(figure, axes)
    return np.asarray(axes)


class _Parts:
    """What the panels have in common, computed once."""

    def __init__(
        self, mixture: Mixture, points: Points | None, chosen: list[int], masses: FloatArray, max_points: int
    ) -> None:
        self.mixture, self.points, self.chosen, self.masses = mixture, points, chosen, masses
        self.max_points = max_points
        if points is not None:
            self.shown = points.thin(max_points)[0]
            responsibilities = mixture.responsibilities(self.shown.values)
            self.labels = responsibilities.argmax(axis=1)
            self.uncertainty = 1 - responsibilities.max(axis=1)

    def draw(self, ax: Any, row: int, column: int) -> None:
        x, y = self.chosen[column], self.chosen[row]
        if row == column:
            curve(ax, self.mixture.marginal([x]), self._columns([x]))
        elif row > column:
            points = self._columns([x, y])
            if points is not None:
                scatter(ax, points, self.max_points)
            contours(ax, self.mixture.marginal([x, y]), self.masses, PLACES, DRAWS)
        else:
            self._components(ax, x, y)

    def _components(self, ax: Any, x: int, y: int) -> None:
        if self.points is not None:
            places = self.shown.values[:, [x, y]]
            draw_clusters(ax, self.mixture, places, self.labels, self.uncertainty, scale=0.5)
            note(ax, HINT)
        draw_ellipses(ax, self.mixture.marginal([x, y]), ELLIPSE, size="small")

    def _columns(self, columns: list[int]) -> Points | None:
        p = self.points
        return p and Points(p.values[:, columns], p.weight, tuple(p.names[d] for d in columns))


def _choose(mixture: Mixture, features: Any) -> list[int]:
    chosen = read_features(mixture, features)
    if len(chosen) < 2:
        raise ParameterError("pairs need at least two features, but there is one; use bactrian.plot.density")
    return chosen if features is not None else chosen[:MOST_FEATURES]
