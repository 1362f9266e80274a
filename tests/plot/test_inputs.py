"""What the pictures accept, and the sentences for what they do not."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.errors import DataError, ParameterError
from bactrian.plot.inputs import read_masses, read_mixture, read_points


def test_a_fit_stands_for_its_mixture(two):
    fit = bt.fit(two.sample(100, rng=0), 1, "VVV")
    assert read_mixture(fit) is fit.mixture


def test_other_things_are_refused():
    with pytest.raises(ParameterError, match="a Mixture or a Fit can be drawn, but got int"):
        bt.plot.density(3)


@pytest.mark.parametrize("mass", [0, 1, 95, -0.1, (0.5, 1.0), (), "all", float("nan")])
def test_masses_that_are_none(mass):
    with pytest.raises(ParameterError, match="mass should be probabilities strictly between 0 and 1"):
        read_masses(mass)


def test_masses_rise_and_differ():
    assert read_masses((0.9, 0.5, 0.9)).tolist() == [0.5, 0.9]
    assert read_masses(0.5).tolist() == [0.5]


def test_weight_zero_is_not_drawn(two):
    X = two.sample(4, rng=0)
    points = read_points(two, X, [0, 1, 0, 2])
    assert (points.values == X[[1, 3]]).all()
    assert points.weight.tolist() == [1, 2]


@pytest.mark.parametrize("weight", [[1, 2], [-1, 1, 1, 1], [0, 0, 0, 0], ["a"] * 4])
def test_weights_that_are_none(two, weight):
    with pytest.raises(DataError, match="sample_weight"):
        bt.plot.density(two, two.sample(4, rng=0), sample_weight=weight)


def test_weights_without_data(two):
    with pytest.raises(ParameterError, match="there is no data"):
        bt.plot.density(two, sample_weight=[1.0])


def test_rows_that_do_not_fit(two):
    with pytest.raises(DataError, match="the mixture has 2 features"):
        bt.plot.density(two, np.zeros((5, 3)))
    with pytest.raises(DataError, match="no rows"):
        bt.plot.density(two, np.zeros((0, 2)))


def test_thinning_is_the_same_each_time_and_says_so(two):
    points = read_points(two, two.sample(1500, rng=0))
    few, label = points.thin(1000)
    assert label == "1,000 of 1,500 rows, drawn at random"
    assert len(np.unique(few.values, axis=0)) == 1000
    assert (few.values == points.thin(1000)[0].values).all()
    assert points.thin(1500)[1] == "1,500 rows"


@pytest.mark.parametrize("most", [0, 2.5, True, "many"])
def test_thinning_to_what_is_no_number(two, most):
    with pytest.raises(ParameterError, match="max_points should be an integer of at least 1"):
        bt.plot.density(two, two.sample(10, rng=0), max_points=most)


def test_names_label_the_axes(two, ax):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(two.sample(20, rng=0)[:, ::-1], columns=["width", "length"])
    bt.plot.density(two, frame, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("length", "width")


def test_a_frame_names_the_axes_of_a_mixture_without_names(ax):
    pandas = pytest.importorskip("pandas")
    mixture = bt.Mixture([1.0], [[0.0, 0.0]], 1.0)
    bt.plot.density(mixture, pandas.DataFrame(mixture.sample(20, rng=0), columns=["u", "v"]), ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "v")


def test_lists_are_data(one, ax):
    bt.plot.density(one, [0.0, 1.0, 5.0, 5.5], ax)
    assert ax.get_xlabel() == "waiting"
