"""What travels arrives as it was, to the last bit, and adds like what it stands for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bactrian.kernels import NativeKernel, Noise
from bactrian.packing import PackedParameters, pack, packed_size, unpack, unpack_all
from bactrian.sources.partitioned.tree import combine, leaf, total
from bactrian.statistics import Scatter
from tests.kernels.cases import FORMS, make_case

FIELDS = ("log_likelihood", "map_log_responsibility", "total", "counts", "shift", "first", "second")


@pytest.mark.parametrize("scatter", Scatter)
@pytest.mark.parametrize(("n", "d", "k"), [(200, 4, 3), (50, 1, 2), (60, 3, 1)])
def test_statistics(scatter, n, d, k):
    case = make_case(n, d, k, "full", False, np.float64)
    statistics = NativeKernel().accumulate(case.rows, case.weight, case.parameters, scatter)
    vector = pack(statistics)
    assert vector.shape == (packed_size(statistics.shift, scatter),)
    if scatter is Scatter.FULL:
        assert len(vector) == 3 + k * (d + 1) * (d + 2) // 2
    again = unpack(vector, statistics.shift, scatter)
    for name in FIELDS:
        assert np.array_equal(getattr(again, name), getattr(statistics, name)), name


def test_several_in_a_row():
    case = make_case(100, 2, 3, "full", False, np.float64)
    scatters = list(Scatter)
    made = [NativeKernel().accumulate(case.rows, case.weight, case.parameters, s) for s in scatters]
    again = unpack_all(np.concatenate(list(map(pack, made))), [case.parameters.means] * 4, scatters)
    for one, other in zip(made, again, strict=True):
        assert np.array_equal(one.second, other.second)


@pytest.mark.parametrize(("kind", "tied"), FORMS)
def test_parameters(kind, tied):
    parameters = replace(make_case(50, 3, 4, kind, tied, np.float64).parameters, noise=Noise(0.1, -3.0))
    again = PackedParameters.of(parameters).unpack()
    assert again.noise == parameters.noise
    assert again.covariance.name == parameters.covariance.name
    for one, other in ((parameters.weights, again.weights), (parameters.means, again.means)):
        assert np.array_equal(one, other)
    assert np.array_equal(parameters.covariance.array, again.covariance.array)
    assert np.array_equal(parameters.covariance.whiteners, again.covariance.whiteners)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 13])
def test_the_tree_does_not_depend_on_who_holds_what(n):
    rng = np.random.default_rng(n)
    leaves = [{leaf(i): rng.normal(size=5) * 10.0 ** rng.integers(-8, 8)} for i in range(n)]
    expected = total(combine(leaves, n))
    assert np.allclose(expected, sum(v for one in leaves for v in one.values()), rtol=1e-12, atol=1e-6)
    for _ in range(20):
        holders = rng.integers(0, 3, n)
        held = [combine([leaves[i] for i in rng.permutation(np.flatnonzero(holders == h))], n) for h in range(3)]
        assert np.array_equal(total(combine([held[i] for i in rng.permutation(3)], n)), expected)


def test_neighbours_in_one_hand_travel_as_one_sum():
    leaves = [{leaf(i): np.ones(1)} for i in range(16)]
    assert len(combine(leaves[:8], 16)) == 1
    assert len(combine(leaves[::2], 16)) == 8
