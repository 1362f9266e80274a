"""Every compiled variant against 50 digits and the reference kernel, where digits are easily lost."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import mpmath
import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.statistics import Scatter
from tests.mixture import exact
from tests.mixture.cases import make

SINGLE = 2e-5
every_variant = pytest.mark.parametrize("instructions", available_instructions())
every_form = pytest.mark.parametrize("form", ["full", "tied", "diagonal", "spherical"])
every_dimension = pytest.mark.parametrize("d", [1, 2, 3, 5, 8, 12, 20])


def error(got, expected):
    return (np.abs(got - expected) / np.maximum(1, np.abs(expected))).max()


@cache
def problem(form, d, condition=10.0, spread=2.0, scale=1.0, shift=0.0, n=4):
    """A mixture, float64 rows of it and their log-densities, and the same for these rows rounded to float32."""
    mixture = make(form, d, 3, condition, spread).affine(scale, shift)
    rows = mixture.sample(n, rng=1)
    rounded = rows.astype(np.float32)
    return mixture, rows, exact.logpdf(mixture, rows), rounded, exact.logpdf(mixture, rounded.astype(float))


def check(instructions, case, tolerance, single=True):
    mixture, rows, expected, rounded, expected_rounded = case
    kernel, reference = NativeKernel(1, instructions), ReferenceKernel()
    assert error(kernel.log_densities(rows, mixture.parameters), expected) < tolerance
    assert error(reference.log_densities(rows, mixture.parameters), expected) < tolerance
    z = reference.responsibilities(rows, mixture.parameters)
    size = max(1, np.abs(expected).max())
    assert np.abs(kernel.responsibilities(rows, mixture.parameters) - z).max() < 2 * tolerance * size
    if single:
        assert error(kernel.log_densities(rounded, mixture.parameters), expected_rounded) < SINGLE


@every_variant
@every_form
@every_dimension
@pytest.mark.parametrize(("condition", "tolerance"), [(1e4, 1e-12), (1e8, 1e-9)])
def test_ill_conditioned(instructions, form, d, condition, tolerance):
    check(instructions, problem(form, d, condition), tolerance)


@every_variant
@every_form
@every_dimension
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 1e8), (1e-6, 0.0), (2.0**-400, 0.0)])
def test_far_offset_and_tiny_scale(instructions, form, d, scale, shift):
    # float32 has no such numbers as 2^-400, and 1e8 + 1 only as 1e8
    check(instructions, problem(form, d, 10.0, scale=scale, shift=shift), 1e-12, single=scale == 1e-6)


@every_variant
@every_form
@every_dimension
@pytest.mark.parametrize("spread", [1.0, 25.0, 1e3, 1e6])
def test_components_far_apart(instructions, form, d, spread):
    check(instructions, problem(form, d, 4.0, spread), 1e-12)


@every_variant
@pytest.mark.parametrize("form", ["full", "diagonal", "spherical"])
@pytest.mark.parametrize("d", [1, 3, 8])
def test_a_tight_component_beside_a_wide_one(instructions, form, d):
    variances = np.array([1e-8, 1.0])
    covariance = {
        "full": variances[:, None, None] * np.eye(d),
        "diagonal": variances[:, None] * np.ones(d),
        "spherical": variances,
    }[form]
    mixture = bt.Mixture([0.3, 0.7], np.array([np.full(d, 0.5), np.zeros(d)]), covariance, form=form)
    rows = np.vstack(
        [0.5 + 1e-4 * np.linspace(-3, 3, 4)[:, None] * np.ones(d), np.linspace(-2, 2, 4)[:, None] * np.ones(d)]
    )
    rounded = rows.astype(np.float32)
    case = (mixture, rows, exact.logpdf(mixture, rows), rounded, exact.logpdf(mixture, rounded.astype(float)))
    check(instructions, case, 1e-12)


FIELDS = ("log_likelihood", "map_log_responsibility", "total", "counts", "first", "second")


@every_variant
@every_form
@pytest.mark.parametrize("d", [1, 2, 5, 20, 40])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_bits_for_any_number_of_threads(instructions, form, d, dtype):
    mixture = make(form, d, 4)
    rows = mixture.sample(6_007, rng=0).astype(dtype)
    for scatter in (Scatter.POOLED, Scatter.DIAGONAL):
        runs = [NativeKernel(t, instructions).accumulate(rows, None, mixture.parameters, scatter) for t in (1, 2, 3, 8)]
        for name in FIELDS:
            assert len({np.asarray(getattr(run, name)).tobytes() for run in runs}) == 1, name
    scores = [NativeKernel(t, instructions).log_densities(rows, mixture.parameters).tobytes() for t in (1, 2, 3, 8)]
    assert len(set(scores)) == 1


def odds_problem(dtype):
    """Two unit normals at -1 and 1, where P(1 | x) / P(0 | x) = e^(2x), and x from the middle down into underflow."""
    mixture = bt.Mixture([0.5, 0.5], [[-1.0], [1.0]], [1.0, 1.0], form="spherical")
    # multiples of 1/64: the joint log-densities are exact but for their last addition
    deepest = 352 if dtype is np.float64 else 43
    return mixture, (-np.arange(0, deepest * 64, 7 if dtype is np.float64 else 1) / 64)[:, None].astype(dtype)


@every_variant
@pytest.mark.parametrize(("dtype", "ulps"), [(np.float64, 4.0), (np.float32, 4.0)])
def test_exp_over_its_whole_range(instructions, dtype, ulps):
    mixture, rows = odds_problem(dtype)
    z = NativeKernel(1, instructions).responsibilities(rows, mixture.parameters)[:, 1]
    x = rows[:, 0].astype(float)
    with mpmath.workdps(30):
        expected = np.array([float(1 / (1 + mpmath.exp(-2 * mpmath.mpf(v)))) for v in x])
    # exp(j1 - j0) has the rounding of its arguments, eps / 2 of each, besides its own
    arguments = (x - 1) ** 2 / 2 + 1.5
    allowed = np.finfo(dtype).eps * (ulps + arguments)
    assert (np.abs(z / expected - 1) <= allowed).all()


@every_variant
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_exp_of_weights(instructions, dtype):
    """Two components of one place: a responsibility is its weight, e^(log w) however small it is."""
    kernel, eps = NativeKernel(1, instructions), np.finfo(dtype).eps
    for p in np.linspace(0.31, 307 if dtype is np.float64 else 37, 150):
        w = 10.0**-p
        mixture = bt.Mixture([1 - w, w], [[0.0], [0.0]], [1.0, 1.0], form="spherical")
        got = kernel.responsibilities(np.zeros((1, 1), dtype), mixture.parameters)[0, 1]
        # 3 for exp and the quotient; each constant, about |log w| + 1, is rounded once more
        assert abs(got / w - 1) <= eps * (3 + (np.log(10) * p + 1))


@every_variant
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_below_the_range_of_exp_responsibilities_are_zero_or_right(instructions, dtype):
    mixture, _ = odds_problem(dtype)
    edge = 354.0 if dtype is np.float64 else 43.5  # e^-708 and e^-87
    rows = np.linspace(-edge - 20, -edge + 2, 1409)[:, None].astype(dtype)
    z = NativeKernel(1, instructions).responsibilities(rows, mixture.parameters)[:, 1]
    with np.errstate(under="ignore"):
        expected = np.exp(2 * rows[:, 0].astype(float))
    # the distance, 63000 at the edge (990), is rounded before exp sees it
    tolerance = np.finfo(dtype).eps * edge**2
    below = rows[:, 0] < -edge - 0.01
    assert (np.where(below, np.minimum(np.abs(z - expected), z), np.abs(z - expected)) <= tolerance * expected).all()
    assert (z <= expected * (1 + tolerance)).all()
    assert (np.diff(z) >= -tolerance * z[1:]).all()


@every_variant
@pytest.mark.parametrize(("dtype", "ulps"), [(np.float64, 4.0), (np.float32, 4.0)])
@pytest.mark.parametrize("k", [1, 2, 3, 7, 16, 100])
def test_log_of_equal_parts(instructions, dtype, ulps, k):
    """K components of one place and weight 1/K: the kernel's log must undo what the constants hold, log K."""
    mixture = bt.Mixture(np.full(k, 1 / k), np.zeros((k, 1)), np.ones(k), form="spherical")
    rows = (np.arange(-640, 640) / 128)[:, None].astype(dtype)
    expected = np.array([float(-(mpmath.mpf(v) ** 2) / 2 - mpmath.log(2 * mpmath.pi) / 2) for v in rows[:, 0].tolist()])
    got = NativeKernel(1, instructions).log_densities(rows, mixture.parameters)
    assert (np.abs(got - expected) <= ulps * np.finfo(dtype).eps * (np.log(k) + np.maximum(1, np.abs(expected)))).all()


