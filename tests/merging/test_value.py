"""Merging as a value: what can be asked of it, and what cannot."""

import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

import bactrian as bt

from .cases import CASES, entropy, merged, random_mixture


@pytest.fixture(scope="module")
def mixture():
    return bt.Mixture([0.2, 0.3, 0.4, 0.1], [[0, 0], [9, 9], [1, 1], [9, 8]], np.ones(4), form="spherical")


@pytest.fixture(scope="module")
def merging(mixture):
    return mixture.merge(mixture.sample(500, rng=0))


@pytest.mark.parametrize("case", CASES.values(), ids=[c.replace(" ", "-") for c in CASES])
def test_clusters_make_up_the_whole(case):
    mixture = random_mixture(*case)
    rows = mixture.sample(30, rng=0)
    merging = mixture.merge(mixture.sample(100, rng=1))
    for n in range(1, mixture.n_components + 1):
        groups, clusters, weights = merging.groups(n), merging.clusters(n), merging.weights(n)
        assert sorted(k for group in groups for k in group) == list(range(mixture.n_components))
        assert all(c.weights.sum() == pytest.approx(1, rel=1e-14) for c in clusters)
        density = sum(w * c.pdf(rows) for w, c in zip(weights, clusters, strict=True))
        np.testing.assert_allclose(density, mixture.pdf(rows), rtol=1e-11)
        z = merging.responsibilities(rows, n)
        np.testing.assert_allclose(z, merged(mixture.responsibilities(rows), groups), rtol=1e-12, atol=1e-300)
        np.testing.assert_array_equal(merging.classify(rows, n), z.argmax(axis=1))
        assert [merging.labels[n - 1, group[0]] for group in groups] == list(range(n))


def test_none_is_the_suggested_number(merging, mixture):
    rows = mixture.sample(20, rng=5)
    assert merging.suggested == 2
    assert merging.groups() == merging.groups(2) == ((0, 2), (1, 3))
    assert merging.clusters() == merging.clusters(2)
    assert merging.weights().tolist() == pytest.approx([0.6, 0.4])
    np.testing.assert_array_equal(merging.classify(rows), merging.classify(rows, 2))
    np.testing.assert_array_equal(merging.responsibilities(rows), merging.responsibilities(rows, 2))


def test_a_cluster_can_win_without_its_components():
    """Two halves of 0.3 each beat a whole of 0.4: the most probable component is not in the cluster that is."""
    mixture = bt.Mixture([0.3, 0.3, 0.4], [0.0, 0.0, 3.0], 1.0)
    merging = mixture.merge(np.zeros(10))
    assert merging.groups(2) == ((0, 1), (2,))
    assert mixture.classify(1.5) == 2
    assert merging.classify(1.5, 2) == 0


def test_one_row(merging):
    assert merging.classify([9.0, 9.0]) == 1
    assert merging.responsibilities([9.0, 9.0], 3).shape == (3,)
    assert merging.classify(np.zeros((0, 2))).shape == (0,)
    assert merging.responsibilities(np.zeros((0, 2))).shape == (0, 2)


def test_frozen(merging):
    with pytest.raises(FrozenInstanceError):
        merging.labels = None
    for array in (merging.labels, merging.gains, merging.counts, merging.entropies):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_pickle(merging):
    again = pickle.loads(pickle.dumps(merging))
    assert again.suggested == merging.suggested
    assert repr(again) == repr(merging)


def test_table(merging):
    lines = repr(merging).splitlines()
    assert lines[0] == "Merging of 4 components over rows of total weight 500"
    assert lines[1].split() == ["clusters", "entropy", "drop", "per", "row", "joined"]
    assert [line.split()[0] for line in lines[2:]] == ["4", "3", "2", "1"]
    assert lines[3].endswith("  0 + 2")
    assert lines[4].endswith("  1 + 3  (suggested)")
    assert lines[5].endswith("  0 2 + 1 3")


def test_table_of_one_and_of_many():
    one = bt.Mixture([1.0], [0.0], 1.0).merge([0.0, 1.0])
    assert repr(one).splitlines()[-1].split() == ["1", "0", "(suggested)"]
    many = random_mixture(1, 30).merge(np.linspace(-3, 3, 200))
    lines = repr(many).splitlines()
    assert len(lines) == 15
    assert lines[-1] == "  ... and 18 more, with more clusters"
    assert " more" in lines[-2]


