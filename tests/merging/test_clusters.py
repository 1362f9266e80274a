"""Known clusters that are no Gaussians: what was fitted in parts comes back in one piece."""

import numpy as np
import pytest

import bactrian as bt


def ring(rng, n, centre):
    angle = rng.uniform(0, 2 * np.pi, n)
    return 3 * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(size=(n, 2)) * 0.25 + centre


def blob(rng, n, centre):
    return rng.normal(size=(n, 2)) * 0.8 + centre


def square(rng, n, centre):
    return rng.uniform(-1.5, 1.5, (n, 2)) + centre


def skewed(rng, n, centre):
    return rng.gamma(2.0, 1.0, (n, 2)) + centre


def stick(rng, n, centre, angle):
    along = rng.normal(size=n) * 3
    return np.column_stack([along * np.cos(angle), along * np.sin(angle)]) + rng.normal(size=(n, 2)) * 0.3 + centre


def cross(rng, n, centre):
    return np.concatenate([stick(rng, n // 2, centre, 0.3), stick(rng, n - n // 2, centre, 0.3 + np.pi / 2)])


KNOWN = {
    "skewed and blob": (3, lambda rng: [skewed(rng, 400, (0, 0)), blob(rng, 400, (10, 10))]),
    "crosses and blobs": (
        6,
        lambda rng: [
            cross(rng, 400, (0, 0)),
            cross(rng, 400, (14, 8)),
            blob(rng, 100, (9, -4)),
            blob(rng, 100, (-3, 9)),
        ],
    ),
    "squares": (8, lambda rng: [square(rng, 300, c) for c in ((0, 0), (5, 0), (0, 5))]),
    "blobs": (4, lambda rng: [blob(rng, 200, c) for c in ((0, 0), (5, 0), (0, 5), (5, 5))]),
    "blobs, one in halves": (5, lambda rng: [blob(rng, 200, c) for c in ((0, 0), (5, 0), (0, 5), (5, 5))]),
    "one skewed": (3, lambda rng: [skewed(rng, 500, (0, 0))]),
}


@pytest.mark.parametrize("case", KNOWN)
@pytest.mark.parametrize("seed", range(3))
def test_the_true_clusters_come_back(case, seed):
    k, make = KNOWN[case]
    parts = make(np.random.default_rng(seed))
    rows, truth = np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    merging = bt.fit(rows, k, "VVV").merge(rows)
    assert merging.suggested == len(parts)
    labels = merging.classify(rows)
    counts = np.array([[((labels == c) & (truth == t)).sum() for t in range(len(parts))] for c in range(len(parts))])
    assert counts.max(axis=1).sum() > 0.98 * len(rows)
    assert len(set(counts.argmax(axis=1))) == len(parts)


def test_a_ring_around_a_blob():
    """The hierarchy finds a ring of seven pieces, joined end to end."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([ring(rng, 700, (0, 0)), blob(rng, 300, (0, 0)) * 0.5])
    merging = bt.fit(rows, 8, "VVV").merge(rows)
    inner = merging.classify([0.0, 0.0], 2)
    assert len(merging.groups(2)[inner]) == 1
    assert (merging.classify(rows, 2) != inner).sum() == 700


def test_old_faithful_has_two_clusters_in_three_components():
    data = bt.datasets.old_faithful().data
    fit = bt.fit(data)
    merging = fit.merge(data)
    assert (fit.n_components, merging.suggested) == (3, 2)
    assert [len(group) for group in merging.groups()] == [1, 2]
    assert merging.entropies[2] > 50 * merging.entropies[1]
    short = bt.fit(data, 2).classify(data)
    assert (merging.classify(data) == short).mean() > 0.99


def test_iris():
    """Setosa is joined last; the other two species touch, and are one cluster here as they are for BIC."""
    iris = bt.datasets.iris()
    merging = bt.fit(iris.data, 3).merge(iris.data)
    assert merging.suggested == bt.fit(iris.data).n_components == 2
    assert merging.entropies[1] < 1e-6 < merging.entropies[2]
    assert ((merging.classify(iris.data, 2) > 0) == (iris.labels > 0)).all()


def test_weighted_groups_of_crabs():
    """Two components without a valley between them are one cluster, as their rows tell them apart badly."""
    crabs = bt.datasets.crabs()
    fit = bt.fit(crabs.data, 2, sample_weight=crabs.sample_weight)
    merging = fit.merge(crabs.data, crabs.sample_weight)
    assert merging.total_weight == 1000
    assert merging.suggested == 1
    assert merging.counts[0] == pytest.approx(1000)
    z = fit.responsibilities(crabs.data)
    expected = -(crabs.sample_weight[:, None] * z * np.log(z)).sum()
    assert merging.entropies[1] == pytest.approx(expected, rel=1e-12)
