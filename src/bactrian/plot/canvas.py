"""What is drawn on: the one door to matplotlib, new Axes, axis labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bactrian.errors import MissingDependencyError, ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (7.8, 4.6)
BESIDE = "beside the axes"


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
    return drawn_on, ax is None


def label_axes(ax: Axes, x: str, y: str) -> None:
    """Name the axes. With large offsets, ticks count from a stated number ("+1e8") rather than repeat it."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)


def add_legend(ax: Axes, beside: bool) -> None:
    """A legend of all that is labelled on these Axes so far: pictures drawn over each other share one.

    It stands beside the Axes where there is room for it, which is on a figure of our own; it stays there.
    """
    if not ax.get_legend_handles_labels()[0]:
        return
    before = ax.get_legend()
    if beside or (before is not None and before.get_gid() == BESIDE):
        ax.legend(fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)).set_gid(BESIDE)
    else:
        ax.legend(fontsize="small", framealpha=0.85, loc="best")
