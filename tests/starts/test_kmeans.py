"""k-means++ in the core beside its slow twin; and what both must do whatever the code."""

import numpy as np
import pytest

from bactrian import _core
from bactrian.covariance import Spherical
from bactrian.families import Floor
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.sources import ArraySource, Labelled, array
from bactrian.starts.kmeans import (
    _positions,
    data_metric,
    kmeans_labellings,
    kmeans_labels,
    spread_centres,
    spread_centres_slowly,
)
from bactrian.starts.search import distinct
from bactrian.statistics import Scatter
from tests.fit.cases import lobes

KERNEL = NativeKernel()
X = lobes(700, 3, 4)
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
FEW = np.repeat([[0.0, 1.0], [2.0, 5.0], [9.0, 4.0]], [5, 3, 2], axis=0)


def constant_column():
    x = X.copy()
    x[:, 1] = 7.0
    return x


CASES = {
    "plain": (X, None),
    "weighted": (X, WEIGHT),
    "float32": (X.astype(np.float32), None),
    "many float32": (np.tile(X, (50, 1)).astype(np.float32), np.tile(WEIGHT, 50)),  # not computed in float64 elsewhere
    "by features": (np.asfortranarray(X), None),
    "one feature": (X[:, :1].copy(), WEIGHT),
    "a constant column": (constant_column(), None),
    "equal rows": (np.repeat(X[:60], 9, axis=0), None),
    "few distinct rows": (FEW, np.arange(1.0, 11)),
    "wide": (np.random.default_rng(1).normal(size=(300, 40)), None),
    "very wide": (np.random.default_rng(1).normal(size=(300, 131)), None),
}


def metric_of(source, full):
    return data_metric(source, Floor(np.full(source.n_features, 1e-300)), full)


@pytest.mark.parametrize("candidates", [1, 3])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_centres_are_those_of_the_twin(case, full, candidates):
    source = ArraySource(*CASES[case])
    metric = metric_of(source, full)
    for k in (1, 2, 5):
        found = spread_centres(source, KERNEL, k, metric, np.random.default_rng(k), candidates)
        positions = _positions(source, k, np.random.default_rng(k), 1, candidates)[0]
        assert np.array_equal(found, spread_centres_slowly(source, KERNEL, k, metric, positions, candidates)), k


def test_centres_of_rows_that_are_too_many_to_be_sorted(monkeypatch):
    monkeypatch.setattr(array, "SORTED_ROWS", 10)
    source = ArraySource(X, WEIGHT)
    assert source.order is None
    metric = metric_of(source, True)
    found = spread_centres(source, KERNEL, 5, metric, np.random.default_rng(0))
    positions = _positions(source, 5, np.random.default_rng(0), 1, 1)[0]
    assert np.array_equal(found, spread_centres_slowly(source, KERNEL, 5, metric, positions))


def test_rows_that_are_too_many_to_be_kept_whitened():
    x = np.random.default_rng(0).normal(size=(1_100_000, 8)).astype(np.float32)  # 70 MB in float64
    source = ArraySource(x)
    metric = metric_of(source, False)
    found = spread_centres(source, KERNEL, 3, metric, np.random.default_rng(0))
    positions = _positions(source, 3, np.random.default_rng(0), 1, 1)[0]
    assert np.array_equal(found, spread_centres_slowly(source, KERNEL, 3, metric, positions))


def test_a_metric_of_spheres():
    source = ArraySource(X)
    spheres = Spherical(np.array([4.0]), 1, 3, tied=True)
    positions = np.random.default_rng(0).random((1, 4))
    drawn, labels = KERNEL.kmeans(X, None, spheres, np.zeros(3), positions, 4, order=source.order)
    assert np.array_equal(X[drawn[0]], spread_centres_slowly(source, KERNEL, 4, spheres, positions[0]))
    assert labels is None


@pytest.mark.parametrize("candidates", [1, 4])
def test_known_centres_are_fixed_and_others_are_drawn_beside_them(candidates):
    labels = np.full(len(X), -1)
    labels[:20], labels[20:30] = 0, 1
    source = Labelled(ArraySource(X, WEIGHT), labels)
    metric = metric_of(source, True)
    found = spread_centres(source, KERNEL, 4, metric, np.random.default_rng(0), candidates)
    positions = _positions(source, 4, np.random.default_rng(0), 1, candidates)[0]
    assert np.array_equal(found, spread_centres_slowly(source, KERNEL, 4, metric, positions, candidates))
    assert np.array_equal(found[:2], source.anchors)
    assert np.array_equal(spread_centres(source, KERNEL, 2, metric, np.random.default_rng(0)), source.anchors)


