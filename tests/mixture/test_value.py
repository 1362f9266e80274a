"""A Mixture is a value: equal by content, hashable, copied for free, and nothing can change it."""

import copy
import pickle

import numpy as np
import pytest

import bactrian as bt

from .cases import make, over_all_cases


@over_all_cases()
def test_rebuilt_from_its_own_numbers_it_is_the_same(mixture):
    same = bt.Mixture(mixture.weights, mixture.means, mixture.covariances, form=mixture.form)
    assert same == mixture
    assert hash(same) == hash(mixture)
    assert same.allclose(mixture)


@over_all_cases()
def test_pickle_and_copies(mixture):
    again = pickle.loads(pickle.dumps(mixture))
    assert again == mixture
    assert hash(again) == hash(mixture)
    assert copy.copy(mixture) == mixture
    assert copy.deepcopy(mixture) == mixture
    assert copy.deepcopy([mixture, mixture])[0] == mixture


def test_pickle_keeps_names_and_does_not_share():
    mixture = make("full", 2, 2, names=("a", "b"))
    again = pickle.loads(pickle.dumps(mixture))
    assert again.feature_names == ("a", "b")
    assert not np.shares_memory(again.means, mixture.means)


def test_every_part_counts():
    base = make("diagonal", 2, 3)
    w, m, c = base.weights, base.means, base.covariances
    others = [
        bt.Mixture(w[::-1], m, c),
        bt.Mixture(w, m + 1e-15, c) if (m + 1e-15 != m).any() else bt.Mixture(w, m * (1 + 1e-15), c),
        bt.Mixture(w, m, c * 2),
        bt.Mixture(w, m, c, feature_names=("a", "b")),
        bt.Mixture(w, m, c[0], form="tied diagonal"),
        bt.Mixture(w, m, [np.diag(row) for row in c]),
        base.reorder([1, 0, 2]),
        base.component(0),
    ]
    for other in others:
        assert other != base
    assert len({base, *others}) == len(others) + 1
    assert base != "a mixture"
    assert base != base.means.tolist()


def test_minus_zero_is_zero():
    one, other = bt.Mixture([1], [0.0], [1.0]), bt.Mixture([1], [-0.0], [1.0])
    assert one == other
    assert hash(one) == hash(other)


def test_allclose():
    base = make("full", 2, 2)
    near = bt.Mixture(base.weights, base.means * (1 + 1e-11), base.covariances, form="full")
    assert near != base
    assert near.allclose(base)
    assert not near.allclose(base, rtol=1e-13, atol=0)
    assert not base.allclose(base.component(0))


@pytest.mark.parametrize("name", ["weights", "means", "covariances", "form", "_parameters", "colour"])
def test_nothing_can_be_set_or_deleted(name):
    mixture = make("full", 2, 2)
    with pytest.raises(AttributeError, match="immutable"):
        setattr(mixture, name, 3)
    with pytest.raises(AttributeError):
        delattr(mixture, name)


@over_all_cases()
def test_no_array_can_be_written_into(mixture):
    parts = [mixture, mixture.component(0), mixture.affine(2.0), mixture.marginal([0]), mixture.reorder([0])]
    if mixture.n_features > 1:
        parts.append(mixture.condition({0: 0.1}))
        parts.extend(mixture.condition({0: [0.1, 0.2]}))
    for part in parts:
        for array in (part.weights, part.means, part.covariances):
            if array.ndim:
                with pytest.raises(ValueError, match="read-only"):
                    array[0] = 1.0


@pytest.mark.parametrize("form", ["full", "tied", "diagonal", "tied diagonal", "spherical"])
def test_the_callers_arrays_stay_his_own(form):
    base = make(form, 2, 3)
    given = [np.array(a) for a in (base.weights, base.means, base.covariances)]
    mixture = bt.Mixture(*given, form=form)
    for array in given:
        array *= 3  # neither refused nor seen
    assert mixture == base


def test_the_mixture_of_a_fit_is_immutable_too():
    mixture = bt.fit(bt.datasets.old_faithful().data, 2, "VVV", max_iter=2).mixture
    for array in (mixture.weights, mixture.means, mixture.covariances):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
