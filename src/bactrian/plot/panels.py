"""A grid of panels: common limits, labels on the outside, one legend."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.plot.folding import folded
from bactrian.plot.legends import SIZE, columns, shrink_keys

# the length of a panel's side that is sure to be there, in points, and letters of names that are longer
ROOM, SMALLER = 118.0, 0.85
MOST_COLUMNS = 4
# the height of a line of the legend, in units of the size of the font
LINE = 1.6


def share_limits(axes: Any) -> None:
    """A feature has the same limits wherever it stands; a diagonal's height is its own."""
    n = len(axes)
    for d in range(n):
        others = [i for i in range(n) if i != d]
        limits = np.array([axes[i, d].get_xlim() for i in range(n)] + [axes[d, i].get_ylim() for i in others])
        low, high = limits[:, 0].min(), limits[:, 1].max()
        for i in range(n):
            axes[i, d].set_xlim(low, high)
        for i in others:
            axes[d, i].set_ylim(low, high)


def label_outside(axes: Any, names: list[str]) -> None:
    """Names stand outside, in lines that are no longer than a panel is wide; few ticks, whose numbers do not touch."""
    n = len(axes)
    size = axes[0, 0].xaxis.label.get_size()
    lines = [folded(name, ROOM, size) for name in names]
    if any(name != line for name, line in zip(names, lines, strict=True)):
        size *= SMALLER
        lines = [folded(name, ROOM, size) for name in names]
    for row in range(n):
        for column in range(n):
            ax = axes[row, column]
            ax.locator_params(nbins=5)
            ax.tick_params(labelsize="x-small", labelbottom=row == n - 1, labelleft=column == 0 != row)
            ax.xaxis.offsetText.set(size="x-small", visible=row == n - 1)
            ax.yaxis.offsetText.set(size="x-small", visible=column == 0 != row)
            if row == column:
                ax.set_yticks([])
        axes[row, 0].set_ylabel(lines[row], size=size)
        axes[n - 1, row].set_xlabel(lines[row], size=size)


def figure_legend(figure: Any, axes: Any, title: str | None = None) -> None:
    """One legend for all panels: what is below the diagonal, then what is above."""
    found: dict[str, Any] = {}
    for panel in (axes[0, 0], axes[1, 0], axes[0, 1]):
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            # components are lines on the diagonal and markers above it; the markers show more
            found.pop(label, None)
            found[label] = handle
    ncols = min(columns(found, 72 * figure.get_figwidth(), SIZE), MOST_COLUMNS)
    # each line of it makes the figure higher, not the panels lower
    figure.set_figheight(figure.get_figheight() + LINE * SIZE / 72 * -(-len(found) // ncols))
    look: dict[str, Any] = {"ncols": ncols, "fontsize": SIZE, "frameon": False, "title": title, "columnspacing": 1.2}
    shrink_keys(figure.legend(found.values(), found.keys(), loc="outside upper center", **look), SIZE)
