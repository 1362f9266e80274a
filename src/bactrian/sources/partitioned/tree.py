"""A sum whose bits depend on the partitions only, not on who holds them or who is done first.

Partitions 0 to P-1 are the leaves of a binary tree: 0+1, 2+3, ... then (0+1)+(2+3), ... A *node* (width, first) is the
sum of the partitions from ``first`` to ``first + width - 1``. Whoever holds some partitions adds up the nodes that lie
whole in their hands, and sends only those on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from bactrian.typing import FloatArray

Node: TypeAlias = tuple[int, int]
Nodes: TypeAlias = Mapping[Node, FloatArray]


def leaf(partition: int) -> Node:
    return 1, partition


def combine(some: Iterable[Nodes], n_partitions: int) -> dict[Node, FloatArray]:
    """The fewest nodes that hold the sums in ``some``: siblings added, the left one first."""
    nodes: dict[Node, FloatArray] = {}
    for more in some:
        nodes.update(more)
    width = 1
    while width < n_partitions:
        for first in sorted(f for w, f in nodes if w == width and not f & w):
            sibling = first + width
            if sibling >= n_partitions:  # beyond the last partition: alone, it goes up as it is
                nodes[2 * width, first] = nodes.pop((width, first))
            elif (width, sibling) in nodes:
                nodes[2 * width, first] = nodes.pop((width, first)) + nodes.pop((width, sibling))
        width *= 2
    return nodes


def total(nodes: Nodes) -> FloatArray:
    """The sum over all partitions, once one node holds it."""
    (whole,) = nodes.values()
    return whole
