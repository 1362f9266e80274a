"""Data that several tests share."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def two_clouds():
    """(200, 2): clouds of 80 and 120 rows, unit variance, 6 apart."""
    rng = np.random.default_rng(7)
    rows = np.concatenate([rng.normal(0, 1, (80, 2)), rng.normal(6, 1, (120, 2))])
    return rng.permutation(rows)


@pytest.fixture(scope="session")
def overlapping():
    """(600, 3): three correlated clouds that overlap."""
    rng = np.random.default_rng(3)
    mixing = rng.normal(size=(3, 3, 3))
    centres = np.array([[0, 0, 0], [5, 0, 2], [0, 6, -3]])
    return np.concatenate([rng.normal(size=(200, 3)) @ a + c for a, c in zip(mixing, centres, strict=True)])
