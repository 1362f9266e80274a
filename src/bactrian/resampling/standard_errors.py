"""StandardErrors: how far each number of a fit can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import numpy as np

from bactrian.resampling.numbers import Numbers, Replicates
from bactrian.typing import FloatArray

SHOWN = 40  # lines of the table
HEADER = ("", "estimate", "std. error", "low", "high")

Line = tuple[str, float, float, float, float]


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """Standard errors and intervals of weights, means and covariances.

    Attributes
    ----------
    method : str
    level : float
        Probability that the intervals are made for, each by itself.
    estimate, error, low, high : Numbers
        The fit's numbers, their standard errors and the ends of their intervals: each has ``.weights`` (K,), ``.means``
        (K, D), ``.covariances`` (K, D, D) and ``.noise``.
    n_resamples : int
        Resamples that were fitted; 0 for ``"information"``.
    n_collapsed : int
        Of these, the ones in which a component collapsed. They are left out.
    replicates : Replicates or None
        The mixtures of the other resamples.
    """

    method: str
    level: float
    estimate: Numbers
    error: Numbers
    low: Numbers
    high: Numbers
    n_resamples: int = 0
    n_collapsed: int = 0
    replicates: Replicates | None = field(default=None, repr=False)
    feature_names: tuple[str, ...] | None = None
    tied: bool = False

    @property
    def weights(self) -> FloatArray:
        """(K,) standard errors."""
        return self.error.weights

    @property
    def means(self) -> FloatArray:
        """(K, D) standard errors."""
        return self.error.means

    @property
    def covariances(self) -> FloatArray:
        """(K, D, D) standard errors; 0 where the family allows nothing but 0."""
        return self.error.covariances

    def as_dict(self) -> dict[str, list[object]]:
        """Columns by name, ready for a data frame: one line for each different number."""
        lines = list(self._lines())
        keys = ("name", "estimate", "standard_error", "low", "high")
        return {key: [line[i] for line in lines] for i, key in enumerate(keys)}

    def summary(self) -> str:
        """One sentence on what was done."""
        kind = "normal" if self.method in ("information", "jackknife") else "percentile"
        if self.method == "information":
            how = "by the observed information"
        else:
            gone = f", {self.n_collapsed} of them collapsed and left out" if self.n_collapsed else ""
            how = f"by method={self.method!r} from {self.n_resamples} resamples{gone}"
        return f"standard errors {how}; {100 * self.level:g} % {kind} intervals"

    def __repr__(self) -> str:
        lines = [HEADER, *self._cells()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
        text = [
            "  "
            + "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))])
            for line in lines
        ]
        return "\n".join([self.summary(), *(line.rstrip() for line in text), *self._rest()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{c}</th>" for c in HEADER)
        body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>" for cells in self._cells())
        rest = "".join(f"<p>{line.strip()}</p>" for line in self._rest())
        return f"<p>{escape(self.summary())}</p><table><tr>{head}</tr>{body}</table>{rest}"

    def _cells(self) -> list[tuple[str, ...]]:
        shown = [line for line, _ in zip(self._lines(), range(SHOWN), strict=False)]
        return [(name, *(f"{value:.4g}" for value in values)) for name, *values in shown]

    def _rest(self) -> list[str]:
        hidden = sum(1 for _ in self._lines()) - SHOWN
        return [f"  ... and {hidden} more; see .as_dict()"] if hidden > 0 else []

    def _lines(self) -> Iterator[Line]:
        parts = (self.estimate, self.error, self.low, self.high)
        k_all, d_all = self.estimate.means.shape
        names = self.feature_names or tuple(f"x{d}" for d in range(d_all))
        for k in range(k_all):
            yield (f"weight {k}", *(float(p.weights[k]) for p in parts))  # type: ignore[misc]
        if self.estimate.noise is not None:
            yield ("weight of noise", *(float(p.noise or 0.0) for p in parts))  # type: ignore[misc]
        for k, d in np.ndindex(k_all, d_all):
            yield (f"mean {k}, {names[d]}", *(float(p.means[k, d]) for p in parts))  # type: ignore[misc]
        for k, d, e in np.ndindex(1 if self.tied else k_all, d_all, d_all):
            if e >= d and (d == e or self.estimate.covariances[k, d, e] or self.error.covariances[k, d, e]):
                what = (
                    f"variance {'' if self.tied else f'{k}, '}{names[d]}"
                    if d == e
                    else (f"covariance {'' if self.tied else f'{k}, '}{names[d]} and {names[e]}")
                )
                yield (what, *(float(p.covariances[k, d, e]) for p in parts))  # type: ignore[misc]
