"""What is lost where two components become one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.kernels import Kernel
from bactrian.kernels.native import doubts
from bactrian.starts.parts import Parts
from bactrian.typing import FloatArray, IntArray

BYTES = 4 << 20  # of merged covariances that are looked at together
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


def cheapest_unions(
    parts: Parts, z: FloatArray, weight: FloatArray | None, total: float, most: int, kernel: Kernel
) -> list[Union]:
    """The pairs that lose least, cheapest first; ``z`` (N, K) are the responsibilities.

    Runnalls 2007 (IEEE TAES 43:989) bounds the loss as if it were always certain which of the two a row came from and
    their weights were free; what the labels would cost is taken off: the entropy of the weights, less that of ``z``.
    """
    pairs = np.stack(np.triu_indices(len(parts.weights), 1), axis=1)
    losses = _runnalls(parts, pairs)
    cheapest = np.argsort(losses)[:most]
    chosen = pairs[cheapest]
    merged = _merged(parts, chosen)
    told = _entropy(parts.weights[chosen.T]) * total - doubts(kernel, z, weight, chosen, SURE)
    found = [
        Union(int(i), int(j), loss, merged[np.array([n])])
        for n, ((i, j), loss) in enumerate(zip(chosen, (total * losses[cheapest] - told).tolist(), strict=True))
    ]
    return sorted(found, key=lambda union: union.loss)


def _entropy(shares: FloatArray) -> FloatArray:
    """Of each column of positive shares (2, N), times their sum."""
    both = shares.sum(axis=0)
    return np.asarray(both * np.log(both) - (shares * np.log(shares)).sum(axis=0))


def _runnalls(parts: Parts, pairs: IntArray) -> FloatArray:
    """The bound of what merging each of (P, 2) pairs loses, in nats per row; a few megabytes of pairs at a time."""
    sizes = np.linalg.slogdet(parts.covariances)[1]
    w, (i, j) = parts.weights, pairs.T
    each = max(1, BYTES // (8 * parts.covariances[0].size))
    merged = np.empty(len(pairs))
    for n in range(0, len(pairs), each):
        merged[n : n + each] = np.linalg.slogdet(_merged(parts, pairs[n : n + each]).covariances)[1]
    return np.asarray(0.5 * ((w[i] + w[j]) * merged - w[i] * sizes[i] - w[j] * sizes[j]))


def _merged(parts: Parts, pairs: IntArray) -> Parts:
    """The moments of each of (P, 2) pairs together."""
    w, means, covariances = parts.weights, parts.means, parts.covariances
    i, j = pairs.T
    both = w[i] + w[j]
    a, b = w[i] / both, w[j] / both
    apart = means[i] - means[j]
    together = (
        a[:, None, None] * covariances[i]
        + b[:, None, None] * covariances[j]
        + (a * b)[:, None, None] * apart[:, :, None] * apart[:, None, :]
    )
    return Parts(both, a[:, None] * means[i] + b[:, None] * means[j], together)
