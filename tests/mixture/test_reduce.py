"""Fewer components: the same moments, the bound on the divergence, and the pairs joined."""

import time
from itertools import combinations

import numpy as np
import pytest
from scipy.integrate import quad

import bactrian as bt
from bactrian.operations import reduction
from bactrian.operations.pairs import Pairs

from .cases import FORMS, make

METHODS = ("runnalls", "regrouped")


def whole(weights, means, matrices):
    """Weight, mean and covariance of several components together, by raw second moments."""
    w, mean = weights.sum(), weights @ means / weights.sum()
    second = sum(v * (s + np.outer(m, m)) for v, m, s in zip(weights, means, matrices, strict=True)) / w
    return w, mean, second - np.outer(mean, mean)


def cost(parameters, group):
    """What replacing a group by one Gaussian adds to the divergence at most."""
    g, dense = list(group), parameters.covariance.dense()
    w, _, s = whole(parameters.weights[g], parameters.means[g], dense[g])
    own = sum(parameters.weights[k] * np.linalg.slogdet(dense[k])[1] for k in g)
    return (w * np.linalg.slogdet(s)[1] - own) / 2


def groups_of(labels):
    return [tuple(np.flatnonzero(labels == g)) for g in range(labels.max() + 1)]


def by_hand(parameters, n):
    groups = [(k,) for k in range(len(parameters.weights))]
    while len(groups) > n:

        def added(pair):
            return cost(parameters, pair[0] + pair[1]) - cost(parameters, pair[0]) - cost(parameters, pair[1])

        a, b = min(combinations(groups, 2), key=added)
        groups = sorted([*(g for g in groups if g not in (a, b)), tuple(sorted(a + b))])
    return groups


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("form", FORMS)
def test_the_cheapest_pairs_are_joined(form, d, n):
    p = make(form, d, 8).parameters
    assert groups_of(reduction.runnalls(p, n)) == by_hand(p, n)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("form", FORMS)
