"""Which component is which: the assignment, and the distance that it makes least."""

from itertools import permutations

import numpy as np
import pytest
from scipy.integrate import quad

import bactrian as bt
from bactrian.operations.matching import UNLIKE, distances

from .cases import FORMS, make, over_all_cases


def brute_force(costs):
    """Of all assignments of rows to columns (not more of them than rows) the cheapest: rows in order of columns."""
    k, n = costs.shape
    return min(permutations(range(k), n), key=lambda rows: costs[list(rows), range(n)].sum())


@over_all_cases()
def test_a_shuffled_mixture_is_put_back(mixture):
    order = np.random.default_rng(3).permutation(mixture.n_components)
    turned = mixture.reorder(order)
    assert turned.reorder(turned.match(mixture)).allclose(mixture, rtol=1e-15)
    np.testing.assert_array_equal(mixture.match(turned), order)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (1, 1), (6, 1), (6, 6)])
def test_against_all_permutations(sizes, seed):
    a, b = make("full", 2, sizes[0], seed=seed), make("full", 2, sizes[1], seed=seed + 100)
    order = a.match(b)
    expected = brute_force(distances(a.parameters, b.parameters))
    assert tuple(order[: sizes[1]]) == expected
    assert order[sizes[1] :].tolist() == sorted(set(range(sizes[0])) - set(expected))


@pytest.mark.parametrize("seed", range(5))
def test_a_larger_other(seed):
    """All have partners, and stand in the partners' order; the partners are what the other's match begins with."""
    a, b = make("full", 2, 3, seed=seed), make("full", 2, 5, seed=seed + 100)
    partners = b.match(a)[:3]
    np.testing.assert_array_equal(a.match(b), np.argsort(partners))
    assert tuple(partners) == brute_force(distances(b.parameters, a.parameters))


@pytest.mark.parametrize("seed", range(4))
def test_distance_of_places_by_integration(seed):
    a, b = make("spherical", 1, 1, seed=seed), make("spherical", 1, 1, seed=seed + 9, spread=1.0)
    overlap = quad(lambda x: np.sqrt(a.pdf(x) * b.pdf(x)), -12, 12, epsabs=1e-13, limit=200)[0]
    assert distances(a.parameters, b.parameters)[0, 0] == pytest.approx(-np.log(overlap), rel=1e-8)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("b_form", FORMS)
