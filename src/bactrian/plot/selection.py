"""Which number of components and which family: the criterion against K."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian.errors import ParameterError
from bactrian.fit_result import Fit
from bactrian.plot import style
from bactrian.plot.canvas import label_axes, open_axes
from bactrian.plot.legends import add_legend
from bactrian.selection import CRITERIA, Candidate, Candidates
from bactrian.selection.candidate import rank

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# how many times higher than what matters the whole may be, the ends beyond the outermost points, the share of
# candidates that matter, and how much further up others are shown too
PRESSED, MARGIN, SHOWN, LITTLE = 2.5, 0.06, 0.75, 1.3
# room below the best, for the ring about it in small Axes
RING = 0.15


def selection(
    candidates: Fit | Candidates | Sequence[Candidate], criterion: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a criterion against the number of components, one line for each family; the lowest is the best.

    Candidates that collapsed are hollow and not joined: their criterion is not to be trusted. Those without
    any fit are left out. Collapsed ones beyond the range of the others are counted in the legend, and so are
    candidates that are so much worse than the best of every K that nothing could be told apart if they were shown.

    Parameters
    ----------
    candidates : Fit, Candidates or a sequence of Candidate
    criterion : {"bic", "aic", "icl"}, optional
        Default: the one the fit was chosen by; BIC for a plain sequence.
    ax : matplotlib Axes, optional
        Default: a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ParameterError
        No candidate with a finite value, or an unknown criterion.
    """
    table, criterion = _read(candidates, criterion)
    rows = [c for c in table if np.isfinite(getattr(c, criterion))]
    usable = [c for c in rows if c.usable]
    ax, ours = open_axes(ax)
    families = list(dict.fromkeys(c.family for c in rows))
    for i, family in enumerate(families):
        own = [c for c in usable if c.family == family]
        holes = {c.n_components for c in table if c.family == family} - {c.n_components for c in own}
        _line(ax, i, family, own, holes, criterion)
    _mark_best(ax, usable, criterion)
    values = [getattr(c, criterion) for c in usable]
    ends = _ends(usable, values) if ax.get_autoscaley_on() else None
    _hollow(ax, [c for c in rows if not c.usable], families, criterion, ends or (ax.get_ylim() if usable else None))
    ax.xaxis.set_major_locator(_whole_numbers())
    label_axes(ax, "number of components K", f"{criterion.upper()} (lower is better)", ours=ours)
    if ends is not None:
        _cut(ax, values, ends)
    add_legend(ax, beside=ours, above=True)
    return ax


def _ends(usable: Sequence[Candidate], values: Sequence[float]) -> tuple[float, float] | None:
    """Where the picture ends if candidates that are far too high would press all others together; None if it need not.

    The best of every K and three quarters of all candidates are in it, and those that are little worse.
    """
    if not usable:
        return None
    heights, ks = np.array(values), np.array([c.n_components for c in usable])
    low, high = heights.min(), heights.max()
    top = max(np.quantile(heights, SHOWN), *(heights[ks == k].min() for k in np.unique(ks)))
    top = heights[heights <= low + LITTLE * (top - low)].max()
    span = top - low
    return (low - RING * span, top + MARGIN * span) if 0 < PRESSED * span < high - low else None


def _cut(ax: Axes, values: Sequence[float], ends: tuple[float, float]) -> None:
    """End the picture there, and the lines too: a legend may stand above."""
    from matplotlib.patches import Rectangle

    frame = Rectangle((0.0, ends[0]), 1.0, ends[1] - ends[0], transform=ax.get_yaxis_transform())
    for line in ax.get_lines():
        line.set_clip_path(frame)
    ax.plot([], [], linestyle="none", label=f"{sum(v > ends[1] for v in values)} of {len(values)} above the picture")
    ax.set_ylim(*ends, auto=None)


def _whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True, min_n_ticks=1)


def _read(candidates: Any, criterion: str | None) -> tuple[list[Candidate], str]:
    """All candidates, of which one at least can be drawn, and the criterion that is drawn."""
    table = candidates.candidates if isinstance(candidates, Fit) else candidates
    if not isinstance(table, Sequence) or not all(isinstance(c, Candidate) for c in table):
        raise ParameterError(f"a Fit or its candidates can be drawn, but got {type(candidates).__name__}")
    chosen = criterion or getattr(table, "criterion", "bic")
    if chosen not in CRITERIA:
        raise ParameterError(f"criterion should be one of {', '.join(CRITERIA)}, but got {chosen!r}")
    if not any(np.isfinite(getattr(c, chosen)) for c in table):
        raise ParameterError(f"none of the {len(table)} candidates has a {chosen.upper()} that could be drawn")
    return list(table), chosen


def _line(ax: Axes, i: int, family: str, own: list[Candidate], holes: set[int], criterion: str) -> None:
    """One family over K, broken at the ``holes``: the K in between that have no usable fit."""
    found = {c.n_components: getattr(c, criterion) for c in own}
    tried = sorted({c.n_components for c in own} | holes)
    ks = [k for k in tried if own and min(found) <= k <= max(found)]
    ax.plot(
        ks, [found.get(k, np.nan) for k in ks], color=style.colour(i, ax), linestyle=style.line(i),
        marker=style.marker(i), markersize=5, linewidth=1.4, label=family,
    )  # fmt: skip


def _mark_best(ax: Axes, usable: Sequence[Candidate], criterion: str) -> None:
    if not usable:
        return
    best = min(usable, key=lambda c: rank(c, criterion))
    ring: dict[str, Any] = {
        "markersize": 15,
        "markerfacecolor": "none",
        "markeredgecolor": style.ink(ax),
        "markeredgewidth": 1.8,
    }
    label = f"best: {best.family}, K = {best.n_components}"
    ax.plot(best.n_components, getattr(best, criterion), "o", label=label, zorder=5, **ring)


def _hollow(
    ax: Axes, collapsed: Sequence[Candidate], families: list[str], criterion: str, ends: tuple[float, float] | None
) -> None:
    """Collapsed candidates, which must not stretch the axis: their values can be anything."""
    if not collapsed:
        return
    low, high = ends or (-np.inf, np.inf)
    inside = [c for c in collapsed if low <= getattr(c, criterion) <= high]
    for c in inside:
        i = families.index(c.family)
        edge: dict[str, Any] = {
            "markerfacecolor": ax.get_facecolor(),
            "markeredgecolor": style.colour(i, ax),
            "zorder": 4,
        }
        ax.plot(c.n_components, getattr(c, criterion), marker=style.marker(i), linestyle="none", **edge)
    beyond = len(collapsed) - len(inside)
    label = "collapsed" + (f" ({beyond} of {len(collapsed)} off the axis)" if beyond else "")
    key: dict[str, Any] = {
        "marker": "o",
        "linestyle": "none",
        "markerfacecolor": ax.get_facecolor(),
        "markeredgecolor": style.grey(ax),
    }
    ax.plot([], [], label=label, **key)
