"""The density of a mixture of one or two features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bactrian.errors import ParameterError
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.plot.canvas import add_legend, label_axes, open_axes
from bactrian.plot.contours import contours, scatter
from bactrian.plot.curve import curve
from bactrian.plot.inputs import MAX_POINTS, Masses, axis_names, read_masses, read_mixture, read_points
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MASSES = (0.25, 0.5, 0.75, 0.95)


def density(
    mixture: Mixture | Fit,
    data: Any = None,
    ax: Axes | None = None,
    *,
    mass: Masses = MASSES,
    sample_weight: Any = None,
    bins: int | Sequence[float] | FloatArray | None = None,
    max_points: int = MAX_POINTS,
) -> Axes:
    """Draw the density of a mixture of one or two features, over the data if there is any.

    One feature: the curve, its weighted components, and a histogram of area 1. Two features: filled contours
    around the densest regions that hold the given masses (Hyndman 1996), as the legend says, and the rows.

    Parameters
    ----------
    mixture : Mixture or Fit
        Of one or two features.
    data : (N, D) array or frame, or (N,) for one feature, optional
    ax : matplotlib Axes, optional
        Default: a new figure.
    mass : float or (M,) array, between 0 and 1
        What the regions hold; for two features.
    sample_weight : (N,) array, optional
        Weighs the histogram, or the area of the points.
    bins : int or (B + 1,) array, optional
        Bins or edges of the histogram. Default: Freedman and Diaconis' rule, 200 at most.
    max_points : int
        More rows than this are thinned to a random sample of this size, the same each time; the legend says
        so.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ParameterError
        More than two features, or a mass that is not between 0 and 1.
    DataError
        Rows that do not have the mixture's features, or cannot be used.
    """
    mixture = read_mixture(mixture)
    if mixture.n_features > 2:
        raise ParameterError(
            f"a density can be drawn for one or two features, but the mixture has {mixture.n_features}; draw "
            "mixture.marginal([0, 1]), or all pairs with bactrian.plot.pairs"
        )
    masses, points = read_masses(mass), read_points(mixture, data, sample_weight)
    ax, ours = open_axes(ax)
    names = axis_names(mixture) if points is None else points.names
    if mixture.n_features == 1:
        curve(ax, mixture, points, bins)
        label_axes(ax, names[0], "density")
    else:
        if points is not None:
            scatter(ax, points, max_points)
        contours(ax, mixture, masses)
        label_axes(ax, *names)
    add_legend(ax, beside=ours)
    return ax