def test_mean_and_covariance_stay(form, d, n, method):
    mixture = make(form, d, 8)
    reduced = mixture.reduce(n, method)
    assert reduced.n_components == n
    np.testing.assert_allclose(reduced.mean, mixture.mean, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(reduced.covariance, mixture.covariance, rtol=1e-13, atol=1e-14)
    assert reduced.weights.sum() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("form", FORMS)
def test_each_group_is_the_gaussian_of_its_moments(form, d):
    mixture = make(form, d, 6)
    labels = reduction.runnalls(mixture.parameters, 3)
    reduced = mixture.reduce(3)
    for k, group in enumerate(map(list, groups_of(labels))):
        parts = mixture.weights[group], mixture.means[group], mixture.parameters.covariance.dense()[group]
        w, m, s = whole(*parts)
        assert reduced.weights[k] == pytest.approx(w)
        np.testing.assert_allclose(reduced.means[k], m, rtol=1e-12)
        np.testing.assert_allclose(reduced.parameters.covariance.dense()[k], s, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_full_or_of_one_feature(form):
    assert make(form, 2, 3).reduce(2).form == "full"
    assert make(form, 1, 3).reduce(2).form == {"tied": "full"}.get(form, form.removeprefix("tied "))
    assert make(form, 2, 3).reduce(3) == make(form, 2, 3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_by_integration(seed, method):
    mixture = make("spherical", 1, 6, seed=seed)
    p = mixture.parameters
    for n in (1, 3):
        bound = sum(cost(p, g) for g in groups_of(reduction.METHODS[method](p, n)))
        reduced = mixture.reduce(n, method)
        gap = lambda x, q=reduced: mixture.pdf(x) * (mixture.logpdf(x) - q.logpdf(x))  # noqa: E731
        divergence = quad(gap, -15, 15, points=sorted(mixture.means[:, 0]), limit=400)[0]
        assert -1e-9 < divergence <= bound + 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_regrouping_never_costs_more(seed):
    p = make("full", 2, 30, seed=seed).parameters
    costs = [sum(cost(p, g) for g in groups_of(reduction.METHODS[m](p, 6))) for m in METHODS]
    assert costs[1] <= costs[0] + 1e-12


def test_regrouping_gains_something_somewhere():
    pairs = []
    for seed in range(10):
        p = make("full", 2, 30, seed=seed).parameters
        pairs.append([sum(cost(p, g) for g in groups_of(reduction.METHODS[m](p, 6))) for m in METHODS])
    assert (np.array(pairs)[:, 1] < np.array(pairs)[:, 0] - 1e-3).any()


def test_regrouping_empties_no_group():
    labels = np.array([0, 0, 1, 2])
    divergences = np.array([[0.0, 9, 9], [0, 9, 9], [1, 3, 9], [2, 9, 3.5]])  # all would rather be in group 0
    assert reduction._without_empty(labels, divergences).tolist() == [0, 0, 1, 2]
    divergences[0] = [5.0, 1, 9]
    assert reduction._without_empty(labels, divergences).tolist() == [1, 0, 0, 2]


def test_units_and_offsets_do_not_matter():
    p = make("full", 3, 12)
    labels = reduction.runnalls(p.parameters, 4)
    for scale in (1e-9, 1e9, np.array([1e-6, 1.0, 1e6]), np.random.default_rng(0).normal(size=(3, 3))):
        far = 1e6 if np.ndim(scale) == 2 else 1e6 * scale
        for shift in (0.0, far * np.ones(3)):
            np.testing.assert_array_equal(reduction.runnalls(p.affine(scale, shift).parameters, 4), labels)


def test_components_left_alone_keep_their_bits():
    mixture = bt.Mixture([0.3, 0.3, 0.4], [[0.1, 1e8], [0.2, 1e8], [50, 7]], [[[1, 0.3], [0.3, 2]]] * 3)
    reduced = mixture.reduce(2)
    assert reduced.component(1) == mixture.component(2)
    assert reduced.weights[1] == mixture.weights[2]


def test_components_without_weight_go_first():
    mixture = bt.Mixture([0.5, 0.0, 0.5, 0.0], [0.0, 7.0, 0.1, 9.0], 1.0)
    reduced = mixture.reduce(2)
    assert reduced.means.ravel().tolist() == [0.0, 0.1]
    assert reduced.covariances.tolist() == [1, 1]
    assert mixture.reduce(1).mean == pytest.approx(0.05)
    assert bt.Mixture([1.0, 0.0, 0.0], [0, 1, 2], 1.0).reduce(2).weights.tolist() in ([1, 0], [0, 1])


def test_nothing_joined_to_nothing_leaves_no_trace():
    mixture = bt.Mixture([0.4, 0.3, 0.3, 0.0, 0.0], [0.0, 10.0, 10.1, 1.0, 2.0], 1.0)
    assert mixture.reduce(2).means.ravel().tolist() == pytest.approx([0.0, 10.05])
    assert mixture.reduce(2, "regrouped").means.ravel().tolist() == pytest.approx([0.0, 10.05])


def test_twins_are_joined_without_a_trace():
    twins = make("full", 2, 3).reorder([0, 1, 2])
    doubled = bt.Mixture(
        np.repeat(twins.weights, 2) / 2, np.repeat(twins.means, 2, axis=0), np.repeat(twins.covariances, 2, axis=0)
    )
    assert doubled.reduce(3).allclose(twins, rtol=1e-12)


def test_a_thousand_components_in_a_moment():
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(1000, 2, 4))
    mixture = bt.Mixture(np.full(1000, 1e-3), 5 * rng.normal(size=(1000, 2)), roots @ roots.swapaxes(1, 2))
    began = time.process_time()
    reduced = mixture.reduce(20)
    assert time.process_time() - began < 10  # about 1 s on an idle machine
    np.testing.assert_allclose(reduced.covariance, mixture.covariance, rtol=1e-11)


@pytest.mark.parametrize("data", [bt.datasets.old_faithful(), bt.datasets.iris(), bt.datasets.crabs()], ids=repr)
def test_fits_with_too_many_components(data):
    """Reduced to the number that was right the fit is still good: little likelihood is lost to a fit of that size."""
    many = bt.fit(data.data, 6, sample_weight=data.sample_weight).mixture
    few = bt.fit(data.data, 2, "VVV", sample_weight=data.sample_weight)
    loss = few.log_likelihood / few.total_weight - np.average(
        many.reduce(2).logpdf(data.data), weights=data.sample_weight
    )
    assert -1e-6 < loss < 0.2


REFUSED = {
    "zero": ((0,), "n_components should be an integer of at least 1, but got 0"),
    "more": ((4,), "n_components should be at most 3, what there are, but got 4"),
    "fraction": ((1.5,), "n_components should be an integer of at least 1, but got 1.5"),
    "bool": ((True,), "n_components should be an integer of at least 1, but got True"),
    "method": ((2, "west"), "method should be one of runnalls, regrouped, but got 'west'"),
    "method of another type": ((2, None), "method should be one of runnalls, regrouped, but got None"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    arguments, sentence = REFUSED[case]
    with pytest.raises(bt.ParameterError, match=sentence):
        make("full", 2, 3).reduce(*arguments)


def test_numbers_out_of_range_are_said():
    mixture = bt.Mixture([0.5, 0.5], [[-1e200, 0], [1e200, 0]], np.ones(2), form="spherical")
    with pytest.raises(bt.CovarianceError, match="holds NaN or infinity"):
        mixture.reduce(1)


@pytest.mark.parametrize("seed", range(20))
def test_pairs_against_a_search_of_the_whole_table(seed):
    """Random joins, with ties and infinities among the costs."""
    rng = np.random.default_rng(seed)
    k = 12
    table = rng.integers(0, 9, (k, k)).astype(float)
    table[rng.random((k, k)) < 0.2] = np.inf
    table = np.minimum(table, table.T)
    pairs, alive = Pairs(table.copy()), list(range(k))
    while len(alive) > 1:
        i, j = pairs.best()
        assert i < j
        assert i in alive
        assert j in alive
        assert table[i, j] == min(table[a, b] for a, b in combinations(alive, 2))
        alive.remove(j)
        pairs.drop(j)
        others = pairs.others(i)
        assert others.tolist() == [a for a in alive if a != i]
        table[i, others] = table[others, i] = rng.integers(0, 9, len(others))
        pairs.update(i, table[i, others])


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_pairs_of_costs_that_overflowed(value):
    pairs = Pairs(np.full((3, 3), value))
    assert pairs.best() == (0, 1)
    pairs.drop(0)
    pairs.update(1, np.array([value]))
    assert pairs.best() == (1, 2)