@pytest.mark.parametrize("a_form", FORMS)
def test_every_pair_of_forms_against_the_textbook(a_form, b_form, d):
    a, b = make(a_form, d, 3), make(b_form, d, 4, seed=7)
    found = distances(a.parameters, b.parameters)
    for i, (v, m, s) in enumerate(zip(a.weights, a.means, a.parameters.covariance.dense(), strict=True)):
        for j, (w, n, t) in enumerate(zip(b.weights, b.means, b.parameters.covariance.dense(), strict=True)):
            middle, log_det = (s + t) / 2, lambda matrix: np.linalg.slogdet(matrix)[1]
            place = (m - n) @ np.linalg.solve(middle, m - n) / 8
            place += log_det(middle) / 2 - log_det(s) / 4 - log_det(t) / 4
            coin = -np.log(np.sqrt(v * w) + np.sqrt((1 - v) * (1 - w)))
            assert found[i, j] == pytest.approx(place + coin, rel=1e-10)
    np.testing.assert_allclose(distances(b.parameters, a.parameters), found.T, rtol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_equal_components_have_no_distance(form):
    mixture = make(form, 5, 3, condition=1e10)
    found = distances(mixture.parameters, mixture.parameters)
    np.testing.assert_allclose(np.diagonal(found), 0, atol=1e-9)
    assert (found > -1e-9).all()


def test_units_rotations_and_offsets_do_not_matter():
    a, b = make("full", 3, 4), make("full", 3, 4, seed=5)
    rng = np.random.default_rng(0)
    here = distances(a.parameters, b.parameters)
    for matrix in (1e-9, 1e9, [1e-6, 1.0, 1e6], rng.normal(size=(3, 3))):
        moved = a.affine(matrix, 3.0), b.affine(matrix, 3.0)
        np.testing.assert_allclose(distances(*(m.parameters for m in moved)), here, rtol=1e-6)
        np.testing.assert_array_equal(moved[0].match(moved[1]), a.match(b))


def test_weights_tell_twins_apart():
    a = bt.Mixture([0.7, 0.3], [0.0, 0.0], 1.0)
    b = bt.Mixture([0.29, 0.71], [0.0, 0.0], 1.0)
    assert a.match(b).tolist() == [1, 0]


def test_far_components_are_told_apart_where_overlaps_are_all_zero():
    a = bt.Mixture([1 / 3] * 3, [0.0, 1e5, 2e5], 1.0)
    b = bt.Mixture([1 / 3] * 3, [2e5 + 900, 300.0, 1e5 + 500], 1.0)
    assert b.match(a).tolist() == [1, 2, 0]


def test_numbers_out_of_range_are_far_away():
    a = bt.Mixture([0.5, 0.5], [0.0, 1e200], [1e-290, 1.0])
    b = bt.Mixture([0.5, 0.5], [1e200, 0.0], [1.0, 1e-290])
    assert a.match(b).tolist() == [1, 0]
    full = bt.Mixture([0.5, 0.5], [[0, 0], [1e200, 0]], [[[1e-290, 0], [0, 1e-290]], [[1, 0.5], [0.5, 1]]])
    assert full.match(full.reorder([1, 0])).tolist() == [1, 0]
    assert distances(full.parameters, full.parameters)[0, 1] == UNLIKE


def test_weights_of_zero_and_one():
    a, b = bt.Mixture([0.0, 1.0], [0.0, 5.0], 1.0), bt.Mixture([1.0], [0.0], 1.0)
    assert a.match(b).tolist() == [1, 0]
    assert b.match(a).tolist() == [0]
    three = bt.Mixture([0.0, 0.0, 1.0], [0.0, 1.0, 5.0], 1.0)
    assert sorted(three.match(bt.Mixture([1.0, 0.0, 0.0], [0.0, 1.0, 5.0], 1.0)).tolist()) == [0, 1, 2]


def test_two_halves_of_the_data_agree():
    """What matching is for: the components of two fits of different rows."""
    data = np.random.default_rng(0).permutation(bt.datasets.toy_modes(2000).data)
    a, b = (bt.fit(rows, 4, "VVV").mixture for rows in (data[:1000], data[1000:]))
    shuffled = b.reorder([2, 0, 3, 1])
    back = shuffled.reorder(shuffled.match(a))
    assert np.abs(back.means - a.means).max() < 0.5
    assert np.abs(back.weights - a.weights).max() < 0.05


def test_iris_species():
    iris = bt.datasets.iris()
    species = [iris.data[iris.labels == s] for s in range(3)]
    known = bt.Mixture([1 / 3] * 3, [s.mean(axis=0) for s in species], [np.cov(s.T) for s in species])
    fit = bt.fit(iris.data, 3, "VVV")
    lined_up = fit.mixture.reorder(fit.mixture.match(known))
    assert (lined_up.classify(iris.data) == iris.labels).mean() > 0.96


NAMED = make("full", 2, 2, names=("a", "b"))
REFUSED = {
    "labels": ([0, 1], "matched with another mixture, but got a list"),
    "a fit": (bt.fit(bt.datasets.old_faithful().data, 2, "EEE"), "matched with another mixture, but got a Fit"),
    "features": (make("full", 3, 2), "these have 2 and 3; take a marginal"),
    "names": (make("full", 2, 2, names=("b", "a")), r"these are a, b and b, a; bring one in order with marginal"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_matched(case):
    other, sentence = REFUSED[case]
    with pytest.raises(bt.ParameterError, match=sentence):
        NAMED.match(other)


def test_names_on_one_side_are_enough():
    assert NAMED.match(make("full", 2, 2)).tolist() == [0, 1]
