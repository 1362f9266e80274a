"""Weights under which one row is all that there is."""

from __future__ import annotations

from bactrian.counted import counted
from bactrian.sources.source import Source

LEAST = 1e-12  # of the weight: less is lost in rounding
MOST = 1e-3  # of the weight: more counts, however large tol is


def outweighed(source: Source, tol: float) -> str | None:
    """Why a fit that ends where ``tol`` nats per row are left says nothing of any row but one; None if it does.

    Where the other rows have a smaller share of the weight than ``tol``, a nat more or less for each of them is none
    that EM looks at; the families of equal volume shrink around that row without a limit that their floor would show.
    """
    others = (source.total - source.heaviest) / source.total
    if source.n_rows == 1 or others >= max(min(tol, MOST), LEAST):
        return None
    rest = counted(source.n_rows - 1, "other")
    return (
        f"one row holds all the weight but {others:.2g} of it, which is the share of {rest} and less than tol ({tol:g} "
        "nats per row) asks EM to look at: the fit says nothing of them; give that row less weight, or leave it out"
    )
