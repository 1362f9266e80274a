"""Samples have the mixture's moments and frequencies, come shuffled, and repeat only when asked to."""

import numpy as np
import pytest

import bactrian as bt

from .cases import make, over_all_cases

N = 40_000


@over_all_cases()
def test_moments_and_frequencies(mixture):
    rows, labels = mixture.sample(N, rng=11, labels=True)
    assert rows.shape == (N, mixture.n_features)
    assert labels.shape == (N,)
    covariance = mixture.covariance
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(rows.mean(axis=0) - mixture.mean) < 5 * sd / np.sqrt(N)).all()
    scaled = (np.cov(rows.T) - covariance) / sd / sd[:, None]
    assert np.abs(scaled).max() < 7 * np.sqrt(3 / N)  # a mixture's kurtosis is at most a little above normal
    frequencies = np.bincount(labels, minlength=mixture.n_components) / N
    error = 5 * np.sqrt(mixture.weights * (1 - mixture.weights) / N) + 1e-12
    assert (np.abs(frequencies - mixture.weights) < error).all()


@over_all_cases()
def test_rows_come_from_the_component_they_say(mixture):
    rows, labels = mixture.sample(N, rng=12, labels=True)
    dense = mixture.parameters.covariance.dense()
    for k in range(mixture.n_components):
        own = rows[labels == k]
        sd = np.sqrt(np.diag(dense[k]))
        assert (np.abs(own.mean(axis=0) - mixture.means[k]) < 5 * sd / np.sqrt(len(own))).all()
        scaled = (np.cov(own.T, ddof=0) - dense[k]) / sd / sd[:, None]
        assert np.abs(scaled).max() < 5 * np.sqrt(2 / len(own))


def test_rows_are_shuffled():
    _, labels = make("full", 2, 3).sample(3000, rng=0, labels=True)
    # neighbours differ as often as strangers do: scikit-learn's samples are sorted
    frequencies = np.bincount(labels) / 3000
    expected = 1 - (frequencies**2).sum()
    assert (labels[1:] != labels[:-1]).mean() == pytest.approx(expected, abs=0.05)


def test_none_never_repeats():
    mixture = make("full", 2, 2)
    assert not np.array_equal(mixture.sample(5), mixture.sample(5))


def test_a_seed_repeats_and_a_generator_goes_on():
    mixture = make("full", 2, 2)
    np.testing.assert_array_equal(mixture.sample(5, rng=7), mixture.sample(5, rng=7))
    generator = np.random.default_rng(7)
    first, second = mixture.sample(5, rng=generator), mixture.sample(5, rng=generator)
    np.testing.assert_array_equal(first, mixture.sample(5, rng=7))
    assert not np.array_equal(first, second)
    legacy = np.random.RandomState(7)
    assert not np.array_equal(mixture.sample(5, rng=legacy), mixture.sample(5, rng=legacy))


def test_labels_do_not_change_the_rows():
    mixture = make("full", 2, 3)
    np.testing.assert_array_equal(mixture.sample(50, rng=3), mixture.sample(50, rng=3, labels=True)[0])


def test_how_many():
    mixture = make("spherical", 3, 2)
    assert mixture.sample(rng=0).shape == (1, 3)
    assert mixture.sample(0).shape == (0, 3)
    assert mixture.sample(np.int64(2)).shape == (2, 3)


def test_a_component_of_weight_zero_is_never_drawn():
    mixture = bt.Mixture([0, 1], [0, 100], [1, 1], form="spherical")
    assert mixture.sample(1000, rng=0).min() > 50


def test_the_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make("full", 2, 2).sample(10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
