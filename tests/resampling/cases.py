"""Fits of every kind, small enough for many refits."""

from __future__ import annotations

from typing import Any

import numpy as np

import bactrian as bt

FAMILIES = ["EII", "VII", "EEI", "VVI", "EEE", "VVV"]

RNG = np.random.default_rng(0)
TRUTH = np.repeat([0, 1], [70, 50])
LOBES = RNG.normal(size=(120, 2)) @ np.array([[1.0, 0.4], [0, 0.8]]) + np.array([[0, 0], [4.5, 1.0]])[TRUTH]
DIRTY = np.concatenate([LOBES, RNG.uniform(-6, 10, (25, 2))])
COUNTS = RNG.integers(1, 4, len(LOBES))
SOME = np.where(RNG.random(len(LOBES)) < 0.4, TRUTH, -1)

OPTIONS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "plain": (LOBES, {}),
    "weights": (LOBES, {"sample_weight": COUNTS}),
    "prior": (LOBES, {"prior": bt.ConjugatePrior(mean_strength=0.5, weight_concentration=3.0)}),
    "equal weights": (LOBES, {"equal_weights": True}),
    "noise": (DIRTY, {"noise": True}),
    "labels": (LOBES, {"labels": SOME}),
    "noise, equal weights, prior": (DIRTY, {"noise": True, "equal_weights": True, "prior": "conjugate"}),
    "labels, weights, prior": (LOBES, {"labels": SOME, "sample_weight": COUNTS, "prior": "conjugate"}),
}


def fitted(family: str, option: str) -> bt.Fit:
    """A fit that has climbed to its maximum."""
    data, options = OPTIONS[option]
    return bt.fit(data, 2, family, tol=1e-12, max_iter=5000, **options)
