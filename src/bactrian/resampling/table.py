"""The numbers of a mixture by name, one line each, and tables in text and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

import numpy as np

from bactrian.resampling.numbers import Numbers

Picked = tuple[str, Callable[[Numbers], float]]


def named(of: Numbers, also: Numbers, features: Sequence[str] | None, tied: bool) -> Iterator[Picked]:
    """A name and where to find it, for each different number that is not 0 in both."""
    n_components, n_features = of.means.shape
    features = features or [f"x{d}" for d in range(n_features)]
    for k in range(n_components):
        yield f"weight {k}", lambda n, k=k: float(n.weights[k])  # type: ignore[misc]
    if of.noise is not None:
        yield "weight of noise", lambda n: float(n.noise or 0.0)
    for k, d in np.ndindex(n_components, n_features):
        yield f"mean {k}, {features[d]}", lambda n, at=(k, d): float(n.means[at])  # type: ignore[misc]
    for k, d, e in np.ndindex(1 if tied else n_components, n_features, n_features):
        if e == d or (e > d and (of.covariances[k, d, e] or also.covariances[k, d, e])):
            what = f"variance {{}}{features[d]}" if e == d else f"covariance {{}}{features[d]} and {features[e]}"
            pick = lambda n, at=(k, d, e): float(n.covariances[at])  # noqa: E731
            yield what.format("" if tied else f"{k}, "), pick


def as_text(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns: the first to the left, the others to the right."""
    table = [header, *lines]
    first, *others = [max(len(line[i]) for line in table) for i in range(len(header))]
    return [
        "  ".join(["", line[0].ljust(first), *(c.rjust(w) for c, w in zip(line[1:], others, strict=True))]).rstrip()
        for line in table
    ]


def as_html(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(c)}</th>" for c in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in line) + "</tr>" for line in lines)
    return f"<table><tr>{head}</tr>{body}</table>"
