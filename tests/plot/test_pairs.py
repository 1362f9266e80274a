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
    (found,) = axes[0, 0].figure.legends
    assert found.get_title().get_text().startswith("the first 6 of 9 features")


def test_one_feature_has_no_pairs(one):
    with pytest.raises(bt.ParameterError, match="at least two features"):
        bt.plot.pairs(one)


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize(
    "name", ["length of the flower in millimetres, no.", "q" * 40, "od280/od315_of_diluted_wines_and_more"]
)
def test_long_names_cover_neither_each_other_nor_panels(four, n, name):
    names = [f"{name}{d}" for d in range(n)]
    mixture = bt.Mixture(four.weights, four.means[:, :n], np.ones((3, n)), feature_names=names)
    axes = bt.plot.pairs(mixture, mixture.sample(50, rng=0))
    figure = axes[0, 0].figure
    figure.draw_without_rendering()
    boxes = [ax.xaxis.label.get_window_extent() for ax in axes[-1]]
    boxes += [ax.yaxis.label.get_window_extent() for ax in axes[:, 0]]
    boxes += [ax.get_window_extent() for ax in axes.flat] + [figure.legends[0].get_window_extent()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    for box in boxes:
        assert min(box.x0, box.y0) > -1
        assert box.x1 < figure.bbox.x1 + 1
        assert box.y1 < figure.bbox.y1 + 1


@pytest.mark.parametrize("n", [2, 3, 6])
def test_panels_are_nearly_square_whatever_the_legend_takes(n):
    mixture = bt.Mixture(np.full(9, 1 / 9), np.arange(9.0 * n).reshape(9, n), 1.0)
    axes = bt.plot.pairs(mixture, mixture.sample(50, rng=0))
    axes[0, 0].figure.draw_without_rendering()
    box = axes[0, 0].get_window_extent()
    assert 0.75 < box.width / box.height < 1.33
