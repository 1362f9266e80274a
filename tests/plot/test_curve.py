"""One feature."""

import numpy as np
import pytest
from matplotlib.patches import StepPatch

import bactrian as bt


def curves(ax):
    return {line.get_label(): line.get_data() for line in ax.get_lines()}


def histogram(ax):
    (found,) = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    return found.get_data()


def test_curve_is_the_density_and_components_add_up(one, ax):
    found = curves(bt.plot.density(one, ax=ax))
    x, total = found["mixture"]
    assert np.trapezoid(total, x) == pytest.approx(1, abs=2e-3)
    parts = [y for label, (_, y) in found.items() if label.startswith("component")]
    assert len(parts) == 2
    np.testing.assert_allclose(sum(parts), total, rtol=1e-9)
    np.testing.assert_allclose([np.trapezoid(y, x) for y in parts], one.weights, atol=2e-3)


def test_components_are_told_apart_without_colour(one, ax):
    bt.plot.density(one, ax=ax)
    lines = [line for line in ax.get_lines() if line.get_label().startswith("component")]
    assert len({repr(line._dash_pattern) for line in lines}) == 2


def test_histogram_has_area_one_and_holds_every_row(one, ax):
    X = one.sample(500, rng=0)
    bt.plot.density(one, X, ax)
    heights, edges, _ = histogram(ax)
    assert heights @ np.diff(edges) == pytest.approx(1)
    assert (edges[0], edges[-1]) == (X.min(), X.max())


def test_weights_count(one, ax):
    X = np.array([0.0, 1.0, 2.0, 3.0])
    bt.plot.density(one, X, ax, sample_weight=[1, 1, 1, 5], bins=[-0.5, 2.5, 3.5])
    heights, edges, _ = histogram(ax)
    np.testing.assert_allclose(heights * np.diff(edges), [3 / 8, 5 / 8])


def test_an_outlier_does_not_ask_for_millions_of_bins(one, ax):
    bt.plot.density(one, np.append(one.sample(300, rng=0), 1e9), ax)
    assert len(histogram(ax)[0]) == 200


def test_equal_rows_have_a_histogram(one, ax):
    bt.plot.density(one, np.full(20, 5.0), ax)
    assert histogram(ax)[0].max() > 0


def test_the_needle_is_drawn_to_its_top(ax):
    needle = bt.Mixture([0.999, 0.001], [0.0, 2.0], [1.0, 1e-12])
    _, y = curves(bt.plot.density(needle, ax=ax))["mixture"]
    assert y.max() == pytest.approx(needle.pdf(2.0), rel=0.01)


def test_density_begins_at_zero(one, ax):
    bt.plot.density(one, ax=ax)
    assert 0 <= -ax.get_ylim()[0] < 1e-3


def test_a_component_of_weight_zero_is_left_out(ax):
    bt.plot.density(bt.Mixture([1.0, 0.0], [0.0, 5.0], 1.0), ax=ax)
    assert [label for label in curves(ax) if "component" in label] == ["component 0 (weight 1)"]
