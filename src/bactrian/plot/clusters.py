"""Rows by the component they most likely came from, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.canvas import add_legend, label_axes, open_axes
from bactrian.plot.inputs import MAX_POINTS, Features, read_features, read_mixture, read_points
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST, LARGEST = 14.0, 70.0
MOST_OPAQUE, PALEST = 0.85, 0.3
HINT = "larger and paler: less certain"


def clusters(
    mixture: Mixture | Fit,
    data: Any,
    ax: Axes | None = None,
    *,
    features: Features | None = None,
    max_points: int = MAX_POINTS,
) -> Axes:
    """Draw rows in the colour and shape of their most responsible component.

    The less certain a row, the larger and paler its marker. One feature: the rows against their uncertainty,
    1 - max_k P(k | x).

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
    mixture = read_mixture(mixture)
    columns = _two(mixture, features)
    points = read_points(mixture, data)
    if points is None:
        raise ParameterError("clusters are drawn of rows, but data is None; give the rows to classify")
    shown, counted = points.thin(max_points)
    responsibilities = mixture.responsibilities(shown.values)
    uncertainty = np.sort(responsibilities, axis=1)[:, :-1].sum(axis=1)
    ax, ours = open_axes(ax)
    if mixture.n_features == 1:
        places = np.stack([shown.values[:, 0], uncertainty], axis=1)
        label_axes(ax, points.names[0], "uncertainty, 1 − max P(k | x)")
    else:
        places = shown.values[:, columns]
        label_axes(ax, *(points.names[d] for d in columns))
    draw_clusters(ax, mixture, places, responsibilities.argmax(axis=1), uncertainty)
    thinned = len(shown.values) < len(points.values)
    note(ax, HINT + (f"\n{counted}" if thinned else ""))
    add_legend(ax, beside=ours)
    return ax


def draw_clusters(
    ax: Axes, mixture: Mixture, places: FloatArray, labels: Any, uncertainty: FloatArray, scale: float = 1.0
) -> None:
    """Markers at (N, 2) places, by (N,) label; 1 - 1/K is the largest uncertainty there can be."""
    doubt = uncertainty / max(1 - 1 / mixture.n_components, 0.5)
    # many markers must be small, or they hide each other
    scale *= np.clip(np.sqrt(600 / len(places)), 0.2, 1.0)
    area = scale * (SMALLEST + (LARGEST - SMALLEST) * doubt)
    opacity = MOST_OPAQUE + (PALEST - MOST_OPAQUE) * doubt
    for k in np.unique(labels):
        own = labels == k
        x, y = places[own].T
        label = style.component_label(int(k), mixture.weights)
        look: dict[str, Any] = {"color": style.colour(k), "marker": style.marker(k)}
        ax.scatter(x, y, s=area[own], alpha=opacity[own], zorder=2, linewidths=0, **look)
        ax.plot([], [], linestyle="none", markersize=5, label=label, **look)


def note(ax: Axes, text: str) -> None:
    ax.plot([], [], linestyle="none", marker="o", markersize=8, color=style.GREY, alpha=PALEST, label=text)


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
