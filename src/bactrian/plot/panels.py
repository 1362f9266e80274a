"""A grid of panels: common limits, labels on the outside, one legend."""

from __future__ import annotations

from typing import Any

import numpy as np


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
    n = len(axes)
    for row in range(n):
        for column in range(n):
            ax = axes[row, column]
            ax.tick_params(labelsize="x-small", labelbottom=row == n - 1, labelleft=column == 0 != row)
            ax.xaxis.offsetText.set(size="x-small", visible=row == n - 1)
            ax.yaxis.offsetText.set(size="x-small", visible=column == 0 != row)
            if row == column:
                ax.set_yticks([])
        axes[row, 0].set_ylabel(names[row])
        axes[n - 1, row].set_xlabel(names[row])


def figure_legend(figure: Any, axes: Any) -> None:
    """One legend for all panels: what is below the diagonal, then what is above."""
    found: dict[str, Any] = {}
    for panel in (axes[0, 0], axes[1, 0], axes[0, 1]):
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            # components are lines on the diagonal and markers above it; the markers show more
            found.pop(label, None)
            found[label] = handle
    figure.legend(found.values(), found.keys(), loc="outside upper center", ncols=3, fontsize="small")
