"""The picture that fits the number of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bactrian.errors import ParameterError
from bactrian.plot.density import density
from bactrian.plot.ellipses import ellipses
from bactrian.plot.inputs import Drawable, read_mixture
from bactrian.plot.legends import add_legend
from bactrian.plot.pairs import pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def mixture(mixture: Drawable, data: Any = None, ax: Axes | None = None, *, sample_weight: Any = None) -> Axes | Any:
    """Draw a mixture, over the data if there is any.

    One feature: density, components and histogram. Two: densest regions, components and rows. More: a grid of
    all pairs, on a figure of its own.

    Parameters
    ----------
    mixture : Mixture or Fit
    data : (N, D) array or frame, or (N,) for one feature, optional
    ax : matplotlib Axes, optional
        For one or two features. Default: a new figure.
    sample_weight : (N,) array, optional

    Returns
    -------
    matplotlib Axes, or for P > 2 features a (P, P) array of them

    Raises
    ------
    ParameterError
        ``ax`` given for more than two features.
    DataError
        Rows that do not have the mixture's features, or cannot be used.
    """
    n_features = read_mixture(mixture).n_features
    if n_features > 2:
        if ax is not None:
            raise ParameterError(
                f"{n_features} features need a grid of panels, which has a figure of its own; leave "
                "ax out, or draw two of the features, as in mixture.marginal([0, 1])"
            )
        return pairs(mixture, data, sample_weight=sample_weight)
    ax = density(mixture, data, ax, sample_weight=sample_weight)
    if n_features == 2:
        ellipses(mixture, ax, mass=0.95)
        add_legend(ax, beside=False, above=True)
    return ax
