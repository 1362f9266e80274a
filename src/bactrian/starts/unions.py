"""What is lost where two components become one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.starts.parts import Parts
from bactrian.typing import FloatArray, IntArray

SURE = 1e-6  # a responsibility up to this leaves no doubt


@dataclass(frozen=True, eq=False)
class Union:
    """Components ``i`` and ``j`` as ``one``; ``loss`` in nats, at most, of a mixture at rest.

    Where ``j`` is ``NOISE`` component ``i`` dissolves in it, and ``one`` is none.
    """

    i: int
    j: int
    loss: float
    one: Parts


def cheapest_unions(parts: Parts, z: FloatArray, weight: FloatArray | None, total: float, most: int) -> list[Union]:
    """The pairs that lose least, cheapest first; ``z`` (N, K) are the responsibilities.

    Runnalls 2007 (IEEE TAES 43:989) bounds the loss as if it were always certain which of the two a row came from and
    their weights were free; what the labels would cost is taken off: the entropy of the weights, less that of ``z``.
    """
    pairs, losses, merged = _runnalls(parts)
    found = []
    for t in np.argsort(losses)[:most]:
        i, j = pairs[t]
        told = _entropy(parts.weights[[i, j]][:, None])[0] * total - doubt(z[:, i], z[:, j], weight)
        found.append(Union(int(i), int(j), total * float(losses[t]) - told, merged[np.array([t])]))
    return sorted(found, key=lambda union: union.loss)


def doubt(a: FloatArray, b: FloatArray, weight: FloatArray | None) -> float:
    """The entropy of which of two components the rows came from, in nats."""
    here = np.flatnonzero(np.minimum(a, b) > SURE)
    doubts = _entropy(np.stack([a[here], b[here]]))
    return float(doubts.sum() if weight is None else doubts @ weight[here])


def _entropy(shares: FloatArray) -> FloatArray:
    """Of each column of positive shares (2, N), times their sum."""
    both = shares.sum(axis=0)
    return np.asarray(both * np.log(both) - (shares * np.log(shares)).sum(axis=0))


def _runnalls(parts: Parts) -> tuple[IntArray, FloatArray, Parts]:
    """All pairs (P, 2), the bound of what merging them loses, in nats per row, and the moments of the mergers."""
    w, means, covariances = parts.weights, parts.means, parts.covariances
    i, j = np.triu_indices(len(w), 1)
    both = w[i] + w[j]
    a, b = w[i] / both, w[j] / both
    apart = means[i] - means[j]
    merged = (
        a[:, None, None] * covariances[i]
        + b[:, None, None] * covariances[j]
        + (a * b)[:, None, None] * apart[:, :, None] * apart[:, None, :]
    )
    sizes = np.linalg.slogdet(covariances)[1]
    losses = 0.5 * (both * np.linalg.slogdet(merged)[1] - w[i] * sizes[i] - w[j] * sizes[j])
    return np.stack([i, j], axis=1), losses, Parts(both, a[:, None] * means[i] + b[:, None] * means[j], merged)
