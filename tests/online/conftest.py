"""Rows that several tests share."""

import pytest

import bactrian as bt


@pytest.fixture(scope="session")
def truth():
    means = [[0, 0], [4, 0], [0, 4]]
    return bt.Mixture([0.5, 0.3, 0.2], means, [[[1, 0.5], [0.5, 1]], [[1, -0.3], [-0.3, 0.5]], [[0.3, 0], [0, 0.6]]])


@pytest.fixture(scope="session")
def rows(truth):
    """(20 000, 2)"""
    return truth.sample(20_000, rng=3)
