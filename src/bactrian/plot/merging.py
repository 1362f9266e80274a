"""How many clusters to combine components into: the entropy against the row weight joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bactrian.errors import ParameterError
from bactrian.operations.merging import Merging
from bactrian.plot import style
from bactrian.plot.canvas import label_axes, open_axes, points
from bactrian.plot.legends import add_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# points that a number takes beside the first or the last place; no more than this share of the axis
ROOM, MOST = 26.0, 0.25


def merging(merging: Merging, ax: Axes | None = None) -> Axes:
    """Draw the entropy of the memberships from one cluster to K, each point with its number of clusters.

    The steeper the line, the less can the rows tell apart the two clusters that are joined there (Baudry et al.
    2010). The suggested number is ringed; two lines that fit the entropy best meet at its elbow, which they look for.

    Parameters
    ----------
    merging : Merging
    ax : matplotlib Axes, optional
        Default: a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ParameterError
        Not a Merging.
    """
    if not isinstance(merging, Merging):
        raise ParameterError(f"what mixture.merge(data) returns can be drawn, but got {type(merging).__name__}")
    ax, ours = open_axes(ax)
    x, y = merging.joined, merging.entropies
    ax.plot(x, y, "-o", color=style.BLUE, markersize=5, linewidth=1.4, label="n clusters")
    for n in _numbered(merging.n_components):
        _number(ax, n, (x[n - 1], y[n - 1]))
    _mark(ax, merging)
    ax.margins(*(min(ROOM / length, MOST) for length in points(ax)))
    label_axes(ax, "rows joined on the way to one cluster", "entropy of the memberships, nats", ours=ours)
    add_legend(ax, beside=ours, above=True)
    return ax


def _number(ax: Axes, n: int, place: tuple[float, float]) -> None:
    """Above and left of its point, where no line comes: the entropy rises ever more steeply."""
    from matplotlib.patheffects import withStroke

    text = ax.annotate(str(n), place, xytext=(-7, 7), textcoords="offset points", ha="right", zorder=6)
    text.set(color=style.ink(ax), path_effects=[withStroke(linewidth=2.5, foreground=ax.get_facecolor())])


def _numbered(k: int) -> list[int]:
    """The first clusters, then every so many, so that numbers do not cover each other."""
    return [n for n in range(1, k + 1) if n <= style.MOST_NAMED or n == k]


def _mark(ax: Axes, merging: Merging) -> None:
    n = merging.suggested
    ax.plot(
        merging.joined[n - 1], merging.entropies[n - 1], "o", markersize=15, markerfacecolor="none", zorder=5,
        markeredgecolor=style.ink(ax), markeredgewidth=1.8, label=f"suggested: {n}",
    )  # fmt: skip
    lines = merging.elbow
    if lines is not None:
        ax.plot(*lines.T, color=style.ORANGE, linestyle=style.line(1), label="two lines, least squares")
