"""Legends, where they cover nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.plot.canvas import points
from bactrian.plot.folding import width
from bactrian.plot.room import free_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BESIDE = "beside the axes"
SIZE, SMALLEST = 8.0, 5.5
# Axes narrower than this, in points, get smaller letters
WIDE = 380.0
# what stands before the text of an entry, and between columns, in units of the size of the font
KEY = 5.0
# between the legend and the frame, in the same units
PAD = 0.6
# no legend shrinks the picture by more
MOST = 0.6


def add_legend(ax: Axes, beside: bool, above: bool = False) -> None:
    """A legend of all that is labelled on these Axes so far: pictures drawn over each other share one.

    It stands beside the Axes where there is room for it, which is on a figure of our own; it stays there. In Axes that
    are given it stands where nothing is drawn. If there is no such place it stands ``above`` the picture, whose
    vertical axis then ends so much higher, or where it covers least.
    """
    entries: dict[str, Any] = {}
    for key, label in zip(*ax.get_legend_handles_labels(), strict=True):
        entries.setdefault(label, key)
    if not entries:
        return
    before = ax.get_legend()
    if beside or (before is not None and before.get_gid() == BESIDE):
        look: dict[str, Any] = {"frameon": False, "fontsize": SIZE, "bbox_to_anchor": (1.0, 1.0)}
        legend = ax.legend(entries.values(), entries.keys(), loc="upper left", **look)
        legend.set_gid(BESIDE)
        shrink_keys(legend, SIZE)
    else:
        _inside(ax, entries, above and ax.get_autoscaley_on() and ax.get_yscale() == "linear")


def _inside(ax: Axes, entries: dict[str, Any], above: bool) -> None:
    """Where nothing is drawn, in letters as large as may be there; else above, or where least is."""
    for size in (SIZE, letters(ax)):
        legend = _draw(ax, entries, size)
        box, pad = legend.get_window_extent(), PAD * size * ax.figure.dpi / 72
        place = free_place(ax, box.width, box.height, pad)
        if place is not None:
            _draw(ax, entries, size, loc=place)
            return
    if above:
        _draw(ax, entries, letters(ax), loc="upper center", ncols=columns(entries, points(ax)[0], letters(ax)))
        make_room(ax)
    else:
        _draw(ax, entries, letters(ax), loc="best")


def _draw(ax: Axes, entries: dict[str, Any], size: float, **where: Any) -> Any:
    look: dict[str, Any] = {
        "framealpha": 0.75,
        "columnspacing": 1.2,
        "borderaxespad": PAD,
        "loc": "upper right",
        **where,
    }
    legend = ax.legend(entries.values(), entries.keys(), fontsize=size, **look)
    shrink_keys(legend, size)
    return legend


def letters(ax: Axes) -> float:
    """The size of the font, in points: smaller in small Axes."""
    return float(np.clip(SIZE * points(ax)[0] / WIDE, SMALLEST, SIZE))


def columns(labels: Iterable[str], room: float, size: float) -> int:
    """How many columns of entries fit into so many points, and no more than make the legend lower."""
    widths = [KEY * size + max(width(line, size) for line in label.split("\n")) for label in labels]
    for rows in range(1, len(widths)):
        n = -(-len(widths) // rows)
        if sum(max(column) for column in np.array_split(widths, n)) <= room:  # as matplotlib splits them
            return n
    return 1


def shrink_keys(legend: Any, size: float) -> None:
    """Markers no larger than letters: a ring about the best would cover the entries above and below."""
    for key in legend.legend_handles:
        if hasattr(key, "set_markersize"):
            key.set_markersize(min(key.get_markersize(), size))


def make_room(ax: Axes) -> None:
    """Raise the upper end of the vertical axis until all is below the legend; more drawn later lowers it again."""
    legend: Any = ax.get_legend()
    share = min(legend.get_window_extent().height / ax.bbox.height + 0.04, MOST)
    low, high = ax.get_ylim()
    ax.set_ylim(low, low + (high - low) / (1 - share), auto=None)
