"""What the test for the number of components finds, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from bactrian.resampling import table
from bactrian.typing import FloatArray

HEADER = ("components", "2 log ratio", "p-value", "resamples", "collapsed")


@dataclass(frozen=True, eq=False)
class Step:
    """K components against K + 1.

    Attributes
    ----------
    n_components : int
        K.
    statistic : float
        Twice the log of the ratio of the maximised likelihoods.
    p_value : float
        (1 + resamples that are at least as extreme) / (1 + resamples).
    resampled : (B,) array
        The statistic of rows drawn from the fit of K components.
    n_collapsed : int
        Resamples in which a component collapsed. They are left out, and others drawn for them.
    """

    n_components: int
    statistic: float
    p_value: float
    resampled: FloatArray = field(repr=False)
    n_collapsed: int

    def cells(self) -> tuple[str, ...]:
        k = self.n_components
        return (
            f"{k} vs {k + 1}",
            f"{self.statistic:.4g}",
            f"{self.p_value:.4g}",
            str(len(self.resampled)),
            str(self.n_collapsed),
        )


@dataclass(frozen=True, eq=False)
class ComponentsTest:
    """Likelihood-ratio tests of K against K + 1 components, until one is not rejected.

    Attributes
    ----------
    family : str
    level : float
        p-values of at most this reject K components.
    steps : tuple of Step
    ended : str
        Why larger K could not be tested, if a component collapsed there.
    """

    family: str
    level: float
    steps: tuple[Step, ...]
    ended: str = ""

    @property
    def n_components(self) -> int:
        """The first K that was not rejected; if all were, one more than the last."""
        last = self.steps[-1]
        return last.n_components + (last.p_value <= self.level)

    @property
    def p_values(self) -> tuple[float, ...]:
        """Of each step."""
        return tuple(step.p_value for step in self.steps)

    def summary(self) -> str:
        """One sentence on what was found."""
        last = self.steps[-1]
        if last.p_value <= self.level:
            found = f"{last.n_components} rejected, more than {last.n_components + 1} not tried"
        else:
            found = f"{last.n_components} not rejected"
        because = f"; {self.ended}" if self.ended else ""
        return f"components by the likelihood-ratio bootstrap, {self.family}: {found} at level {self.level:g}{because}"

    def __repr__(self) -> str:
        return "\n".join([self.summary(), *table.as_text(HEADER, [step.cells() for step in self.steps])])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{table.as_html(HEADER, [step.cells() for step in self.steps])}"
