"""Colours, markers and line styles: each tells components apart by itself.

The colours are those of Okabe and Ito (2008, "Color Universal Design"), which the colour-blind can tell
apart, in an order in which neighbours also differ in lightness, so that they survive a grey printer. Yellow
is left out: it vanishes on white. The numbers of colours and markers, and of colours and line styles, share
no divisor, so that pairs of them do not soon repeat.

What is black on white paper is light on dark: ask ``ink`` and ``grey`` for it, which look at the Axes.
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
NOISE = "x"
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))

INK, INK_ON_DARK = "#1A1A1A", "#EDEDED"
GREY_ON_DARK = "#B3B3B3"
ROWS, CROSSES = "#8C8C8C", "#7A7A7A"
SHADES = "Blues"

# more components than this get one legend entry together, and numbers in the picture
MOST_NAMED = 10


def is_dark(ax: Axes) -> bool:
    """Whether one draws on a dark ground, as in matplotlib's style "dark_background"."""
    from matplotlib.colors import to_rgba

    whole: Any = ax.figure.figure  # of a subfigure, which has no ground of its own
    seen = np.ones(3)  # what is transparent ends on white
    for ground in (whole.get_facecolor(), ax.get_facecolor()):
        *rgb, opacity = to_rgba(ground)
        seen = opacity * np.array(rgb) + (1 - opacity) * seen
    return bool(seen @ [0.299, 0.587, 0.114] < 0.5)


def ink(ax: Axes) -> str:
    return INK_ON_DARK if is_dark(ax) else INK


def grey(ax: Axes) -> str:
    return GREY_ON_DARK if is_dark(ax) else GREY


def colour(k: int, ax: Axes | None = None) -> str:
    """Of component k; on these Axes where given: dark grey does not show on a dark ground."""
    found = COLOURS[k % len(COLOURS)]
    return grey(ax) if found == GREY and ax is not None else found


def marker(k: int) -> str:
    return MARKERS[k % len(MARKERS)]


def line(k: int) -> Any:
    return LINES[k % len(LINES)]


def shades(n: int, dark: bool = False) -> list[Any]:
    """n fills, from those next to the ground inwards: none so dark, or so light, that points on it disappear."""
    from matplotlib import colormaps

    outer, inner, single = (1.0, 0.6, 0.85) if dark else (0.12, 0.62, 0.3)
    return [colormaps[SHADES](v) for v in (np.linspace(outer, inner, n) if n > 1 else [single])]


def percent(share: float) -> str:
    return f"{100 * share:.6g} %"


def component_label(k: int, weights: FloatArray) -> str | None:
    """Legend entry of component k; None where too many components would flood the legend: see ``together``."""
    return None if len(weights) > MOST_NAMED else f"component {k} (weight {weights[k]:.2g})"


def together(weights: FloatArray) -> str | None:
    """Legend entry of all components, where each has none of its own."""
    return f"{len(weights)} components, numbered" if len(weights) > MOST_NAMED else None
