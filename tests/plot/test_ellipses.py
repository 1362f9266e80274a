"""Ellipses hold the share of their component that the legend states."""

import numpy as np
import pytest
from matplotlib.patches import Polygon
from matplotlib.path import Path

import bactrian as bt


def drawn(ax):
    return [patch.get_xy() for patch in ax.patches if isinstance(patch, Polygon)]


@pytest.mark.parametrize("mass", [0.1, 0.5, 0.632, 0.95, 0.999])
def test_ellipses_hold_what_they_state(two, ax, mass):
    bt.plot.ellipses(two, ax, mass=mass)
    for k, corners in enumerate(drawn(ax)):
        own = two.component(k).sample(40_000, rng=k)
        assert Path(corners).contains_points(own).mean() == pytest.approx(mass, abs=0.01)


@pytest.mark.parametrize("form", ["full", "tied", "diagonal", "tied diagonal", "spherical", "tied spherical"])
def test_every_form_can_be_drawn(ax, form):
    shapes = {
        "full": np.stack([np.eye(2), 2 * np.eye(2)]),
        "tied": np.eye(2),
        "diagonal": np.ones((2, 2)),
        "tied diagonal": np.ones(2),
        "spherical": np.ones(2),
        "tied spherical": 1.0,
    }
    bt.plot.ellipses(bt.Mixture([0.5, 0.5], [[0, 0], [3, 3]], shapes[form], form=form), ax, mass=0.95)
    radius = np.sqrt(-2 * np.log(0.05))
    np.testing.assert_allclose(np.ptp(drawn(ax)[0], axis=0), 2 * radius, rtol=1e-3)


def test_one_for_each_component_and_mass_with_its_line(two, ax, legend):
    bt.plot.ellipses(two, ax, mass=(0.5, 0.95))
    assert len(drawn(ax)) == 6
    assert len({repr(p._dash_pattern) for p in ax.patches}) == 2
    assert legend(ax) == ["ellipse holds 95 % of its component", "ellipse holds 50 % of its component"]


def test_components_are_numbered_at_their_means(two, ax):
    bt.plot.ellipses(two, ax)
    assert {text.get_text(): text.get_position() for text in ax.texts} == {
        str(k): tuple(mean) for k, mean in enumerate(two.means)
    }


def test_axes_show_them_whole(two, ax):
    bt.plot.ellipses(two, ax, mass=0.99)
    corners = np.concatenate(drawn(ax))
    assert (corners > [ax.get_xlim()[0], ax.get_ylim()[0]]).all()
    assert (corners < [ax.get_xlim()[1], ax.get_ylim()[1]]).all()


def test_a_component_of_weight_zero_is_left_out(ax):
    bt.plot.ellipses(bt.Mixture([1.0, 0.0], [[0, 0], [9, 9]], 1.0), ax, mass=0.5)
    assert len(drawn(ax)) == len(ax.texts) == 1


def test_other_numbers_of_features_are_refused(one, four):
    with pytest.raises(bt.ParameterError, match="ellipses need two features, but the mixture has 1; use"):
        bt.plot.ellipses(one)
    with pytest.raises(bt.ParameterError, match="ellipses need two features, but the mixture has 4; draw"):
        bt.plot.ellipses(four)
