"""Colours, markers and line styles: each tells components apart by itself.

The colours are those of Okabe and Ito (2008, "Color Universal Design"), which the colour-blind can tell
apart, in an order in which neighbours also differ in lightness, so that they survive a grey printer. Yellow
is left out: it vanishes on white. The numbers of colours and markers, and of colours and line styles, share
no divisor, so that pairs of them do not soon repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, SKY, VERMILLION, GREY, PURPLE = (
    "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#4D4D4D", "#CC79A7",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, SKY, VERMILLION, GREY, PURPLE)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))

INK = "#1A1A1A"
ROWS = "#8C8C8C"
SHADES = "Blues"

# more components than this get one legend entry together
MOST_NAMED = 10


def colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def marker(k: int) -> str:
    return MARKERS[k % len(MARKERS)]


def line(k: int) -> Any:
    return LINES[k % len(LINES)]


def shades(n: int) -> list[Any]:
    """n fills from light to dark, none so dark that points on it disappear."""
    from matplotlib import colormaps

    return [colormaps[SHADES](v) for v in np.linspace(0.12, 0.62, n)] if n > 1 else [colormaps[SHADES](0.3)]


def percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def component_label(k: int, weights: FloatArray) -> str | None:
    """Legend entry of component k; None where too many components would flood the legend."""
    if len(weights) > MOST_NAMED:
        return f"{len(weights)} components" if k == 0 else None
    return f"component {k} (weight {weights[k]:.2g})"


def number_means(ax: Axes, means: FloatArray, components: list[int], size: str = "medium") -> None:
    """Write components' numbers at their means, (K, 2), on a white halo: they can be read on anything."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    for k in components:
        x, y = means[k]
        text = ax.text(x, y, str(k), size=size, color=INK, weight="bold", ha="center", va="center", zorder=6)
        text.set(path_effects=halo, clip_on=True)
