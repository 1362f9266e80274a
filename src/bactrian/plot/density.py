"""The density of a mixture of one or two features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bactrian.errors import ParameterError
from bactrian.plot.canvas import label_axes, open_axes
from bactrian.plot.contours import contours, scatter
from bactrian.plot.curve import curve
from bactrian.plot.inputs import MAX_POINTS, Drawable, Masses, axis_names, read_masses, read_mixture, read_points
from bactrian.plot.legends import add_legend
from bactrian.plot.noise import crosses_at_foot, is_noise, read_noise
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MASSES = (0.25, 0.5, 0.75, 0.95)


def density(
    mixture: Drawable,
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
    around the densest regions that hold the given masses (Hyndman 1996), as the legend says, and the rows. Of a fit
    with noise, rows that most likely are noise are grey crosses; the regions and their masses leave it out, the curve
    has it in.

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
    mixture, noise = read_mixture(mixture), read_noise(mixture)
    if mixture.n_features > 2:
        raise ParameterError(
            f"a density can be drawn for one or two features, but the mixture has {mixture.n_features}; draw "
            "mixture.marginal([0, 1]), or all pairs with bactrian.plot.pairs"
        )
    masses, points = read_masses(mass), read_points(mixture, data, sample_weight)
    ax, ours = open_axes(ax)
    names = axis_names(mixture) if points is None else points.names
    shown, counted = (None, "") if points is None else points.thin(max_points)
    apart = None if shown is None else is_noise(mixture, noise, shown.values)
    if mixture.n_features == 1:
        curve(ax, mixture, points, bins, noise)
        if shown is not None and apart is not None:
            crosses_at_foot(ax, shown.values[apart, 0])
        label_axes(ax, names[0], "density", ours=ours)
    else:
        if shown is not None:
            scatter(ax, shown, counted, apart)
        contours(ax, mixture, masses, noise)
        label_axes(ax, *names, ours=ours)
    add_legend(ax, beside=ours, above=True)
    return ax
