"""A mixture in words: for the console and for notebooks."""

from __future__ import annotations

from html import escape

import numpy as np

from bactrian.kernels import Parameters

SHOWN_COMPONENTS = 12
SHOWN_FEATURES = 6


def table(parameters: Parameters, names: tuple[str, ...] | None) -> list[list[str]]:
    """Header and one line a component: index, weight, then mean ± standard deviation by feature."""
    n_components, n_features = parameters.means.shape
    # only what is shown, since many features would make a huge dense matrix
    components = np.arange(min(n_components, SHOWN_COMPONENTS))
    corner = parameters.covariance.select(components).marginal(np.arange(min(n_features, SHOWN_FEATURES)))
    sds = np.sqrt(np.einsum("kdd->kd", corner.dense()))
    features = list(names) if names else [f"x{d}" for d in range(n_features)]
    more = [f"(+{n_features - SHOWN_FEATURES} features)"] if n_features > SHOWN_FEATURES else []
    lines = [["", "weight", *features[:SHOWN_FEATURES], *more]]
    for k in components:
        cells = [f"{parameters.means[k, d]:.4g} ± {sds[k, d]:.3g}" for d in range(corner.n_features)]
        lines.append([str(k), f"{parameters.weights[k]:.4f}", *cells, *([""] if more else [])])
    return lines


def as_text(parameters: Parameters, names: tuple[str, ...] | None) -> str:
    lines = table(parameters, names)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    body = ["  " + "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([_title(parameters), *body, *_rest(parameters)])


def as_html(parameters: Parameters, names: tuple[str, ...] | None) -> str:
    header, *lines = table(parameters, names)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in line) + "</tr>" for line in lines)
    rest = "".join(f"<p>{escape(line.strip())}</p>" for line in _rest(parameters))
    return (
        f"<p><b>{escape(_title(parameters))}</b> (mean ± standard deviation)</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
    )


def _title(parameters: Parameters) -> str:
    n_components, n_features = parameters.means.shape
    return f"Mixture(n_components={n_components}, n_features={n_features}, form={parameters.covariance.name!r})"


def _rest(parameters: Parameters) -> list[str]:
    hidden = len(parameters.weights) - SHOWN_COMPONENTS
    return [f"  ... and {hidden} more components"] if hidden > 0 else []
