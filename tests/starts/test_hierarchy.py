"""``start="hierarchical"``: every candidate begins where one tree is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import bactrian as bt
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.starts import Hierarchy
from tests.fit.cases import lobes
from tests.starts.test_look import FAR, TRUTH, same_partition

X = lobes(500, 3, 4)


def tree(x, most=9, seed=0, weight=None) -> Hierarchy:
    source = ArraySource(x, weight)
    return Hierarchy(source, NativeKernel(1), Floor(np.full(x.shape[1], 1e-12)), most, np.random.default_rng(seed))


def test_each_group_lies_in_one_above_it():
    one = tree(X)
    labels = [one.labels(k) for k in range(1, 10)]
    assert [len(np.unique(found)) for found in labels] == list(range(1, 10))
    for coarse, fine in pairwise(labels):
        assert len({*zip(fine.tolist(), coarse.tolist(), strict=True)}) == len(np.unique(fine))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("family", FAMILIES)
def test_what_stands_apart_is_found(family, seed):
    fit = bt.fit(FAR, 4, family, start="hierarchical", random_state=seed)
    assert same_partition(fit.classify(FAR), TRUTH)
    assert (np.diff(fit.mixture.means[:, 0]) > 0).all()  # ordered by their means, as no user numbered them


@pytest.mark.parametrize("family", ["VVV", "EEE", "VII"])
def test_a_fit_begins_at_the_labels_of_the_tree_alone(family, monkeypatch):
    monkeypatch.setattr("bactrian.starts.groups.start_labels", lambda *a: pytest.fail("looked for other labels"))
    fit = bt.fit(X, 4, family, start="hierarchical")
    expected = bt.fit(X, families=family, start=tree(X, most=4).labels(4))
    assert fit.history == expected.history
    assert np.array_equal(np.sort(fit.mixture.weights), np.sort(expected.mixture.weights))


def test_a_search_is_the_same_each_time_and_for_any_order_of_columns():
    one, two = (bt.fit(X, range(1, 6), ["EEE", "VVV", "VEV"], start="hierarchical", random_state=3) for _ in range(2))
    assert one.mixture == two.mixture
    assert [c.bic for c in one.candidates] == [c.bic for c in two.candidates]
    turned = np.ascontiguousarray(X[:, ::-1])
    other = bt.fit(turned, range(1, 6), ["EEE", "VVV", "VEV"], start="hierarchical", random_state=3)
    assert other.bic == pytest.approx(one.bic, rel=1e-9)
    assert same_partition(other.classify(turned), one.classify(X))


@pytest.mark.parametrize("name", ["old_faithful", "iris", "acidity"])
def test_a_search_ends_near_what_a_longer_one_finds(name):
    data = getattr(bt.datasets, name)().data
    short, long = bt.fit(data, start="hierarchical"), bt.fit(data)
    assert short.bic < long.bic + 0.02 * len(data)


def test_weights_noise_prior_and_many_rows():
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 3, len(FAR))
    weighted = bt.fit(FAR, 4, "VVV", start="hierarchical", sample_weight=weight, tol=1e-10)
    repeated = bt.fit(np.repeat(FAR, weight, axis=0), 4, "VVV", start="hierarchical", tol=1e-10)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-9)
    dirty = np.concatenate([FAR, rng.uniform(-20, 40, (60, 2))])
    for noise in (True, np.arange(460) >= 400):
        fit = bt.fit(dirty, 4, "VVV", start="hierarchical", noise=noise, prior="conjugate")
        assert same_partition(fit.classify(dirty)[:400], TRUTH) or (fit.classify(dirty)[:400] >= 0).mean() > 0.97
    many = np.repeat(FAR, 200, axis=0) + rng.normal(size=(80_000, 2))
    fit = bt.fit(many, 4, "VVV", start="hierarchical")
    assert same_partition(fit.classify(many), np.repeat(TRUTH, 200))


def test_more_components_than_rows_that_differ():
    few = np.repeat(FAR[::100], 30, axis=0)
    found = bt.fit(few, [2, 6], "EII", start="hierarchical").candidates
    assert [c.status for c in found][1] == "failed"
    assert "only 4 groups that differ, but 6" in found[1].reason


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"labels": TRUTH, "start": "hierarchical"},
            "know nothing of the labels",
        ),
        ({"start": "tree"}, "'auto', 'hierarchical' or 'k-means\\+\\+', but got 'tree'"),
    ],
)
def test_refused(options, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.fit(FAR, 4, "VVV", **options)


def test_a_checkpoint_of_another_start_is_refused(tmp_path):
    bt.fit(FAR, 4, "VVV", start="hierarchical", checkpoint=tmp_path / "state")
    again = bt.fit(FAR, 4, "VVV", start="hierarchical", checkpoint=tmp_path / "state")
    assert again.mixture == bt.fit(FAR, 4, "VVV", start="hierarchical").mixture
    with pytest.raises(bt.ParameterError, match="start"):
        bt.fit(FAR, 4, "VVV", checkpoint=tmp_path / "state")
