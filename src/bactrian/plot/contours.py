"""Two features: the densest regions that hold stated masses, and the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.kernels import Noise
from bactrian.mixture import Mixture
from bactrian.plot import style
from bactrian.plot.grids import grid
from bactrian.plot.inputs import Points, standard_deviations
from bactrian.plot.noise import crosses, entry
from bactrian.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# standard deviations about the means within which the regions are looked for
REACH = 5.0


def contours(
    ax: Axes, mixture: Mixture, masses: FloatArray, noise: Noise | None = None, most: int = 400, draws: int = 100_000
) -> None:
    """Fill {x : p(x) >= c} for the c that hold the masses (rising), in shades that darken inwards.

    Everything is done with log-densities: they cannot underflow, and between grid points the logarithm of a
    Gaussian is closer to the straight line contours assume.
    """
    levels = mixture.density_level(masses[::-1], n=draws, log=True)
    x, y, height = _surface(mixture, float(levels[0]), most)
    top = max(float(height.max()), float(levels[-1])) + 1
    dark = style.is_dark(ax)
    fills, edge, counted = style.shades(len(masses), dark), style.SKY if dark else style.BLUE, "of the mass"
    regions = ax.contourf(x, y, height, levels=[*levels, top], colors=fills, zorder=1)
    outlines = ax.contour(x, y, height, levels=levels, colors=[edge], linestyles="solid", linewidths=0.7, zorder=3)
    for drawn in (regions, outlines):
        # they would end at the frame, and ellipses and rows with them
        drawn.sticky_edges.x.clear()
        drawn.sticky_edges.y.clear()
    ax.autoscale_view(tight=False)
    if noise is not None:
        entry(ax, noise)
        counted += ", noise apart"
    for fill, mass in zip(fills, masses[::-1], strict=True):
        swatch: dict[str, Any] = {
            "marker": "s",
            "markersize": 9,
            "markeredgecolor": edge,
            "markeredgewidth": 0.7,
        }
        ax.plot([], [], linestyle="none", color=fill, label=f"densest {style.percent(mass)} {counted}", **swatch)


def scatter(ax: Axes, shown: Points, label: str, apart: Any = None) -> None:
    """The rows as dots, smaller and paler the more there are; with weights, of an area in proportion.

    ``apart`` : (N,) booleans or None; which of them are noise.
    """
    n = len(shown.values)
    areas = np.clip(4000 / n, 1.5, 14.0) * (np.ones(n) if shown.weight is None else shown.weight / shown.weight.mean())
    opacity = float(np.clip(8 / np.sqrt(n), 0.06, 0.4))
    ours = np.ones(n, dtype=bool) if apart is None else ~apart
    ink, (x, y) = style.ink(ax), shown.values[ours].T
    ax.scatter(x, y, s=areas[ours], color=ink, alpha=opacity, linewidths=0, zorder=2)
    crosses(ax, shown.values[~ours], float(np.clip(2000 / n, 0.2, 1.0)))
    label += "" if shown.weight is None else ", area by weight"
    ax.plot([], [], ".", color=ink, markersize=4, alpha=0.6, label=label)


def _surface(mixture: Mixture, lowest: float, most: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places along x and y, and the log-density (Y, X) on them, cut to where it reaches ``lowest``."""
    held = mixture.weights > 0
    means, sds = mixture.means[held], standard_deviations(mixture)[held]
    low, high = (means - REACH * sds).min(axis=0), (means + REACH * sds).max(axis=0)
    x, y = (grid(means[:, d], sds[:, d], low[d], high[d], most) for d in (0, 1))
    pairs = np.stack(np.meshgrid(x, y), axis=-1)
    height = np.asarray(mixture.logpdf(pairs.reshape(-1, 2))).reshape(len(y), len(x))
    rows, columns = _around(height.max(axis=1) >= lowest), _around(height.max(axis=0) >= lowest)
    return x[columns], y[rows], height[rows, columns]


def _around(inside: FloatArray) -> slice:
    """From one place before the first that is inside to one behind the last."""
    found = np.flatnonzero(inside)
    return slice(max(found[0] - 1, 0), found[-1] + 2) if found.size else slice(None)
