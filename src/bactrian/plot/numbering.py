"""Components' numbers at their means, beside each other where means are close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.plot import style
from bactrian.plot.canvas import settle
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROUNDS = 60
# the room of one digit, in units of the size of the font
WIDTH, HEIGHT = 0.75, 1.1


def number_means(ax: Axes, means: FloatArray, components: list[int], size: Any = "medium") -> None:
    """Write components' numbers at their means, (K, 2), on a halo: they can be read on anything.

    The limits of the Axes should be what they will be: numbers are moved by what they would cover of each other.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import offset_copy

    settle(ax)
    figure: Any = ax.figure
    points = FontProperties(size=size).get_size_in_points()
    places = ax.transData.transform(means[components]) * 72 / figure.dpi
    digits = np.array([len(str(k)) for k in components])
    moved = apart(places, points * np.stack([WIDTH * digits, np.full(len(digits), HEIGHT)], axis=1)) - places
    look: dict[str, Any] = {"size": size, "weight": "bold", "ha": "center", "va": "center", "zorder": 6}
    for k, (right, up) in zip(components, moved, strict=True):
        where = offset_copy(ax.transData, figure, right, up, units="points")
        x, y = means[k]
        text = ax.text(x, y, str(k), transform=where, color=style.ink(ax), clip_on=True, **look)
        text.set(path_effects=[withStroke(linewidth=3, foreground=ax.get_facecolor())])


def apart(centres: FloatArray, sizes: FloatArray) -> FloatArray:
    """(K, 2) centres of boxes of (K, 2) sizes, moved so that they cover each other as little as can be.

    Two boxes that do go half the way each, in the direction in which less is needed; equal ones left and right.
    """
    centres, room = centres.copy(), (sizes[:, None] + sizes) / 2
    order = np.sign(np.arange(len(centres))[:, None] - np.arange(len(centres)))
    for _ in range(ROUNDS):
        between = centres[:, None] - centres
        lack = room - np.abs(between)
        covers = (lack > 1e-6).all(axis=-1) & (order != 0)
        if not covers.any():
            break
        along = np.argmin(lack, axis=-1)[..., None] == np.arange(2)
        way = np.where(between == 0, order[..., None], np.sign(between))
        centres += (0.5 * way * lack * along * covers[..., None]).sum(axis=1)
    return centres
