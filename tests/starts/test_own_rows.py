"""What moves ask of the rows in the core, beside the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.kernels import NativeKernel
from bactrian.kernels.native import doubts, own_rows
from bactrian.statistics import Scatter
from tests.fit.cases import lobes

NOTHING = 1e-3
D = 3
X = lobes(300, D, 4)
WEIGHT = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)


def mixture():
    rng = np.random.default_rng(5)
    z = rng.dirichlet(np.full(4, 0.3), len(X))
    means = rng.normal(size=(4, D)) + X.mean(axis=0)
    factors = np.linalg.cholesky(np.array([np.cov(rng.normal(size=(D, 20))) for _ in range(4)]))
    return z, rng.normal(size=len(X)), means, np.linalg.inv(factors), rng.normal(size=(4, D)), rng.random((4, 2))


def asked(kernel, weight, order=None, rows=X, components=(0, 2, 3)):
    z, log_density, means, whiteners, axes, positions = mixture()
    c = np.array(components)
    return own_rows(
        kernel,
        rows,
        weight,
        order,
        z,
        log_density,
        c,
        means[c],
        whiteners[c],
        axes[c],
        positions[c],
        NOTHING,
        Scatter.FULL,
    )


def first_at(position, masses):
    return int(np.searchsorted(np.cumsum(masses), position * masses.sum(), side="right"))


def ways(c, rows, weight):
    """The three of them in NumPy, but those with a part that weighs no more than D."""
    _, _, means, whiteners, axes, positions = mixture()
    apart = rows - means[c]
    white = apart @ np.tril(whiteners[c]).T
    yield (apart @ axes[c] > 0).astype(int)
    near = white[first_at(positions[c, 0], weight)]
    centres = near, white[first_at(positions[c, 1], weight * ((white - near) ** 2).sum(axis=1))]
    for _ in range(3):
        between = centres[1] - centres[0]
        labels = (white @ between > 0.5 * (centres[0] + centres[1]) @ between).astype(int)
        centres = tuple(np.average(white[labels == i], axis=0, weights=weight[labels == i]) for i in (0, 1))
    yield labels
    distances = (white**2).sum(axis=1)
    order = np.argsort(distances)
    cumulated = np.cumsum(weight[order])
    yield (distances > distances[order[np.searchsorted(cumulated, 0.5 * cumulated[-1])]]).astype(int)


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_rows_and_ways(weight, dtype, shuffled):
    z, log_density, *_ = mixture()
    order = np.random.default_rng(1).permutation(len(X)) if shuffled else None
    x = X.astype(dtype)
    found = asked(NativeKernel(2), weight, order, x)
    for c, own in zip((0, 2, 3), found, strict=True):
        places = np.arange(len(X)) if order is None else order
        here = places[z[places, c] > NOTHING]
        share = z[here, c] * (1.0 if weight is None else weight[here])
        assert np.array_equal(own.rows, x[here].astype(np.float64))
        assert np.allclose(own.weight, share, rtol=1e-15)
        assert own.log_joint == pytest.approx(share @ (np.log(z[here, c]) + log_density[here]), rel=1e-12)
        expected = [labels for labels in ways(c, own.rows, share) if np.bincount(labels, share, 2).min() > D]
        assert len(own.ways) == len(expected) > 0
        for i, labels in enumerate(expected):
            counts = np.bincount(labels, share, 2)
            statistics = own.ways.statistics(i)
            assert np.allclose(statistics.counts, counts, rtol=1e-12)
            means = [np.average(own.rows[labels == g], axis=0, weights=share[labels == g]) for g in (0, 1)]
            assert np.allclose(statistics.means(), means, rtol=1e-10)


def test_few_rows_are_not_divided():
    z, log_density, means, whiteners, axes, positions = mixture()
    z = z.copy()
    z[:, 0] = 0.0
    z[:3, 1] = 0.5
    z[3:, 1] = NOTHING
    c = np.array([0, 1])
    none, few = own_rows(
        NativeKernel(1), X, None, None, z, log_density, c, means[c], whiteners[c], axes[c], positions[c], NOTHING,
        Scatter.DIAGONAL,
    )  # fmt: skip
    assert (none.rows.shape, len(none.ways)) == ((0, D), 0)
    assert (few.rows.shape, len(few.ways)) == ((3, D), 0)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_the_same_bits_on_any_number_of_threads(weight):
    one, *others = (asked(NativeKernel(threads), weight) for threads in (1, 2, 3, 8))
    for other in others:
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a.rows, b.rows)
            assert a.log_joint == b.log_joint
            assert all(
                np.array_equal(a.ways.statistics(i).second, b.ways.statistics(i).second) for i in range(len(a.ways))
            )


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_doubts(weight):
    z, *_ = mixture()
    pairs = np.array([[0, 1], [0, 3], [2, 3]])
    told = doubts(NativeKernel(2), z, weight, pairs, 1e-6)
    assert told == doubts(NativeKernel(1), z, weight, pairs, 1e-6)
    for (i, j), doubt in zip(pairs, told, strict=True):
        here = np.minimum(z[:, i], z[:, j]) > 1e-6
        a, b = z[here, i], z[here, j]
        each = (a + b) * np.log(a + b) - a * np.log(a) - b * np.log(b)
        assert doubt == pytest.approx(each.sum() if weight is None else each @ weight[here], rel=1e-12)


def test_many_rows_of_doubts():
    """More than one chunk."""
    z = np.random.default_rng(0).dirichlet(np.ones(3), 10_000)
    (told,) = doubts(NativeKernel(2), z, None, np.array([[0, 2]]), 1e-6)
    a, b = z[:, 0], z[:, 2]
    assert told == pytest.approx(((a + b) * np.log(a + b) - a * np.log(a) - b * np.log(b)).sum(), rel=1e-6)


def test_what_does_not_fit_is_refused():
    z, log_density, means, whiteners, axes, positions = mixture()
    c = np.array([4])
    with pytest.raises(ValueError, match="no such component"):
        own_rows(
            NativeKernel(1), X, None, None, z, log_density, c, means[:1], whiteners[:1], axes[:1], positions[:1],
            NOTHING, Scatter.FULL,
        )  # fmt: skip
    with pytest.raises(ValueError, match="no such component"):
        doubts(NativeKernel(1), z, None, np.array([[0, 4]]), 1e-6)
