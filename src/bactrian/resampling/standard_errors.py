"""StandardErrors: how far each number of a fit can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import islice

from bactrian.resampling import table
from bactrian.resampling.numbers import Numbers, Replicates
from bactrian.typing import FloatArray

SHOWN = 40  # lines of the table
HEADER = ("", "estimate", "std. error", "low", "high")


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
        return "\n".join([self.summary(), *table.as_text(HEADER, self._cells()), *self._rest()])

    def _repr_html_(self) -> str:
        rest = "".join(f"<p>{line.strip()}</p>" for line in self._rest())
        return f"<p>{escape(self.summary())}</p>{table.as_html(HEADER, self._cells())}{rest}"

    def _cells(self) -> list[list[str]]:
        return [[name, *(f"{value:.4g}" for value in values)] for name, *values in islice(self._lines(), SHOWN)]

    def _rest(self) -> list[str]:
        hidden = sum(1 for _ in self._lines()) - SHOWN
        return [f"  ... and {hidden} more; see .as_dict()"] if hidden > 0 else []

    def _lines(self) -> Iterator[tuple[str, float, float, float, float]]:
        for name, pick in table.named(self.estimate, self.error, self.feature_names, self.tied):
            yield name, pick(self.estimate), pick(self.error), pick(self.low), pick(self.high)
