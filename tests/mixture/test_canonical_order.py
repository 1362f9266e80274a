"""One order of components, whatever order they came in."""

from itertools import permutations

import numpy as np

import bactrian as bt

from .cases import over_all_cases


@over_all_cases()
def test_every_order_leads_to_the_same_numbers(mixture):
    turned = [mixture.reorder(order).in_canonical_order() for order in permutations(range(mixture.n_components))]
    assert all(m == turned[0] for m in turned)
    assert (np.diff(turned[0].means[:, 0]) >= 0).all()


@over_all_cases()
def test_once_is_enough(mixture):
    ordered = mixture.in_canonical_order()
    assert ordered.in_canonical_order() is ordered
    assert ordered == mixture.sorted()


TIES = {
    "second feature": bt.Mixture([0.5, 0.3, 0.2], [[1, 2], [0, 5], [1, -2]], [1, 2, 3]),
    "weight": bt.Mixture([0.2, 0.5, 0.3], [[1, 2]] * 3, [1, 2, 3]),
    "spherical": bt.Mixture([0.25, 0.25, 0.5], [[1, 2], [1, 2], [0, 0]], [3, 1, 1]),
    "diagonal": bt.Mixture([0.25, 0.25, 0.5], [[1, 2], [1, 2], [0, 0]], [[1, 3], [1, 2], [1, 1]]),
    "full": bt.Mixture([0.25, 0.25, 0.5], [[1, 2], [1, 2], [0, 0]], [[[1, b], [b, 1]] for b in (0.5, -0.5, 0)]),
    "twins": bt.Mixture([0.25, 0.25, 0.5], [[1, 2], [1, 2], [0, 0]], np.ones(3)),
    "zeros of both signs": bt.Mixture([0.2, 0.8], [[-0.0, 1.0], [0.0, -1.0]], np.ones(2), form="spherical"),
}


def test_ties_do_not_leave_the_order_to_chance():
    for mixture in TIES.values():
        turned = [mixture.reorder(order).in_canonical_order() for order in permutations(range(mixture.n_components))]
        assert all(m == turned[0] for m in turned)


def test_by_hand():
    assert TIES["second feature"].in_canonical_order().means.tolist() == [[0, 5], [1, -2], [1, 2]]
    assert TIES["weight"].in_canonical_order().weights.tolist() == [0.5, 0.3, 0.2]
    assert TIES["diagonal"].in_canonical_order().covariances.tolist() == [[1, 1], [1, 2], [1, 3]]
    assert TIES["zeros of both signs"].in_canonical_order().means[:, 1].tolist() == [-1, 1]


def test_fits_come_in_this_order():
    data = bt.datasets.old_faithful().data
    for k in (2, 3, 5):
        fit = bt.fit(data, k, "VVV")
        assert fit.mixture.in_canonical_order() == fit.mixture