@every_variant
@pytest.mark.parametrize(("dtype", "ulps"), [(np.float64, 4.0), (np.float32, 4.0)])
def test_log_between_one_and_two(instructions, dtype, ulps):
    mixture, rows = odds_problem(dtype)
    rows = rows[-rows[:, 0] < 20]
    got = NativeKernel(1, instructions).log_densities(rows, mixture.parameters)
    expected = exact.logpdf(mixture, rows[::4].astype(float))
    assert (np.abs(got[::4] - expected) <= ulps * np.finfo(dtype).eps * np.maximum(1, np.abs(expected))).all()


SCRIPT = """
import numpy as np
from bactrian.kernels import NativeKernel
from tests.mixture.cases import make
parts = []
for form in ("full", "tied", "diagonal", "spherical"):
    mixture = make(form, 5, 3)
    kernel = NativeKernel(1)
    parts.append(kernel.log_densities(mixture.sample(300, rng=2), mixture.parameters))
print(np.concatenate(parts).tobytes().hex())
"""


def densities_under(instructions):
    environment = {**os.environ, "BACTRIAN_INSTRUCTIONS": instructions}
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=60)


def test_the_portable_path_can_be_forced():
    forced, best = (densities_under(name) for name in ("plain", available_instructions()[0]))
    plain, fast = (np.frombuffer(bytes.fromhex(run.stdout)) for run in (forced, best))
    assert len(plain) == 1200
    assert error(plain, fast) < 1e-12
    # the same bits as the path that is asked for by name
    mixtures = [make(form, 5, 3) for form in ("full", "tied", "diagonal", "spherical")]
    by_name = [NativeKernel(1, "plain").log_densities(m.sample(300, rng=2), m.parameters) for m in mixtures]
    assert np.array_equal(plain, np.concatenate(by_name))


def test_an_instruction_set_nobody_has_is_refused():
    run = densities_under("v9")
    assert run.returncode != 0
    assert "'v9' was asked for" in run.stderr


@pytest.mark.parametrize("form", ["spherical", "diagonal", "full"])
def test_rows_of_float32_whose_log_density_it_cannot_say(form):
    """Where float32 has a least number, float64 goes on; other rows keep their bits."""
    covariances = {"spherical": np.ones(2), "diagonal": np.ones((2, 2)), "full": np.array([np.eye(2)] * 2)}
    mixture = bt.Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], covariances[form], form=form)
    rows = np.array([[0.5, 2.0], [1e15, 0.0], [1e16, 0.0], [1e20, -1e20], [3e38, 0.0]], dtype=np.float32)
    found, exact = mixture.logpdf(rows), mixture.logpdf(rows.astype(np.float64))
    assert np.allclose(found, exact, rtol=1e-6)
    assert found[2] == exact[2] < -1e31
    assert np.array_equal(found[:2], mixture.logpdf(rows[:2]))