def test_known_centres_stand_at_the_numbers_of_their_components():
    labels = np.full(len(X), -1)
    labels[:20] = 0
    first = Labelled(ArraySource(X, WEIGHT), labels)
    last = Labelled(ArraySource(X, WEIGHT), np.where(labels == 0, 3, -1))
    metric = metric_of(first, True)
    one, two = (spread_centres(source, KERNEL, 4, metric, np.random.default_rng(0)) for source in (first, last))
    assert np.array_equal(two[3], last.anchors[0])
    assert np.array_equal(two, one[[1, 2, 3, 0]])


def test_the_next_centre_is_drawn_by_weight_times_squared_distance():
    """Of evenly spread positions each row gets its share, to within one."""
    x, weight = X[:50], WEIGHT[:50]
    source = ArraySource(x, weight)
    metric = metric_of(source, True)
    n = 20_000
    positions = np.column_stack([np.full(n, 0.4), (np.arange(n) + 0.5) / n])
    drawn, _ = KERNEL.kmeans(x, weight, metric, source.moments.mean, positions, 2, order=source.order)
    assert len(set(drawn[:, 0])) == 1
    apart = (x - x[drawn[0, 0]]) @ metric.whiteners[0].T
    mass = weight * (apart**2).sum(axis=1)
    counts = np.bincount(drawn[:, 1], minlength=50)
    assert np.abs(counts - n * mass / mass.sum()).max() <= 1 + 1e-6


def test_a_row_of_weight_three_is_three_rows():
    source, repeated = ArraySource(X, WEIGHT), ArraySource(np.repeat(X, WEIGHT.astype(int), axis=0))
    for candidates in (1, 3):
        one, other = (
            spread_centres(s, KERNEL, 6, metric_of(source, True), np.random.default_rng(3), candidates)
            for s in (source, repeated)
        )
        assert np.array_equal(one, other)


def test_fewer_distinct_rows_than_centres():
    source = ArraySource(FEW)
    for candidates in (1, 3):
        found = spread_centres(source, KERNEL, 6, metric_of(source, False), np.random.default_rng(0), candidates)
        assert len(np.unique(found, axis=0)) == 3
    assert kmeans_labels(source, KERNEL, 6, metric_of(source, False), np.random.default_rng(0)).max() < 6


def test_more_candidates_bring_rows_nearer():
    source = ArraySource(lobes(3000, 2, 12))
    metric = metric_of(source, True)

    def inertia(candidates, seed):
        centres = spread_centres(source, KERNEL, 12, metric, np.random.default_rng(seed), candidates)
        apart = (source.values[:, None] - centres) @ metric.whiteners[0].T
        return (apart**2).sum(axis=2).min(axis=1).sum()

    one, many = (np.mean([inertia(candidates, seed) for seed in range(20)]) for candidates in (1, 4))
    assert many < 0.9 * one


def within(x, labels):
    """The sum of squares within groups."""
    return sum(((x[labels == k] - x[labels == k].mean(axis=0)) ** 2).sum() for k in np.unique(labels))


def moved(x, k, moves, *, weight=None, kernel=KERNEL, n=6):
    source = ArraySource(x, weight)
    metric = metric_of(source, False)
    scaled = x * metric.whiteners[0]
    found = kmeans_labellings(source, kernel, k, [metric], np.random.default_rng(0), n, moves=moves)
    return [within(scaled, labels) for labels in found], found


def test_moves_find_every_lobe():
    rng = np.random.default_rng(0)
    centres = 10 * rng.normal(size=(30, 6))
    truth = np.arange(3000) % 30
    x = centres[truth] + rng.normal(size=(3000, 6))
    before, _ = moved(x, 30, 0)
    after, labellings = moved(x, 30, 60)
    assert min(before) > 1.2 * max(after)
    for labels in labellings:
        assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == 30


@pytest.mark.parametrize("case", CASES)
def test_moves_never_leave_more_within_the_groups(case):
    x, weight = CASES[case]
    source = ArraySource(x, weight)
    metric = metric_of(source, False)
    rows = np.repeat(np.arange(len(x)), 1 if weight is None else weight.astype(int))
    scaled = (x.astype(float) * metric.whiteners[0])[rows]
    for k in (2, 5, 9):
        plain = KERNEL.kmeans(
            x, weight, metric, source.moments.mean, np.random.default_rng(k).random((3, k)), k, steps=200
        )  # fmt: skip
        after = KERNEL.kmeans(
            x, weight, metric, source.moments.mean, np.random.default_rng(k).random((3, k)), k, steps=200, moves=20
        )  # fmt: skip
        assert np.array_equal(plain[0], after[0])  # the same rows are drawn
        for one, other in zip(plain[1], after[1], strict=True):
            assert within(scaled, other[rows]) <= within(scaled, one[rows]) * (1 + 1e-12)


