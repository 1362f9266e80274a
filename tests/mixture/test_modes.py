"""The maxima of the density: all of them, nothing else, wherever the climbs begin."""

import numpy as np
import pytest

import bactrian as bt

from .cases import make, over_all_cases


def test_two_humps():
    mixture = bt.Mixture([0.3, 0.7], [[0, 0], [10, 0]], [1.0, 1.0], form="spherical")
    np.testing.assert_allclose(mixture.modes(), [[10, 0], [0, 0]], atol=1e-9)


def test_one_merged_hump():
    # less than two standard deviations apart: one maximum (Helguero 1904)
    close = bt.Mixture([0.5, 0.5], [-0.99, 0.99], [1, 1], form="spherical")
    apart = bt.Mixture([0.5, 0.5], [-1.01, 1.01], [1, 1], form="spherical")
    np.testing.assert_allclose(close.modes(), [[0.0]], atol=1e-6)
    assert len(apart.modes()) == 2


def test_a_climb_that_starts_on_a_saddle():
    # the third mean lies exactly between the others, where symmetry holds the climb
    mixture = bt.Mixture([0.495, 0.495, 0.01], [[-3, 0], [3, 0], [0, 0]], [1.0, 1.0, 1.0], form="spherical")
    modes = mixture.modes()
    assert len(modes) == 2
    np.testing.assert_allclose(np.sort(modes[:, 0]), [-2.99, 2.99], atol=0.02)
    np.testing.assert_allclose(modes[:, 1], 0, atol=1e-9)


def test_more_modes_than_components_is_not_claimed_but_each_is_true():
    mixture = make("full", 3, 3, spread=4)
    for point in mixture.modes():
        step = 1e-5
        around = point + step * np.concatenate([np.eye(3), -np.eye(3)])
        assert (mixture.logpdf(around) < mixture.logpdf(point[None])).all()
        slope = (mixture.logpdf(around[:3]) - mixture.logpdf(around[3:])) / (2 * step)
        np.testing.assert_allclose(slope, 0, atol=1e-5)


@over_all_cases()
def test_highest_first_and_no_higher_point_on_a_sample(mixture):
    modes = mixture.modes()
    assert 1 <= len(modes) <= mixture.n_components + 1
    heights = mixture.logpdf(modes)
    assert (np.diff(heights) <= 0).all()
    assert mixture.logpdf(mixture.sample(2000, rng=0)).max() <= heights[0]


@pytest.mark.parametrize("transform", [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e8)])
def test_units_and_origin_do_not_matter(transform):
    scale, shift = transform
    mixture = make("full", 2, 3, spread=4)
    moved = mixture.affine(scale, shift)
    np.testing.assert_allclose((moved.modes() - shift) / scale, mixture.modes(), atol=1e-6)


def test_one_component_has_its_mean():
    mixture = make("full", 4, 1)
    np.testing.assert_allclose(mixture.modes(), mixture.means, atol=1e-12)


@pytest.mark.parametrize("distance", [1.9, 1.99, 1.998, 1.999, 2.0])
def test_a_flat_top_is_one_mode(distance):
    found = bt.Mixture([0.5, 0.5], [0.0, distance], [1.0, 1.0]).modes()
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(distance / 2, abs=2e-3)


def test_two_tops_just_apart_are_two_modes():
    assert len(bt.Mixture([0.5, 0.5], [0.0, 2.01], [1.0, 1.0]).modes()) == 2
