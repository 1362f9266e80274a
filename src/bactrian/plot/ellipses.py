"""Ellipses that hold a stated share of their component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.canvas import label_axes, open_axes
from bactrian.plot.inputs import Drawable, Masses, axis_names, read_masses, read_mixture
from bactrian.plot.legends import add_legend
from bactrian.plot.numbering import number_means
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MASSES = (0.5, 0.95)
CORNERS = 181


def ellipses(mixture: Drawable, ax: Axes | None = None, *, mass: Masses = MASSES) -> Axes:
    """Draw each component as ellipses that hold the given shares of it, with its number at its mean.

    The squared Mahalanobis distance of a bivariate Gaussian is chi-square with 2 degrees of freedom, so the
    ellipse {(x - mu)' Sigma^-1 (x - mu) <= -2 log(1 - q)} holds the share q. (One of two standard deviations
    holds 86 %, one of one standard deviation 39 %.)

    Parameters
    ----------
    mixture : Mixture or Fit
        Of two features.
    ax : matplotlib Axes, optional
        Default: a new figure.
    mass : float or (M,) array, between 0 and 1
        Shares to draw; each has its own line style, named in the legend.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ParameterError
        Not two features, or a mass that is not between 0 and 1.
    """
    mixture = read_mixture(mixture)
    if mixture.n_features != 2:
        advice = "use bactrian.plot.density" if mixture.n_features == 1 else "draw mixture.marginal([0, 1])"
        raise ParameterError(f"ellipses need two features, but the mixture has {mixture.n_features}; {advice}")
    masses = read_masses(mass)
    ax, ours = open_axes(ax)
    draw_ellipses(ax, mixture, masses)
    number_means(ax, mixture.means, np.flatnonzero(mixture.weights).tolist())
    label_axes(ax, *axis_names(mixture), ours=ours)
    add_legend(ax, beside=ours)
    return ax


def draw_ellipses(ax: Axes, mixture: Mixture, masses: FloatArray) -> None:
    from matplotlib.patches import Polygon

    held = np.flatnonzero(mixture.weights).tolist()
    for i, q in enumerate(masses[::-1]):
        outlines = ellipse_points(mixture, float(q))
        for k in held:
            edge: dict[str, Any] = {
                "edgecolor": style.colour(k, ax),
                "linestyle": style.line(i),
                "linewidth": 1.8,
            }
            ax.add_patch(Polygon(outlines[k], closed=True, fill=False, zorder=4, **edge))
        label = f"ellipse holds {style.percent(q)} of its component"
        ax.plot([], [], color=style.grey(ax), linestyle=style.line(i), linewidth=1.8, label=label)
    ax.autoscale_view()


def ellipse_points(mixture: Mixture, q: float) -> FloatArray:
    """(K, C, 2) corners of the ellipses that hold the share q: the unit circle, coloured and shifted."""
    angle = np.linspace(0, 2 * np.pi, CORNERS)
    circle = np.sqrt(-2 * np.log1p(-q)) * np.stack([np.cos(angle), np.sin(angle)])
    lower = np.linalg.cholesky(mixture.parameters.covariance.dense())
    return np.asarray(mixture.means[:, None, :] + np.einsum("kde,ec->kcd", lower, circle))
