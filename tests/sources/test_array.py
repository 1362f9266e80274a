"""Rows in memory: statistics add, weights count rows, draws follow the weights."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter, Statistics
from tests.kernels.cases import FORMS, make_case

KERNEL = NativeKernel()
FIELDS = ("log_likelihood", "map_log_responsibility", "total", "counts", "first", "second")


def fold(source: ArraySource, parameters, scatter) -> Statistics:
    return source.fold(KERNEL, [parameters], [scatter])[0]


def assert_same(a: Statistics, b: Statistics, tolerance: float = 1e-12) -> None:
    for name in FIELDS:
        x, y = np.asarray(getattr(a, name)), np.asarray(getattr(b, name))
        assert np.abs(x - y).max() <= tolerance * max(1.0, np.abs(y).max()), name


@pytest.mark.parametrize(("kind", "tied"), FORMS)
@pytest.mark.parametrize("scatter", Scatter)
def test_statistics_add(kind, tied, scatter):
    """However the rows are cut, the sum is the fold of all."""
    case = make_case(1000, 3, 4, kind, tied, np.float64)
    whole = fold(ArraySource(case.rows, case.weight), case.parameters, scatter)
    cuts = np.split(np.arange(1000), [1, 130, 700])
    total = Statistics.zero(case.parameters.means, scatter)
    for rows in cuts:
        total = total + fold(ArraySource(case.rows[rows], case.weight[rows]), case.parameters, scatter)
    assert_same(total, whole)


def test_statistics_about_other_points_do_not_add():
    case = make_case(50, 2, 2, "full", False, np.float64)
    other = make_case(50, 2, 2, "full", False, np.float64, seed=1)
    one = fold(ArraySource(case.rows), case.parameters, Scatter.FULL)
    two = fold(ArraySource(case.rows), other.parameters, Scatter.FULL)
    with pytest.raises(ValueError, match="share the scatter and the shift"):
        one + two


@pytest.mark.parametrize("scatter", Scatter)
def test_within_scatter_is_about_the_components_own_means(scatter):
    case = make_case(500, 3, 2, "full", False, np.float64)
    labels = np.random.default_rng(0).integers(0, 2, 500)
    statistics = ArraySource(case.rows).fold_given(KERNEL, labels, case.parameters.means, scatter)
    scatters = np.array([np.cov(case.rows[labels == k].T, bias=True) * (labels == k).sum() for k in (0, 1)])
    expected = {
        Scatter.TRACE: np.einsum("kdd->k", scatters),
        Scatter.DIAGONAL: np.einsum("kdd->kd", scatters),
        Scatter.FULL: scatters,
        Scatter.POOLED: scatters.sum(axis=0),
    }[scatter]
    assert np.allclose(statistics.within(), expected, rtol=1e-10)
    assert np.allclose(statistics.means(), [case.rows[labels == k].mean(axis=0) for k in (0, 1)])


def test_weights_are_counts():
    case = make_case(300, 2, 3, "full", False, np.float64)
    weight = np.random.default_rng(0).integers(0, 4, 300)
    weighted = ArraySource(case.rows, weight)
    repeated = ArraySource(np.repeat(case.rows, weight, axis=0))
    assert weighted.total == repeated.n_rows == weight.sum()
    assert weighted.n_rows == (weight > 0).sum()
    assert_same(*(fold(s, case.parameters, Scatter.FULL) for s in (weighted, repeated)))
    positions = np.random.default_rng(1).random(1000)
    assert np.array_equal(weighted.draw(positions), repeated.draw(positions))


def test_moments_far_from_the_origin():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 2)) @ [[1, 0.5], [0, 2]]
    moved = x + 1e8
    moments = ArraySource(moved).moments
    assert np.allclose(moments.covariance, np.cov((moved - 1e8).T, bias=True), rtol=1e-9)
    assert np.allclose(moments.mean - 1e8, (moved - 1e8).mean(axis=0), atol=1e-7)


def test_a_sample_stands_for_the_whole():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2))
    weight = np.where(x[:, 0] > 0, 3.0, 1.0)
    sample = ArraySource(x, weight).sample(5_000, np.random.default_rng(1))
    assert sample.n_rows == 5_000
    assert (sample.draw(np.linspace(0, 1, 5_000, endpoint=False))[:, 0] > 0).mean() == pytest.approx(0.75, abs=0.01)
    small = ArraySource(x[:100])
    assert small.sample(5_000, rng) is small
