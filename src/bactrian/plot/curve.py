"""One feature: the density and its weighted components over a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.grids import grid
from bactrian.plot.inputs import Points, standard_deviations
from bactrian.plot.noise import entry, shares
from bactrian.plot.numbering import number_means
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TAIL = 5e-4
MOST_PLACES = 4000
MOST_BINS = 200


def curve(
    ax: Axes, mixture: Mixture, points: Points | None, bins: Any = None, noise: Noise | None = None, panel: bool = False
) -> None:
    """Draw a mixture of one feature; with points, their histogram as a density (total area 1) below it.

    In a ``panel`` of many features the height of the noise is not known, and components are not numbered.
    """
    if points is not None:
        _histogram(ax, points, bins)
    x = _places(mixture, points)
    weights = shares(mixture, noise)
    total = weights.sum() * mixture.pdf(x)
    if mixture.n_components > 1:
        _components(ax, mixture, x, mixture.responsibilities(x.reshape(-1, 1)) * total[:, None], weights, panel)
    label = "mixture"
    if noise is not None:
        label += ", noise apart" if panel else " and noise"
        total = total + (0.0 if panel else np.exp(np.log(noise.weight) + noise.log_density))
        _level(ax, x, noise, panel)
    (whole,) = ax.plot(x, total, color=style.ink(ax), linewidth=2.6, zorder=2, label=label)
    whole.sticky_edges.y.append(0.0)


def _components(ax: Axes, mixture: Mixture, x: FloatArray, parts: FloatArray, weights: FloatArray, panel: bool) -> None:
    held = np.flatnonzero(mixture.weights).tolist()
    for k in held:
        look: dict[str, Any] = {
            "color": style.colour(k, ax),
            "linestyle": style.line(k),
            "linewidth": 1.4,
            "zorder": 2.2,
        }
        ax.plot(x, parts[:, k], label=style.component_label(k, weights), **look)
    if style.together(weights):
        ax.plot([], [], color=style.grey(ax), linewidth=1.4, label=style.together(weights))
        if not panel:
            number_means(ax, np.stack([x[parts.argmax(axis=0)], parts.max(axis=0)], axis=1), held, "small")


def _level(ax: Axes, x: FloatArray, noise: Noise, panel: bool) -> None:
    """The noise is spread evenly."""
    if panel:
        entry(ax, noise)
        return
    height = np.exp(np.log(noise.weight) + noise.log_density)
    ax.plot(x[[0, -1]], [height, height], color=style.CROSSES, linestyle=style.line(2), linewidth=1.6, zorder=2.5)
    entry(ax, noise, style.line(2))


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
