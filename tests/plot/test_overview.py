"""The picture that fits the number of features."""

import numpy as np
import pytest
from matplotlib.patches import Polygon, StepPatch

import bactrian as bt


def test_one_two_many(one, two, four):
    drawn = bt.plot.mixture(one, one.sample(50, rng=0))
    assert any(isinstance(p, StepPatch) for p in drawn.patches)
    drawn = bt.plot.mixture(two, two.sample(50, rng=0))
    assert sum(isinstance(p, Polygon) for p in drawn.patches) == 3
    assert bt.plot.mixture(four).shape == (4, 4)


def test_fit_plot_draws_on_the_axes_given(two, ax):
    X = two.sample(200, rng=0)
    fit = bt.fit(X, 3, "VVV", max_iter=20, n_init=1)
    assert fit.plot(X, ax=ax) is ax
    assert ax.get_legend() is not None


def test_a_grid_does_not_fit_into_one_ax(four, ax):
    with pytest.raises(bt.ParameterError, match="4 features need a grid of panels"):
        bt.plot.mixture(four, ax=ax)


def test_weights_reach_every_picture(one, two, four, ax):
    for mixture in (one, two, four):
        with pytest.raises(bt.DataError, match="sample_weight"):
            bt.plot.mixture(mixture, mixture.sample(3, rng=0), sample_weight=[1.0, np.inf, 1.0])


def test_every_model_can_be_drawn(two, ax):
    X = two.sample(300, rng=0)
    online = bt.OnlineFit(2, "VVV")
    online.update(X)
    for model in (two, bt.fit(X, 2, "VVV"), bt.GaussianMixture(2).fit(X), online):
        assert bt.plot.mixture(model, X, ax) is ax


def test_an_estimator_that_is_not_fitted_says_so(ax):
    with pytest.raises(Exception, match="not fitted"):
        bt.plot.mixture(bt.GaussianMixture(2), ax=ax)


def test_a_dark_ground_hides_nothing(one, two):
    from matplotlib import pyplot as plt
    from matplotlib.colors import to_rgb

    with plt.style.context("dark_background"):
        for mixture in (one, two):
            ax = bt.plot.mixture(mixture, mixture.sample(100, rng=0))
            for line in ax.get_lines():
                assert max(to_rgb(line.get_color())) > 0.3, line.get_label()
            assert all(min(to_rgb(text.get_color())) > 0.8 for text in ax.texts)
