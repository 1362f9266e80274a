"""What is drawn on: the one door to matplotlib, new Axes, axis labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bactrian.errors import MissingDependencyError, ParameterError
from bactrian.plot.folding import folded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (7.8, 4.6)
# of new Axes, a legend beside them takes a third and more of the width
LEFT = 0.6


def pyplot() -> Any:
    """``matplotlib.pyplot``, or a sentence that says how to get it."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise MissingDependencyError(
            'pictures need matplotlib, which is not installed; run pip install "bactrian[plot]"'
        ) from error
    return pyplot


def open_axes(ax: Axes | None) -> tuple[Axes, bool]:
    """The Axes given, or those of a new figure that notebooks show, as pyplot knows it; and whether new."""
    plt = pyplot()
    from matplotlib.axes import Axes

    drawn_on = plt.subplots(figsize=SIZE, layout="constrained")[1] if ax is None else ax
    if not isinstance(drawn_on, Axes):
        raise ParameterError(
            f"ax should be one matplotlib Axes, but got {type(ax).__name__}; pick one, as in axes[0, 0]"
        )
    if drawn_on.name in ("3d", "polar"):
        raise ParameterError(f"pictures are flat, but ax is {drawn_on.name}; give Axes of plt.subplots()")
    return drawn_on, ax is None


def points(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes, in points: before a layout, if the figure has one, makes room for labels."""
    scale = 72 / ax.figure.dpi
    return ax.bbox.width * scale, ax.bbox.height * scale


def settle(ax: Axes) -> None:
    """Let the limits follow what was drawn, for which matplotlib waits until it is asked for them."""
    ax.get_xlim()
    ax.get_ylim()


def label_axes(ax: Axes, x: str, y: str, *, ours: bool = False) -> None:
    """Name the axes, in lines that fit. With large offsets, ticks count from a stated number ("+1e8")."""
    width, height = points(ax)
    for axis, name, room in ((ax.xaxis, x, LEFT * width if ours else width), (ax.yaxis, y, height)):
        axis.set_label_text(folded(name, room, float(axis.label.get_fontsize())))
