"""What the test for the number of components finds, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

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
        Resamples in which a component collapsed. They are left out.
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
    """

    family: str
    level: float
    steps: tuple[Step, ...]

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
            found = f"{last.n_components} components are rejected, and more than {last.n_components + 1} were not tried"
        else:
            found = f"{last.n_components} component{'s' * (last.n_components > 1)} not rejected"
        return f"likelihood-ratio bootstrap, family {self.family}: {found} at level {self.level:g}"

    def __repr__(self) -> str:
        lines = [HEADER, *(step.cells() for step in self.steps)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
        table = ["  " + "  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.summary(), *table])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{c}</th>" for c in HEADER)
        body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in s.cells()) + "</tr>" for s in self.steps)
        return f"<p>{escape(self.summary())}</p><table><tr>{head}</tr>{body}</table>"
