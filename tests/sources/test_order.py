"""The order that draws go through: a function of the rows as a set, whatever the order and units of their features."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import bactrian as bt
from bactrian.sources import ArraySource
from bactrian.sources.array import SORTED_ROWS

RNG = np.random.default_rng(0)
GRID = np.array(list(itertools.product([0.0, 1.0, 2.0], repeat=3)))
CUBE = np.array(list(itertools.product([0.0, 1.0], repeat=3)))

TABLES = {
    "iris": np.asarray(bt.datasets.iris().data),
    "one feature": RNG.normal(size=(300, 1)),
    "many features": RNG.normal(size=(200, 30)) ** 3,
    "many rows": RNG.normal(size=(8692, 2)),
    "ranks, so that all features have one mean and variance": np.argsort(RNG.normal(size=(90, 4)), axis=0) * 1.0,
    "both values of each feature equally often": np.repeat(CUBE, [2, 1, 2, 4, 3, 3, 2, 1], axis=0),
    "halves of a unit": np.round(2 * RNG.normal(size=(500, 3))) / 2,
    "a constant feature": np.column_stack([RNG.normal(size=50), np.full(50, 0.1)]),
    "an outlier": np.concatenate([RNG.normal(size=(99, 2)), [[1e4, -1e6]]]),
}
every_table = pytest.mark.parametrize("name", TABLES)


def in_order(x, weight=None):
    """The rows as draws go through them."""
    source = ArraySource(np.ascontiguousarray(x), weight)
    return source.draw((np.arange(source.n_rows) + 0.5) / source.n_rows)


@every_table
def test_neither_the_order_of_rows_nor_of_features_matters(name):
    x = TABLES[name]
    expected = in_order(x)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rows, features = rng.permutation(len(x)), rng.permutation(x.shape[1])
        assert np.array_equal(in_order(x[rows][:, features]), expected[:, features])
    assert np.array_equal(in_order(x[:, ::-1]), expected[:, ::-1])


def test_features_that_are_alike_in_everything_leave_the_same_rows():
    assert np.array_equal(in_order(GRID[::-1, [2, 0, 1]]), in_order(GRID))


@every_table
@pytest.mark.parametrize("seed", range(3))
def test_units_do_not_matter(name, seed):
    x, rng = TABLES[name], np.random.default_rng(seed)
    scales, shift = np.exp(rng.normal(0, 4, x.shape[1])), rng.normal(0, 10, x.shape[1])
    assert np.array_equal(in_order(x * scales), in_order(x) * scales)
    if name != "a constant feature":  # which a shift leaves with nothing but rounding
        moved = x / x.std(axis=0) + shift
        order = ArraySource(moved).where(np.ones(len(x), dtype=bool))
        assert np.array_equal(x[order], in_order(x))


@every_table
def test_no_row_is_lost(name):
    x = TABLES[name]
    assert np.array_equal(np.sort(ArraySource(x).where(np.ones(len(x), dtype=bool))), np.arange(len(x)))


def test_a_row_of_weight_two_is_two_rows():
    x, weight = TABLES["halves of a unit"], RNG.integers(0, 4, 500)
    positions = (np.arange(2000) + 0.5) / 2000
    weighted, repeated = ArraySource(x, weight), ArraySource(np.repeat(x, weight, axis=0))
    assert np.array_equal(weighted.draw(positions), repeated.draw(positions))


def test_squares_out_of_range_do_no_harm():
    for scale in (1e-200, 1e200):
        x = TABLES["halves of a unit"] * scale
        assert np.array_equal(np.sort(in_order(x), axis=0), np.sort(x, axis=0))


def test_marked_rows_come_in_that_order_where_it_is_sought():
    x = TABLES["iris"]
    mask = x[:, 0] > 5.5
    everywhere = in_order(x)
    assert np.array_equal(x[ArraySource(x).where(mask)], everywhere[everywhere[:, 0] > 5.5])
    many = np.zeros((SORTED_ROWS + 1, 1))
    many[::2] = 1
    assert np.array_equal(ArraySource(many).where(many[:, 0] > 0), np.arange(0, SORTED_ROWS + 1, 2))
