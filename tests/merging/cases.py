"""Mixtures and rows to merge, and the obvious twin: entropies of whole arrays, every pair tried."""

from itertools import combinations

import numpy as np
from scipy.special import entr

import bactrian as bt


def random_mixture(d, k, seed=0, spread=2.0):
    rng = np.random.default_rng([seed, d, k])
    roots = rng.normal(size=(k, d, d)) + np.eye(d)
    covariances = roots @ roots.swapaxes(1, 2) + 0.1 * np.eye(d)
    return bt.Mixture(rng.dirichlet(np.full(k, 2.0)), spread * rng.normal(size=(k, d)), covariances, form="full")


CASES = {f"D={d} K={k}": (d, k) for d in (1, 2, 4) for k in (1, 2, 3, 6)}


def entropy(memberships, weight=None):
    """Sum over rows of -sum_c z_c log z_c, in nats."""
    return float(np.average(entr(memberships).sum(axis=1), weights=weight) * len(memberships)) * (
        1.0 if weight is None else weight.mean()
    )


def merged(memberships, groups):
    return np.column_stack([memberships[:, list(group)].sum(axis=1) for group in groups])


def by_hand(memberships, weight=None):
    """[(groups, entropy)] from K clusters down to one: of all pairs the one that leaves the least entropy."""
    groups = [(k,) for k in range(memberships.shape[1])]
    found = [(tuple(groups), entropy(memberships, weight))]
    while len(groups) > 1:
        tried = []
        for a, b in combinations(range(len(groups)), 2):
            left = [g for i, g in enumerate(groups) if i not in (a, b)]
            joined = sorted([*left, tuple(sorted(groups[a] + groups[b]))])
            tried.append((entropy(merged(memberships, joined), weight), joined))
        least, groups = min(tried)
        found.append((tuple(groups), least))
    return found