def test_frames_are_read_by_name():
    mixture = bt.Mixture([0.5, 0.5], [[0, 0], [3, 9]], [1, 2], form="spherical", feature_names=("a", "b"))
    rows = mixture.sample(50, rng=0)
    frame = pd.DataFrame({"b": rows[:, 1], "a": rows[:, 0], "other": "text"})
    np.testing.assert_array_equal(mixture.merge(frame).gains, mixture.merge(rows).gains)
    np.testing.assert_array_equal(mixture.merge(frame).classify(frame, 2), mixture.classify(rows))


def test_a_fit_is_merged_as_its_mixture():
    data = bt.datasets.old_faithful().data
    fit = bt.fit(data, 3, "EEE")
    weight = np.arange(272)
    np.testing.assert_array_equal(fit.merge(data, weight).gains, fit.mixture.merge(data, weight).gains)


def test_noise_is_never_joined():
    """The hierarchy of all memberships, noise among them, of which only pairs of components are joined."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(300, 2)), rng.normal(size=(200, 2)) + 3, rng.uniform(-9, 9, (80, 2))])
    fit, weight = bt.fit(rows, 3, "VVV", noise=True), rng.random(580)
    assert fit.noise.weight > 0.05
    merging, z = fit.merge(rows, weight), fit.responsibilities(rows)
    assert merging.total_weight == pytest.approx(weight @ (1 - z[:, 3]))
    left = {
        groups: entropy(np.column_stack([merged(z, groups), z[:, 3]]), weight)
        for groups in (((0, 1), (2,)), ((0, 2), (1,)), ((0,), (1, 2)))
    }
    assert merging.groups(2) == min(left, key=left.get)
    assert merging.gains[1] == pytest.approx(entropy(z, weight) - min(left.values()), rel=1e-9)


ROWS = np.zeros((3, 2))
BAD_DATA = {
    "no rows": (np.zeros((0, 2)), None, "the data has no rows; components are merged by the rows they share"),
    "NaN": ([[0, np.nan]], None, r"column 1, row 0 is missing"),
    "infinity": ([[0, np.inf]], None, r"column 1, row 0 is infinity"),
    "text": ("rows", None, "this needs its rows in memory, but got the path 'rows'"),
    "features": (np.zeros((3, 5)), None, "the mixture has 2 features, but the rows have 5"),
    "too few weights": (ROWS, [1, 2], r"one number for each of 3 rows, but has shape \(2,\)"),
    "negative weight": (ROWS, [1, -2, 1], "should not be negative, but row 1 has -2"),
    "NaN weight": (ROWS, [1, np.nan, 1], "should be finite, but row 1 is missing"),
    "no weight": (ROWS, [0, 0, 0], "sample_weight is zero for every row"),
    "text weight": (ROWS, ["a", "b", "c"], "sample_weight should be 3 numbers, but"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_cannot_be_merged_by(case, mixture):
    data, weight, sentence = BAD_DATA[case]
    with pytest.raises(bt.DataError, match=sentence):
        mixture.merge(data, weight)


@pytest.mark.parametrize("n", [0, 5, -1, 2.0, True, "2", [2]])
@pytest.mark.parametrize("ask", ["groups", "clusters", "weights"])
def test_numbers_of_clusters_that_there_are_not(merging, n, ask):
    with pytest.raises(bt.ParameterError, match="from 1 to 4, or None for the suggested 2, but got"):
        getattr(merging, ask)(n)


def test_numbers_of_clusters_are_checked_before_rows(merging):
    for ask in (merging.classify, merging.responsibilities):
        with pytest.raises(bt.ParameterError, match="from 1 to 4"):
            ask([[0, 0]], 9)
        with pytest.raises(bt.DataError, match="2 features"):
            ask([[0, 0, 0]], 2)


def test_matplotlib_is_loaded_only_to_plot():
    code = (
        "import sys, bactrian as bt; m = bt.Mixture([.5, .5], [0, 1], 1).merge([0., 1.]); repr(m); m.classify([0.]);"
        "assert 'matplotlib' not in sys.modules; m.plot(); assert 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"MPLBACKEND": "agg"})
