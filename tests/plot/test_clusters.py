"""Rows by component and certainty."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.plot import style


def test_rows_stand_with_their_component(two, ax):
    X = two.sample(300, rng=0)
    labels = two.classify(X)
    bt.plot.clusters(two, X, ax)
    for k, markers in enumerate(ax.collections):
        assert (np.asarray(markers.get_offsets()) == X[labels == k]).all()


def test_colour_and_shape_both_tell(two, ax, legend):
    bt.plot.clusters(two, two.sample(300, rng=0), ax)
    assert len({tuple(c.get_facecolor()[0][:3]) for c in ax.collections}) == 3
    assert len({c.get_paths()[0].vertices.tobytes() for c in ax.collections}) == 3
    assert legend(ax) == [
        *(style.component_label(k, two.weights) for k in range(3)),
        "larger and paler: less certain",
    ]


def test_uncertain_rows_are_larger_and_paler(ax):
    pair = bt.Mixture([0.5, 0.5], [[-2, 0], [2, 0]], 1.0)
    bt.plot.clusters(pair, [[-3.0, 0.0], [-0.01, 0.0]], ax)
    (markers,) = ax.collections
    sure, unsure = markers.get_sizes()
    assert unsure > 3 * sure
    sure, unsure = markers.get_facecolor()[:, 3]
    assert unsure < 0.5 * sure


def test_one_feature_against_uncertainty(one, ax):
    X = one.sample(200, rng=0)
    bt.plot.clusters(one, X, ax)
    found = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    np.testing.assert_allclose(found[:, 1], 1 - one.responsibilities(found[:, :1]).max(axis=1), atol=1e-12)
    assert ax.get_ylabel().startswith("uncertainty")


def test_two_of_more_features_are_classified_by_all(four, ax):
    X = four.sample(200, rng=0)
    bt.plot.clusters(four, X, ax, features=["d", "a"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("d", "a")
    labels = four.classify(X)
    for k, markers in enumerate(ax.collections):
        assert (np.asarray(markers.get_offsets()) == X[labels == k][:, [3, 0]]).all()


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (None, "choose them"),
        ([0, 1, 2], "two features"),
        ([0], "two features"),
        (["a", "z"], "no feature 'z'"),
    ],
)
def test_choices_that_are_none(four, features, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.plot.clusters(four, four.sample(5, rng=0), features=features)


def test_no_rows_no_clusters(two):
    with pytest.raises(bt.ParameterError, match="data is None"):
        bt.plot.clusters(two, None)


def test_thinned_rows_are_said_to_be(two, ax, legend):
    bt.plot.clusters(two, two.sample(300, rng=0), ax, max_points=50)
    assert sum(len(c.get_offsets()) for c in ax.collections) == 50
    assert "50 of 300 rows" in legend(ax)[-1]
