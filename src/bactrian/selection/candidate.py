"""Candidate: one family at one K, fitted; and the table of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any, overload

COLUMNS = ("K", "family", "parameters", "log-likelihood", "BIC", "AIC", "ICL", "iterations", "status")


@dataclass(frozen=True)
class Candidate:
    """A row of the table.

    ``status`` is ``"converged"``, ``"max_iter"``, ``"collapsed"`` (held by the regularisation, more parameters than
    numbers in the data, or next to all weight on one row; never chosen while another is there) or ``"failed"`` (no fit
    at all; its numbers are NaN); ``reason`` is a sentence. ``cv`` is -2 times the log-likelihood of rows left out in
    ten-fold cross-validation, None unless that was the criterion, NaN where a component collapsed in it.
    """

    n_components: int
    family: str
    n_parameters: int
    log_likelihood: float
    bic: float
    aic: float
    icl: float
    n_iter: int
    status: str
    reason: str
    cv: float | None = None

    @property
    def usable(self) -> bool:
        return self.status in ("converged", "max_iter")

    def cells(self, cv: bool = False) -> list[str]:
        """A line of the table; ``cv`` adds that column."""
        values = (
            self.log_likelihood,
            self.bic,
            self.aic,
            self.icl,
            *((float("nan") if self.cv is None else self.cv,) if cv else ()),
        )
        numbers = [f"{v:.2f}" for v in values]
        return [
            str(self.n_components),
            self.family,
            str(self.n_parameters),
            *numbers,
            str(self.n_iter),
            self.status,
        ]


class Candidates(Sequence[Candidate]):
    """All candidates of a fit, in the order they were tried; prints as a table, best first."""

    def __init__(self, rows: Sequence[Candidate], criterion: str) -> None:
        self._rows = tuple(rows)
        self.criterion = criterion

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | Sequence[Candidate]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._rows)

    def ranked(self) -> list[Candidate]:
        """Best first; those that collapsed or failed last; among equals the one with fewer parameters."""
        return sorted(self._rows, key=lambda c: rank(c, self.criterion))

    def as_dict(self) -> dict[str, list[Any]]:
        """Columns by name, ready for a data frame."""
        return {f.name: [getattr(row, f.name) for row in self._rows] for f in fields(Candidate)}

    def to_text(self, most: int | None = None) -> str:
        """The table in text, best first, ``most`` lines at most."""
        ranked = self.ranked()
        shown = ranked[:most]
        lines = [self._columns, *(row.cells(self._cv) for row in shown)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        text = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        hidden = len(ranked) - len(shown)
        return "\n".join([*text, *([f"... and {hidden} more"] if hidden else [])])

    @property
    def _cv(self) -> bool:
        return self.criterion == "cv"

    @property
    def _columns(self) -> list[str]:
        return [*COLUMNS[:7], *(["CV"] if self._cv else []), *COLUMNS[7:]]

    def __repr__(self) -> str:
        return f"{len(self)} candidates by {self.criterion.upper()} (lower is better)\n{self.to_text(most=30)}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{c}</th>" for c in self._columns)
        body = "".join(
            f'<tr title="{escape(row.reason)}">'
            + "".join(f"<td>{escape(c)}</td>" for c in row.cells(self._cv))
            + "</tr>"
            for row in self.ranked()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def rank(candidate: Candidate, criterion: str) -> tuple[bool, bool, float, int]:
    """Sort key: usable ones first, then by criterion, then by parsimony."""
    value = getattr(candidate, criterion)
    value = float("nan") if value is None else value
    failed = value != value
    # criteria that agree to rounding are a tie, as for one component, where families coincide
    return (not candidate.usable, failed, 0.0 if failed else float(f"{value:.9g}"), candidate.n_parameters)
