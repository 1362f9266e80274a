"""Where nothing is drawn yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.plot.canvas import settle
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# a legend's place by matplotlib's name, as shares of the free width and height; the first that is free is taken
PLACES = {
    "upper right": (1.0, 1.0),
    "upper left": (0.0, 1.0),
    "lower right": (1.0, 0.0),
    "lower left": (0.0, 0.0),
    "center right": (1.0, 0.5),
    "center left": (0.0, 0.5),
    "upper center": (0.5, 1.0),
    "lower center": (0.5, 0.0),
}
# pixels between two points that are looked at on a line
STEP = 4.0


def free_place(ax: Axes, width: float, height: float, pad: float) -> str | None:
    """Name of a place for a box of so many pixels, ``pad`` away from the frame and from all that is drawn; or None."""
    frame, points = ax.bbox, drawn(ax)
    room = np.array([width + pad, height + pad])
    free = np.array([frame.width - width - 2 * pad, frame.height - height - 2 * pad])
    if (free < 0).any():
        return None
    for name, share in PLACES.items():
        corner = np.array([frame.x0, frame.y0]) + pad + free * share
        beyond = (points < corner - pad) | (points > corner + room)
        if beyond.any(axis=1).all():
            return name
    return None


def drawn(ax: Axes) -> FloatArray:
    """(M, 2) points, in pixels, of the lines, markers, outlines and texts on these Axes."""
    settle(ax)
    found = [_along(line.get_transform().transform(_rows(line.get_xydata()))) for line in ax.get_lines()]
    found += [_along(patch.get_transform().transform(patch.get_path().vertices)) for patch in ax.patches]
    for group in ax.collections:
        places: Any = np.ma.filled(group.get_offsets(), np.nan)
        if len(places) > 1 or len(group.get_paths()) == 1:
            found.append(group.get_offset_transform().transform(_rows(places)))
        if len(places) <= 1:  # contours, which have no places
            found += [group.get_transform().transform(path.vertices) for path in group.get_paths()]
    found += [_rows(text.get_window_extent().corners()) for text in ax.texts]
    points = np.concatenate([*found, np.empty((0, 2))])
    return np.asarray(points[np.isfinite(points).all(axis=1)])


def _along(corners: FloatArray) -> FloatArray:
    """Points along a line, so close together that none passes through a box unseen."""
    if len(corners) < 2:
        return corners
    steps = np.hypot(*np.diff(corners, axis=0).T)
    n = np.clip(np.nan_to_num(steps / STEP), 1, 1000).astype(np.intp)
    first = np.repeat(np.arange(len(n)), n)
    share = (np.arange(len(first)) - np.repeat(np.cumsum(n) - n, n)) / n[first]
    between = corners[first] + share[:, None] * (corners[first + 1] - corners[first])
    return np.concatenate([between, corners[-1:]])


def _rows(places: Any) -> FloatArray:
    return np.reshape(np.asarray(places, dtype=np.float64), (-1, 2))
