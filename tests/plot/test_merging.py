"""The entropy against the rows joined."""

import numpy as np
import pytest

import bactrian as bt


@pytest.fixture
def merging():
    mixture = bt.Mixture([0.3, 0.3, 0.4], [0, 1, 9], 1)
    return mixture.merge(mixture.sample(300, rng=0))


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


def test_a_point_for_each_number_of_clusters(merging, ax):
    found = lines(bt.plot.merging(merging, ax=ax))
    np.testing.assert_array_equal(found["n clusters"], np.column_stack([merging.joined, merging.entropies]))
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]


def test_the_suggested_number_is_ringed(merging, ax, legend):
    found = lines(merging.plot(ax))
    assert merging.suggested == 2
    np.testing.assert_array_equal(found["suggested: 2"], [[merging.joined[1], merging.entropies[1]]])
    assert legend(ax) == ["n clusters", "suggested: 2", "two lines, least squares"]


def test_the_two_lines_meet_at_the_elbow_and_stay_on_the_axes(merging, ax):
    drawn = lines(bt.plot.merging(merging, ax=ax))["two lines, least squares"]
    assert drawn[:, 0].tolist() == [0, merging.joined[1], merging.joined[2]]
    np.testing.assert_array_equal(drawn, merging.elbow)


def test_two_points_have_no_elbow(ax, legend):
    merging = bt.Mixture([0.5, 0.5], [0, 9], 1).merge([0.0, 9.0])
    assert merging.elbow is None
    assert legend(merging.plot(ax)) == ["n clusters", "suggested: 2"]


def test_one_component(ax, legend):
    bt.plot.merging(bt.Mixture([1.0], [0.0], 1.0).merge([0.0, 1.0]), ax=ax)
    assert legend(ax) == ["n clusters", "suggested: 1"]


def test_numbers_do_not_flood_the_picture(ax):
    mixture = bt.Mixture(np.full(40, 1 / 40), np.arange(40.0), 1.0)
    bt.plot.merging(mixture.merge(mixture.sample(100, rng=0)), ax=ax)
    assert [text.get_text() for text in ax.texts] == [*map(str, range(1, 11)), "40"]


def test_a_new_figure(merging):
    ax = merging.plot()
    assert ax.get_xlabel() == "rows joined on the way to one cluster"
    assert ax.get_ylabel() == "entropy of the memberships, nats"


@pytest.mark.parametrize("wrong", [None, "merging", bt.Mixture([1.0], [0.0], 1.0)])
def test_only_a_merging_can_be_drawn(wrong, ax):
    with pytest.raises(bt.ParameterError, match=r"what mixture\.merge\(data\) returns can be drawn, but got"):
        bt.plot.merging(wrong, ax=ax)


@pytest.mark.parametrize("side", [3, 6])
@pytest.mark.parametrize("k", [3, 12])
def test_numbers_stand_inside_the_frame(side, k):
    from matplotlib.figure import Figure

    mixture = bt.Mixture(np.full(k, 1 / k), np.arange(k) * 1.5, 1.0)
    ax = bt.plot.merging(
        mixture.merge(mixture.sample(300, rng=0)), Figure((side, side), layout="constrained").subplots()
    )
    ax.figure.draw_without_rendering()
    frame = ax.get_window_extent()
    for text in ax.texts:
        box = text.get_window_extent()
        assert frame.x0 < box.x0
        assert box.x1 < frame.x1
        assert frame.y0 < box.y0
        assert box.y1 < frame.y1
