"""Responsibilities that are nothing are left out of the moments, and nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.covariance import Full
from bactrian.kernels import NativeKernel, Parameters, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.statistics import Scatter

D = 16  # beyond the few features whose products are shared
every_variant = pytest.mark.parametrize("instructions", available_instructions())
every_dtype = pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 2e-6)])


def separated(n: int, k: int, distance: float, dtype: type) -> tuple[np.ndarray, Parameters]:
    rng = np.random.default_rng(0)
    means = distance * rng.normal(size=(k, D))
    rows = means[rng.integers(0, k, n)] + rng.normal(size=(n, D))
    covariance = Full(np.repeat(np.eye(D)[None], k, axis=0), k, False)
    return rows.astype(dtype), Parameters(np.full(k, 1 / k), means, covariance)


@every_variant
@every_dtype
@pytest.mark.parametrize("distance", [0.5, 3.0, 6.0])
@pytest.mark.parametrize("k", [2, 40])
def test_the_moments_are_those_of_all_rows(instructions, dtype, tolerance, distance, k):
    rows, parameters = separated(1_000, k, distance, dtype)
    got = NativeKernel(2, instructions).accumulate(rows, None, parameters, Scatter.FULL)
    expected = ReferenceKernel().accumulate(rows, None, parameters, Scatter.FULL)
    share = 1 / expected.counts
    # responsibilities are as right as the log-densities they come from; the least component holds a few rows
    assert np.abs(got.counts * share - 1).max() < 100 * tolerance
    assert np.abs(got.means() - expected.means()).max() < 300 * tolerance
    difference = (got.within() - expected.within()) * share[:, None, None]
    assert np.abs(difference).max() < 1000 * tolerance


@every_variant
@pytest.mark.parametrize("far", [9.0, 20.0, 30.0])
def test_a_component_that_holds_next_to_nothing_still_holds_it(instructions, far):
    """All its responsibilities are below what is left out, so the pass is made again with everything."""
    rows, parameters = separated(400, 3, 0.5, np.float64)
    means = parameters.means.copy()
    means[1] = means[0]
    means[1, 0] += far
    parameters = Parameters(parameters.weights, means, parameters.covariance)
    got = NativeKernel(1, instructions).accumulate(rows, None, parameters, Scatter.FULL)
    expected = ReferenceKernel().accumulate(rows, None, parameters, Scatter.FULL)
    assert expected.counts[1] > 0
    assert got.counts[1] == pytest.approx(expected.counts[1], rel=1e-9)
    assert np.allclose(got.first[1], expected.first[1], rtol=1e-9, atol=1e-9 * np.abs(expected.first[1]).max())
