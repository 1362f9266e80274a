"""The grid of pairs."""

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.patches import Polygon, StepPatch

import bactrian as bt


def test_panels_hold_what_they_should(four):
    axes = bt.plot.pairs(four, four.sample(100, rng=0), features=[0, 1, 2])
    assert axes.shape == (3, 3)
    for row in range(3):
        for column in range(3):
            panel = axes[row, column]
            kinds = {type(artist) for artist in (*panel.collections, *panel.patches)}
            assert (StepPatch in kinds) == (row == column)
            assert (QuadContourSet in kinds) == (row > column)
            assert (Polygon in kinds) == (row < column)


def test_one_figure_with_names_outside(four):
    from matplotlib import pyplot as plt

    axes = bt.plot.pairs(four)
    assert len(plt.get_fignums()) == 1
    assert [ax.get_xlabel() for ax in axes[-1]] == list("abcd")
    assert [ax.get_ylabel() for ax in axes[:, 0]] == list("abcd")
    assert not any(ax.get_xlabel() for ax in axes[:-1].flat)


def test_a_feature_has_the_same_limits_everywhere(four):
    axes = bt.plot.pairs(four, four.sample(100, rng=0))
    for d in range(4):
        limits = {ax.get_xlim() for ax in axes[:, d]} | {axes[d, i].get_ylim() for i in range(4) if i != d}
        assert len(limits) == 1


def test_marginals_are_drawn(four):
    axes = bt.plot.pairs(four, features=["c", "a"])
    x, y = next(line.get_data() for line in axes[0, 0].get_lines() if line.get_label() == "mixture")
    np.testing.assert_allclose(y, four.marginal("c").pdf(x))
    assert axes[1, 0].get_xlabel() == "c"


def test_legend_states_rows_masses_and_components(four, legend):
    axes = bt.plot.pairs(four, four.sample(60, rng=0), features=[0, 1], max_points=50)
    texts = legend(axes[0, 0].figure)
    assert len(texts) == len(set(texts))
    for expected in (
        "60 rows",
        "50 of 60 rows, drawn at random",
        "densest 95 % of the mass",
        "component 1 (weight 0.3)",
    ):
        assert expected in texts


def test_too_many_features_are_cut_and_said_so():
    many = bt.Mixture([1.0], np.zeros((1, 9)), 1.0)
    axes = bt.plot.pairs(many)
    assert axes.shape == (6, 6)
    assert axes[0, 0].figure.get_suptitle().startswith("the first 6 of 9 features")


def test_one_feature_has_no_pairs(one):
    with pytest.raises(bt.ParameterError, match="at least two features"):
        bt.plot.pairs(one)
