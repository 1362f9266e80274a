"""Rows by the component they most likely came from, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.canvas import label_axes, open_axes
from bactrian.plot.inputs import MAX_POINTS, Drawable, Features, read_features, read_mixture, read_points
from bactrian.plot.legends import add_legend
from bactrian.plot.noise import crosses, entry, memberships, read_noise, shares
from bactrian.plot.numbering import number_means
from bactrian.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST, LARGEST = 14.0, 70.0
MOST_OPAQUE, PALEST = 0.85, 0.3
HINT = "larger and paler: less certain"


def clusters(
    mixture: Drawable,
    data: Any,
    ax: Axes | None = None,
    *,
    features: Features | None = None,
    max_points: int = MAX_POINTS,
) -> Axes:
    """Draw rows in the colour and shape of their most responsible component.

    The less certain a row, the larger and paler its marker. One feature: the rows against their uncertainty,
    1 - max_k P(k | x). Of a fit with noise, rows that most likely are noise are grey crosses. More than ten components
    are numbered at their means.

    Parameters
    ----------
    mixture : Mixture or Fit
    data : (N, D) array or frame, or (N,) for one feature
    ax : matplotlib Axes, optional
        Default: a new figure.
    features : two features, by index or name
        What to draw of more than two features. The classification always uses all of them.
    max_points : int
        More rows than this are thinned to a random sample of this size, the same each time; the legend says
        so.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ParameterError
        More than two features and no choice of two.
    DataError
        Rows that do not have the mixture's features, or cannot be used.
    """
    mixture, noise = read_mixture(mixture), read_noise(mixture)
    columns = _two(mixture, features)
    points = read_points(mixture, data)
    if points is None:
        raise ParameterError("clusters are drawn of rows, but data is None; give the rows to classify")
    shown, counted = points.thin(max_points)
    labels, uncertainty = memberships(mixture, noise, shown.values)
    ax, ours = open_axes(ax)
    means = mixture.means[:, columns]
    if mixture.n_features == 1:
        places = np.stack([shown.values[:, 0], uncertainty], axis=1)
        means = np.pad(means, ((0, 0), (0, 1)))
        label_axes(ax, points.names[0], "uncertainty, 1 − max P(k | x)", ours=ours)
    else:
        places = shown.values[:, columns]
        label_axes(ax, *(points.names[d] for d in columns), ours=ours)
    weights = shares(mixture, noise)
    draw_clusters(ax, weights, places, labels, uncertainty)
    if noise is not None:
        entry(ax, noise)
    note(ax, HINT)
    if len(shown.values) < len(points.values):
        ax.plot([], [], linestyle="none", label=counted)
    if style.together(weights):
        number_means(ax, means, np.flatnonzero(mixture.weights).tolist(), "small")
    add_legend(ax, beside=ours, above=True)
    return ax


def draw_clusters(
    ax: Axes, weights: FloatArray, places: FloatArray, labels: IntArray, uncertainty: FloatArray, scale: float = 1.0
) -> None:
    """Markers at (N, 2) places, by (N,) label, which is K for noise; (K,) weights of the components in the whole."""
    n_components = len(weights)
    # 1 - 1/K is the largest uncertainty there can be
    doubt = np.minimum(uncertainty / max(1 - 1 / n_components, 0.5), 1.0)
    # many markers must be small and pale, or they hide each other
    scale *= np.clip(np.sqrt(600 / len(places)), 0.2, 1.0)
    area = scale * (SMALLEST + (LARGEST - SMALLEST) * doubt)
    opacity = (MOST_OPAQUE + (PALEST - MOST_OPAQUE) * doubt) * np.clip((2000 / len(places)) ** 0.25, 0.4, 1.0)
    for k in np.unique(labels[labels < n_components]).tolist():
        own = labels == k
        x, y = places[own].T
        look: dict[str, Any] = {"color": style.colour(k, ax), "marker": style.marker(k)}
        ax.scatter(x, y, s=area[own], alpha=opacity[own], zorder=2, linewidths=0, **look)
        ax.plot([], [], linestyle="none", markersize=5, label=style.component_label(k, weights), **look)
    if style.together(weights):
        ax.plot([], [], "o", markersize=5, color=style.grey(ax), label=style.together(weights))
    crosses(ax, places[labels == n_components], scale)


def note(ax: Axes, text: str) -> None:
    ax.plot([], [], linestyle="none", marker="o", markersize=8, color=style.grey(ax), alpha=PALEST, label=text)


def _two(mixture: Mixture, features: Any) -> list[int]:
    if features is None and mixture.n_features > 2:
        raise ParameterError(
            f"the mixture has {mixture.n_features} features, but a picture has two; choose them, as in "
            "features=[0, 1], or draw all pairs with bactrian.plot.pairs"
        )
    chosen = read_features(mixture, features)
    if len(chosen) > 2 or (features is not None and len(chosen) != 2):
        raise ParameterError(f"features should name two features, but got {features!r}")
    return chosen
