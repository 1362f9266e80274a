"""The choice between one and two features."""

import pytest
from matplotlib.axes import Axes

import bactrian as bt


def test_returns_axes_with_names(one, two):
    drawn = [bt.plot.density(one), bt.plot.density(two)]
    assert all(isinstance(ax, Axes) for ax in drawn)
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in drawn] == [
        ("waiting", "density"),
        ("length", "width"),
    ]


def test_more_features_are_refused(four):
    with pytest.raises(bt.ParameterError, match=r"one or two features, but the mixture has 4; draw .*plot\.pairs"):
        bt.plot.density(four)


def test_without_names_axes_are_numbered(ax):
    bt.plot.density(bt.Mixture([1.0], [[0.0, 0.0]], 1.0), ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x0", "x1")
