"""Fixtures of the picture tests: no window, no figure left behind, small mixtures."""

import matplotlib as mpl
import numpy as np
import pytest

import bactrian as bt

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    from matplotlib import pyplot as plt

    plt.close("all")  # whatever other tests of this process drew
    yield
    plt.close("all")


@pytest.fixture
def ax():
    """Axes on a figure that pyplot does not know."""
    from matplotlib.figure import Figure

    return Figure().subplots()


@pytest.fixture
def one():
    return bt.Mixture([0.3, 0.7], [0.0, 5.0], [1.0, 0.25], feature_names=["waiting"])


@pytest.fixture
def two():
    covariances = [[[1, 0.8], [0.8, 1]], [[2, -1], [-1, 1]], [[0.3, 0], [0, 2]]]
    return bt.Mixture([0.5, 0.3, 0.2], [[0, 0], [5, 5], [0, 7]], covariances, feature_names=["length", "width"])


@pytest.fixture
def four():
    means = np.array([[0, 0, 0, 0], [4, 0, 4, 1], [0, 5, 5, 2]])
    return bt.Mixture([0.5, 0.3, 0.2], means, np.ones((3, 4)), feature_names=["a", "b", "c", "d"])


@pytest.fixture
def legend():
    """The texts of an Axes' or a Figure's legend."""

    def texts(drawn):
        found = drawn.get_legend() if hasattr(drawn, "get_legend") else drawn.legends[0]
        return [text.get_text() for text in found.get_texts()]

    return texts
