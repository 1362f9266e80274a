"""sample(): shuffled, repeatable as a program, never the same twice by accident."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from bactrian import GaussianMixture


@pytest.fixture
def fitted(two_clouds):
    return GaussianMixture(2, random_state=0).fit(two_clouds)


def test_shuffled(fitted):
    rows, labels = fitted.sample(500)
    assert rows.shape == (500, 2)
    assert labels.dtype.kind == "i"
    assert np.count_nonzero(np.diff(labels)) > 100
    np.testing.assert_array_equal(fitted.predict(rows), labels)


def test_two_calls_differ_and_two_programs_agree(fitted, two_clouds):
    first, second = fitted.sample(5)[0], fitted.sample(5)[0]
    assert not np.isin(first, second).any()
    again = clone(fitted).fit(two_clouds)
    np.testing.assert_array_equal(again.sample(5)[0], first)
    np.testing.assert_array_equal(again.sample(5)[0], second)
    np.testing.assert_array_equal(again.fit(two_clouds).sample(5)[0], first)


def test_no_random_state_draws_anew(two_clouds):
    fit = GaussianMixture(2).fit(two_clouds)
    assert not np.isin(fit.sample(5)[0], fit.sample(5)[0]).any()


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_go_on_from_where_the_original_was(fitted, twin):
    fitted.sample(3)
    other = twin(fitted)
    np.testing.assert_array_equal(other.sample(3)[0], fitted.sample(3)[0])


def test_another_seed_begins_another_sequence(fitted):
    twin = copy.deepcopy(fitted).set_params(random_state=1)
    fitted.sample(3)
    later = fitted.set_params(random_state=1).sample(3)[0]
    np.testing.assert_array_equal(twin.sample(3)[0], later)


def test_own_generator(fitted):
    first, second = (fitted.sample(4, rng=5)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    rng = np.random.default_rng(5)
    np.testing.assert_array_equal(fitted.sample(4, rng=rng)[0], first)
    assert not np.array_equal(fitted.sample(4, rng=rng)[0], first)


@pytest.mark.parametrize("state", [np.random.RandomState(3), np.random.default_rng(3)])
def test_generators_as_random_state_go_on(two_clouds, state):
    fit = GaussianMixture(2, random_state=state).fit(two_clouds)
    assert not np.isin(fit.sample(5)[0], fit.sample(5)[0]).any()


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_bad_number(fitted, n):
    with pytest.raises(ValueError, match="Invalid value for 'n_samples'"):
        fitted.sample(n)
