"""A hierarchy of clusters in words."""

from __future__ import annotations

import numpy as np

from bactrian.typing import FloatArray, IntArray

SHOWN = 12
HEADER = ["clusters", "entropy", "drop per row", "  joined"]


def as_text(labels: IntArray, entropies: FloatArray, drops: FloatArray, suggested: int, total: float) -> str:
    """One line for each number of clusters, the most first; of many only the last ones."""
    k = len(labels)
    shown = min(k, SHOWN)
    lines = [HEADER]
    for n in range(shown, 0, -1):
        drop = f"{drops[n - 1]:.3g}" if n < k else ""
        joined = f"  {_joined(labels, n)}" if n < k else ""
        lines.append([str(n), f"{entropies[n - 1]:.4g}", drop, joined + ("  (suggested)" if n == suggested else "")])
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    body = ["  ".join([line[i].rjust(widths[i]) for i in range(3)]) + line[3] for line in lines]
    title = f"Merging of {k} component{'s' * (k > 1)} over rows of total weight {total:g}"
    more = [f"  ... and {k - shown} more, with more clusters"] if k > shown else []
    return "\n".join([title, *(f"  {line}".rstrip() for line in body), *more])


def _joined(labels: IntArray, n: int) -> str:
    """The components of the two clusters that were joined to leave n, as ``0 3 + 2``."""
    before, after = labels[n], labels[n - 1]
    parts = [np.flatnonzero(before == c).tolist() for c in range(n + 1)]
    heads = [after[part[0]] for part in parts]
    twice = max(c for c in range(n) if heads.count(c) == 2)
    return " + ".join(_listed(part) for part, head in zip(parts, heads, strict=True) if head == twice)


def _listed(components: list[int]) -> str:
    return " ".join(map(str, components[:8])) + (f" and {len(components) - 8} more" if len(components) > 8 else "")