def test_a_row_of_weight_three_is_three_rows_to_moves():
    weight = WEIGHT.astype(int)
    rows = np.repeat(np.arange(len(X)), weight)
    _, once = moved(X, 12, 30, weight=WEIGHT, n=3)
    _, copies = moved(X[rows], 12, 30, n=3)
    assert all(np.array_equal(a[rows], b) for a, b in zip(once, copies, strict=True))


@pytest.mark.parametrize("instructions", available_instructions())
def test_moves_of_any_number_of_threads_are_the_same(instructions):
    x = np.random.default_rng(0).normal(size=(30_011, 9))
    one, *others = (moved(x, 11, 30, kernel=NativeKernel(n, instructions), n=3)[1] for n in (1, 2, 8))
    assert all(np.array_equal(a, b) for other in others for a, b in zip(one, other, strict=True))


def test_labellings_together_are_those_one_by_one():
    source = ArraySource(X, WEIGHT)
    metrics = [metric_of(source, full) for full in (True, False)]
    together = kmeans_labellings(source, KERNEL, 4, metrics, np.random.default_rng(0), 5)
    rng = np.random.default_rng(0)
    alone = [kmeans_labels(source, KERNEL, 4, metrics[i % 2], rng) for i in range(5)]
    assert len(together) == 5
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_another_kernel_finds_the_same_labels(weight):
    source = ArraySource(X, weight)
    metrics = [metric_of(source, True)]
    native, slow = (
        kmeans_labellings(source, kernel, 4, metrics, np.random.default_rng(0), 3, 2)
        for kernel in (KERNEL, ReferenceKernel())
    )
    assert all(np.array_equal(a, b) for a, b in zip(native, slow, strict=True))


@pytest.mark.parametrize("instructions", available_instructions())
def test_any_number_of_threads_gives_the_same_bits(instructions):
    x = np.random.default_rng(0).normal(size=(30_011, 9))
    source = ArraySource(x, np.random.default_rng(1).uniform(0.5, 2, len(x)))
    metrics = [metric_of(source, full) for full in (True, False)]
    runs = [
        kmeans_labellings(source, NativeKernel(threads, instructions), 7, metrics, np.random.default_rng(2), 4, 3)
        for threads in (1, 2, 3, 8)
    ]
    assert all(np.array_equal(a, b) for run in runs[1:] for a, b in zip(runs[0], run, strict=True))


@pytest.mark.parametrize("instructions", available_instructions())
def test_every_instruction_set_finds_the_same_groups(instructions):
    x = np.random.default_rng(0).normal(size=(1001, 3)) + 20 * np.eye(3)[np.arange(1001) % 3]
    source = ArraySource(x)
    metric = metric_of(source, False)
    labels = kmeans_labels(source, NativeKernel(1, instructions), 3, metric, np.random.default_rng(0))
    assert len(set(zip(labels.tolist(), (np.arange(1001) % 3).tolist(), strict=True))) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"middle": np.zeros(2)},
        {"whitener": np.ones(2)},
        {"whitener": np.ones(9)},
        {"order": np.arange(3)},
        {"anchors": np.zeros((1, 2))},
        {"anchors": np.zeros((5, 3))},
        {"positions": np.zeros((1, 3))},
        {"candidates": 0},
        {"n_components": 0},
        {"rows": np.empty((0, 3))},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_core_refuses_what_does_not_fit(wrong):
    good = {
        "rows": X, "weight": None, "middle": np.zeros(3), "whitener": np.eye(3), "order": None,
        "anchors": np.empty((0, 3)), "n_components": 4, "candidates": 1, "positions": np.zeros((1, 4)), "steps": 1,
        "moves": 0, "labelled": True, "threads": 1, "variant": KERNEL.variant,
    }  # fmt: skip
    _core.kmeans(**good)
    with pytest.raises(ValueError, match="fit"):
        _core.kmeans(**{**good, **wrong})


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("scatter", Scatter)
def test_sums_of_groups_are_those_about_their_means(scatter, weight):
    source, labels = ArraySource(X + 1e6, weight), np.random.default_rng(0).integers(0, 3, len(X))
    labels[labels == 2] = 3  # a group without rows keeps the middle
    native = source.fold_groups(KERNEL, labels, 4, scatter)
    slow = super(ArraySource, source).fold_groups(KERNEL, labels, 4, scatter)
    assert np.array_equal(native.shift, slow.shift)
    assert np.array_equal(native.shift[2], source.moments.mean)
    for name in ("total", "counts", "first", "second"):
        assert np.array_equal(getattr(native, name), getattr(slow, name)), name


def test_labellings_that_are_renumbered_are_one():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 100), rng.integers(0, 5, 100)
    names = rng.permutation(5)
    assert [one is two for one, two in zip(distinct([a, names[a], b, names[b] + 3]), [a, b], strict=True)] == [True] * 2
