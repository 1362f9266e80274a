"""One feature: the density and its weighted components over a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.grids import grid
from bactrian.plot.inputs import Points, standard_deviations
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TAIL = 5e-4
MOST_PLACES = 4000
MOST_BINS = 200


def curve(ax: Axes, mixture: Mixture, points: Points | None, bins: Any = None) -> None:
    """Draw a mixture of one feature; with points, their histogram as a density (total area 1) below it."""
    if points is not None:
        _histogram(ax, points, bins)
    x = _places(mixture, points)
    total = mixture.pdf(x)
    if mixture.n_components > 1:
        parts = mixture.responsibilities(x.reshape(-1, 1)) * total[:, None]
        for k in np.flatnonzero(mixture.weights).tolist():
            label = style.component_label(k, mixture.weights)
            ax.plot(x, parts[:, k], color=style.colour(k), linestyle=style.line(k), linewidth=1.4, label=label)
    (whole,) = ax.plot(x, total, color=style.INK, linewidth=2, label="mixture")
    whole.sticky_edges.y.append(0.0)


def _places(mixture: Mixture, points: Points | None) -> FloatArray:
    low, high = mixture.quantile([TAIL, 1 - TAIL])
    if points is not None:
        low, high = min(low, points.values.min()), max(high, points.values.max())
    return grid(mixture.means[:, 0], standard_deviations(mixture)[:, 0], low, high, MOST_PLACES)


def _histogram(ax: Axes, points: Points, bins: Any) -> None:
    x = points.values[:, 0]
    heights, edges = np.histogram(x, _bins(x) if bins is None else bins, weights=points.weight, density=True)
    counted = f"{len(x):,} rows" + ("" if points.weight is None else ", weighted")
    ax.stairs(heights, edges, fill=True, color=style.ROWS, alpha=0.4, label=counted)


def _bins(x: FloatArray) -> int:
    """Freedman and Diaconis' (1981) rule, but 10 to 200 bins: outliers must not ask for millions."""
    quarter, three = np.quantile(x, [0.25, 0.75])
    width = 2 * (three - quarter) / len(x) ** (1 / 3)
    wanted = (x.max() - x.min()) / width if width > 0 else 0.0
    return int(np.clip(np.ceil(wanted), 10, MOST_BINS))
