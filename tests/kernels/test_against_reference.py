"""Every compiled variant computes what the reference kernel defines."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.statistics import Scatter, Statistics
from tests.kernels.cases import FORMS, LARGE_SHAPES, SHAPES, make_case

REFERENCE = ReferenceKernel()
TOLERANCE = {np.float64: 2e-13, np.float32: 2e-5}
every_variant = pytest.mark.parametrize("instructions", available_instructions())
every_shape = pytest.mark.parametrize("shape", SHAPES + LARGE_SHAPES, ids=lambda s: "x".join(map(str, s)))
every_form = pytest.mark.parametrize(("kind", "tied"), FORMS)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def assert_same(got: Statistics, expected: Statistics, tolerance: float) -> None:
    for name in ("log_likelihood", "map_log_responsibility", "total", "counts", "first", "second"):
        mine, theirs = np.asarray(getattr(got, name)), np.asarray(getattr(expected, name))
        assert mine.shape == theirs.shape, name
        # all sums hang on the log-densities, whose rounding is relative to their own size
        scale = max(1.0, np.abs(theirs).max(), abs(expected.log_likelihood) / 10)
        assert np.abs(mine - theirs).max() <= tolerance * scale, name


@every_variant
@every_shape
@every_form
@every_dtype
@pytest.mark.parametrize("weighted", [False, True])
def test_accumulate(instructions, shape, kind, tied, dtype, weighted):
    case = make_case(*shape, kind, tied, dtype)
    weight = case.weight if weighted else None
    for scatter in Scatter:
        got = NativeKernel(2, instructions).accumulate(case.rows, weight, case.parameters, scatter)
        assert_same(got, REFERENCE.accumulate(case.rows, weight, case.parameters, scatter), TOLERANCE[dtype])


@every_variant
@every_shape
@every_dtype
@pytest.mark.parametrize("given", ["labels", "responsibilities"])
def test_accumulate_given(instructions, shape, dtype, given):
    n, d, k = shape
    case = make_case(n, d, k, "spherical", False, dtype)
    rng = np.random.default_rng(1)
    assignment = rng.integers(0, k, n) if given == "labels" else rng.dirichlet(np.ones(k), n)
    for scatter in Scatter:
        arguments = (case.rows, case.weight, assignment, case.parameters.means, scatter)
        got = NativeKernel(2, instructions).accumulate_given(*arguments)
        assert_same(got, REFERENCE.accumulate_given(*arguments), 1e-13)


@every_variant
@every_shape
@every_form
@every_dtype
def test_scores(instructions, shape, kind, tied, dtype):
    case = make_case(*shape, kind, tied, dtype)
    kernel = NativeKernel(2, instructions)
    tolerance = TOLERANCE[dtype]
    expected = REFERENCE.log_densities(case.rows, case.parameters)
    assert np.allclose(kernel.log_densities(case.rows, case.parameters), expected, rtol=tolerance, atol=tolerance)
    z = kernel.responsibilities(case.rows, case.parameters)
    assert np.allclose(z, REFERENCE.responsibilities(case.rows, case.parameters), rtol=0, atol=20 * tolerance)
    assert np.allclose(z.sum(axis=1), 1, rtol=0, atol=1e-6 if dtype is np.float32 else 1e-14)
    assert (kernel.classify(case.rows, case.parameters) == z.argmax(axis=1)).all()


@every_variant
@every_dtype
def test_rows_of_any_strides(instructions, dtype):
    case = make_case(400, 5, 3, "full", False, dtype)
    kernel = NativeKernel(1, instructions)
    expected = kernel.accumulate(case.rows, None, case.parameters, Scatter.FULL)
    wide = np.zeros((800, 11), dtype)
    wide[::2, 1::2] = case.rows
    backward = np.ascontiguousarray(case.rows[:, ::-1])[:, ::-1]
    for rows in (np.asfortranarray(case.rows), wide[::2, 1::2], backward):
        assert_same(kernel.accumulate(rows, None, case.parameters, Scatter.FULL), expected, 0.0)


@every_variant
def test_more_features_than_a_tile_holds(instructions):
    case = make_case(60, 300, 2, "full", True, np.float64)
    got = NativeKernel(2, instructions).accumulate(case.rows, None, case.parameters, Scatter.POOLED)
    assert_same(got, REFERENCE.accumulate(case.rows, None, case.parameters, Scatter.POOLED), 1e-12)


@every_variant
def test_a_component_of_weight_zero_takes_nothing(instructions):
    case = make_case(300, 3, 4, "full", False, np.float64)
    weights = np.array([0.5, 0.0, 0.5, 0.0])
    parameters = type(case.parameters)(weights, case.parameters.means, case.parameters.covariance)
    got = NativeKernel(1, instructions).accumulate(case.rows, None, parameters, Scatter.FULL)
    assert got.counts[1] == got.counts[3] == 0
    assert_same(got, REFERENCE.accumulate(case.rows, None, parameters, Scatter.FULL), 1e-13)


@every_variant
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_tails_neither_overflow_nor_vanish(instructions, dtype):
    case = make_case(300, 2, 3, "full", False, dtype)
    rows = (case.rows * dtype(1e6)).astype(dtype)
    expected = REFERENCE.log_densities(rows, case.parameters)
    assert expected.max() < -1e8
    got = NativeKernel(1, instructions).log_densities(rows, case.parameters)
    assert np.allclose(got, expected, rtol=TOLERANCE[dtype])
    assert np.isfinite(NativeKernel(1, instructions).responsibilities(rows, case.parameters)).all()


@every_variant
def test_rows_too_far_to_be_squared_stay_numbers(instructions):
    case = make_case(10, 2, 3, "full", False, np.float64)
    rows = np.full((10, 2), 1e200)
    kernel = NativeKernel(1, instructions)
    assert (kernel.log_densities(rows, case.parameters) < -1e299).all()
    assert np.allclose(kernel.responsibilities(rows, case.parameters), 1 / 3)
    assert np.array_equal(
        REFERENCE.responsibilities(rows, case.parameters), kernel.responsibilities(rows, case.parameters)
    )


@every_variant
@every_dtype
@pytest.mark.parametrize("spread", [1.0, 25.0, 1e4])
@pytest.mark.parametrize("scatter", [Scatter.POOLED, Scatter.FULL])
def test_tied_components_near_and_far_from_each_other(instructions, dtype, spread, scatter):
    """Near means are worked on about a common centre, far ones each for itself."""
    case = make_case(700, 6, 5, "full", True, np.float64)
    means = case.parameters.means * spread
    labels = np.random.default_rng(0).integers(0, 5, 700)
    rows = (means[labels] + case.rows - 3).astype(dtype)
    parameters = type(case.parameters)(case.parameters.weights, means, case.parameters.covariance)
    got = NativeKernel(2, instructions).accumulate(rows, case.weight, parameters, scatter)
    assert_same(got, REFERENCE.accumulate(rows, case.weight, parameters, scatter), TOLERANCE[dtype])
