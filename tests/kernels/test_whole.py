"""What all rows have in common is added up once, and the statistics are those of a pass that adds it up again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.sources.array import ArraySource
from bactrian.statistics import Scatter
from tests.kernels.cases import make_case
from tests.kernels.test_against_reference import TOLERANCE, assert_same
from tests.kernels.test_same_bits import same_bits
from tests.mixture.cases import make

REFERENCE = ReferenceKernel()
every_variant = pytest.mark.parametrize("instructions", available_instructions())
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])
SHAPES = [(50, 1, 3), (400, 2, 7), (700, 6, 5), (500, 17, 9), (700, 34, 3), (900, 64, 2)]


def both(kernel, rows, weight, parameters):
    mean = np.average(rows.astype(float), axis=0, weights=weight)
    got = kernel.accumulate(rows, weight, parameters, Scatter.POOLED, kernel.whole(rows, weight, mean))
    return got, REFERENCE.accumulate(rows, weight, parameters, Scatter.POOLED)


@every_variant
@every_dtype
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "x".join(map(str, s)))
def test_the_statistics_are_the_same(instructions, dtype, weighted, shape):
    case = make_case(*shape, "full", True, dtype)
    assert_same(*both(NativeKernel(2, instructions), case.rows, case.weight if weighted else None, case.parameters),
                TOLERANCE[dtype])  # fmt: skip


@every_variant
@pytest.mark.parametrize("d", [2, 5, 20])
@pytest.mark.parametrize(
    ("condition", "spread", "scale", "shift", "tolerance"),
    [
        (10.0, 2.0, 1.0, 1e8, 1e-12),
        (10.0, 2.0, 1e-6, 0.0, 1e-12),
        (10.0, 2.0, 2.0**-400, 0.0, 1e-12),
        (1e4, 2.0, 1.0, 0.0, 1e-12),
        (1e8, 2.0, 1.0, 0.0, 1e-9),
        (10.0, 25.0, 1.0, 0.0, 1e-12),
        (10.0, 1e4, 1.0, 0.0, 1e-12),
    ],
)
def test_where_digits_are_easily_lost(instructions, d, condition, spread, scale, shift, tolerance):
    mixture = make("tied", d, 4, condition, spread).affine(scale, shift)
    rows = mixture.sample(600, rng=1)
    got, expected = both(NativeKernel(2, instructions), rows, None, mixture.parameters)
    assert got.log_likelihood == pytest.approx(expected.log_likelihood, rel=tolerance, abs=tolerance * len(rows))
    assert np.abs(got.counts - expected.counts).max() < tolerance * len(rows)
    whitener = mixture.parameters.covariance.whiteners[0]  # errors in standard deviations
    assert np.abs((got.means() - expected.means()) @ whitener.T).max() < 10 * tolerance
    difference = whitener @ (got.within() - expected.within()) @ whitener.T
    assert np.abs(difference).max() < 100 * tolerance * len(rows)


@every_variant
def test_what_is_known_is_used_where_it_is_safe(instructions):
    """A wrong scatter shows, unless the components stand so far apart that nobody may rely on it."""
    case = make_case(500, 6, 4, "full", True, np.float64)
    kernel = NativeKernel(1, instructions)
    whole = kernel.whole(case.rows, None, case.rows.mean(axis=0))
    wrong = replace(whole, scatter=2 * whole.scatter)
    for spread, used in ((1.0, True), (1e3, False)):
        parameters = replace(case.parameters, means=case.parameters.means * spread)
        runs = [kernel.accumulate(case.rows, None, parameters, Scatter.POOLED, w) for w in (None, whole, wrong)]
        assert same_bits(runs[0], runs[2]) is not used
        assert same_bits(runs[0], runs[1]) is not used


@every_dtype
def test_the_same_bits_for_any_number_of_threads(dtype):
    case = make_case(60_000, 9, 5, "full", True, dtype)
    folds = [
        ArraySource(case.rows, case.weight).fold(NativeKernel(t), [case.parameters], [Scatter.POOLED])[0]
        for t in (1, 2, 3)
    ]
    assert same_bits(folds[0], folds[1])
    assert same_bits(folds[0], folds[2])


def test_rows_too_wide_to_be_squared_go_without():
    case = make_case(200, 3, 2, "full", True, np.float64)
    source = ArraySource(case.rows * 1e120)
    parameters = bt.Mixture(case.parameters.weights, case.parameters.means * 1e120, np.eye(3) * 1e240, form="tied")
    got = source.fold(NativeKernel(1), [parameters.parameters], [Scatter.POOLED])[0]
    expected = REFERENCE.accumulate(source.values, None, parameters.parameters, Scatter.POOLED)
    assert got.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)


def test_the_scatter_of_constant_features_is_nothing():
    rows = np.column_stack([np.random.default_rng(0).normal(size=300), np.full(300, 3.0)])
    parameters = bt.Mixture([0.5, 0.5], [[-1.0, 3.0], [1.0, 3.0]], np.diag([1.0, 1e-6]), form="tied").parameters
    got = ArraySource(rows).fold(NativeKernel(1), [parameters], [Scatter.POOLED])[0]
    assert_same(got, REFERENCE.accumulate(rows, None, parameters, Scatter.POOLED), 2e-13)
