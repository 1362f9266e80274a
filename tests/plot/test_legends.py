"""Legends cover nothing of a picture."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

import bactrian as bt
from bactrian.plot.legends import BESIDE, columns
from bactrian.selection import Candidate


@pytest.fixture(params=[(6.4, 4.8), (3, 3), (12, 2.5)], ids=str)
def given(request):
    """Axes of another's figure, large, small and flat."""
    return Figure(figsize=request.param).subplots()


@pytest.fixture
def table():
    """As of Old Faithful: two families far above the twelve others."""
    names = ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"]
    values = {
        (k, f): 2310 + 30 * (k - 3) ** 2 + 3 * i + (4000 / k if i < 2 else 0)
        for k in range(1, 10)
        for i, f in enumerate(names)
    }
    return [Candidate(k, f, 5, -v / 2, v, v, v, 9, "converged", "a sentence") for (k, f), v in values.items()]


def covered(ax):
    """How many points of what lines show lie under the legend."""
    ax.figure.draw_without_rendering()
    box, hidden = ax.get_legend().get_window_extent(), 0
    for line in ax.get_lines():
        places = np.reshape(line.get_xydata(), (-1, 2))
        if len(places):
            steps = np.linspace(0, 1, 50)[:, None]
            dense = np.concatenate([places, *((1 - steps) * a + steps * b for a, b in pairwise(places))])
            shown = ax.transData.transform(dense)
            hidden += sum(box.contains(*p) and line.get_clip_box().contains(*p) for p in shown)
    return hidden


def test_of_a_selection_it_covers_no_line(table, given):
    bt.plot.selection(table, ax=given)
    assert covered(given) == 0


def test_of_a_merging_it_covers_no_line(given):
    mixture = bt.Mixture([0.3, 0.3, 0.4], [0, 1, 9], 1)
    bt.plot.merging(mixture.merge(mixture.sample(300, rng=0)), given)
    assert covered(given) == 0


def test_of_two_features_it_covers_nothing(two, given):
    X = two.sample(300, rng=0)
    for draw in (bt.plot.mixture, bt.plot.density, bt.plot.clusters):
        draw(two, X, given)
        given.figure.draw_without_rendering()
        box = given.get_legend().get_window_extent()
        assert not any(box.contains(*place) for place in given.transData.transform(X))
        given.clear()


def test_an_axis_is_not_raised_where_there_is_room(two, ax):
    ax.set_xlim(-5, 40)
    bt.plot.density(two, two.sample(300, rng=0), ax)
    assert ax.get_ylim() == bt.plot.density(two, two.sample(300, rng=0)).get_ylim()


def test_of_a_curve_it_covers_no_line(one, given):
    bt.plot.density(one, one.sample(300, rng=0), given)
    assert covered(given) == 0
    bt.plot.density(one, one.sample(300, rng=1), given)  # a second time the axis is not raised again
    assert covered(given) == 0
    assert given.get_ylim()[1] < 4 * one.pdf(one.means).max()


def test_limits_that_were_set_stay(one, ax):
    ax.set_ylim(0, 0.5)
    bt.plot.density(one, one.sample(300, rng=0), ax)
    assert ax.get_ylim() == (0, 0.5)


def test_small_axes_have_small_letters(two):
    X = two.sample(50, rng=0)
    sizes = [
        bt.plot.density(two, X, Figure(figsize=(side, side)).subplots()).get_legend().get_texts()[0].get_size()
        for side in (3, 8)
    ]
    assert 5 < sizes[0] < sizes[1]


def test_equal_entries_stand_once(two, ax, legend):
    for _ in range(2):
        bt.plot.mixture(two, two.sample(50, rng=0), ax)
    assert legend(ax)[0] == "50 rows"
    assert len(legend(ax)) == len(set(legend(ax))) == 6


def test_on_a_figure_of_our_own_it_stands_beside(table):
    assert bt.plot.selection(table).get_legend().get_gid() == BESIDE


def test_columns_fit_and_are_no_more_than_are_of_use():
    assert columns(["a"] * 14, 1e4, 8.0) == 14
    assert columns(["a"] * 14, 10.0, 8.0) == 1
    assert columns(["a", "b", "c", "d"], 3.2 * 48.0, 8.0) == 2  # three would be as high
