"""M-steps: stationary within their family; the floor binds exactly where it must."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.families import FAMILIES, Family, Floor, Scatters, parse_families, parse_family
from bactrian.kernels import NativeKernel
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter, Statistics
from tests.fit.cases import lobes

K, D = 3, 4
X = lobes(300, D, K)
Z = np.random.default_rng(0).dirichlet(np.ones(K), len(X))
NO_FLOOR = Floor(np.zeros(D))


def statistics(scatter: Scatter) -> Statistics:
    source = ArraySource(X)
    centres = source.fold_given(NativeKernel(), Z, np.zeros((K, D)), Scatter.TRACE).means()
    return source.fold_given(NativeKernel(), Z, centres, scatter)


def m_step(family: Family, floor: Floor):
    found = statistics(family.scatter)
    return family.m_step(Scatters(found.within(), found.counts, D), floor, None)


def objective(covariance: Covariance) -> float:
    """What the M-step maximises: -1/2 sum_k { n_k log|Sigma_k| + tr(W_k Sigma_k^-1) }."""
    full = statistics(Scatter.FULL)
    dense = covariance.dense()
    traces = np.einsum("kij,kji->k", full.within(), np.linalg.inv(dense))
    return float(-0.5 * (full.counts @ np.linalg.slogdet(dense)[1] + traces.sum()))


def neighbours(covariance: Covariance, step: float) -> list[Covariance]:
    """Covariances of the same family, a small random step away."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(20):
        if isinstance(covariance, Spherical):
            moved = covariance.variances * np.exp(step * rng.normal(size=covariance.variances.shape))
            found.append(Spherical(moved, K, D, covariance.tied))
        elif isinstance(covariance, Diagonal):
            moved = covariance.variances * np.exp(step * rng.normal(size=covariance.variances.shape))
            found.append(Diagonal(moved, K, covariance.tied))
        else:
            assert isinstance(covariance, Full)
            turn = np.eye(D) + step * rng.normal(size=covariance.matrices.shape)
            found.append(Full(turn @ covariance.matrices @ turn.swapaxes(1, 2), K, covariance.tied))
    return found


@pytest.mark.parametrize("code", FAMILIES)
def test_no_neighbour_in_the_family_is_better(code):
    family = FAMILIES[code]
    covariance, held = m_step(family, NO_FLOOR)
    assert len(held) == 0
    best = objective(covariance)
    for step in (1e-1, 1e-2, 1e-3):
        assert all(objective(other) < best for other in neighbours(covariance, step))


@pytest.mark.parametrize("code", FAMILIES)
def test_a_floor_far_below_changes_no_bit(code):
    family = FAMILIES[code]
    free, _ = m_step(family, NO_FLOOR)
    floored, held = m_step(family, Floor(np.full(D, 1e-8)))
    assert np.array_equal(free.array, floored.array)
    assert len(held) == 0


@pytest.mark.parametrize("code", FAMILIES)
def test_a_floor_that_binds_holds_every_direction(code):
    family = FAMILIES[code]
    minimum = np.array([200.0, 100.0, 300.0, 50.0])
    covariance, held = m_step(family, Floor(minimum))
    assert len(held)
    scale = np.sqrt(np.full(D, minimum.mean()) if isinstance(covariance, Spherical) else minimum)
    smallest = [np.linalg.eigvalsh(c / scale[:, None] / scale)[0] for c in covariance.dense()]
    assert min(smallest) >= 1 - 1e-12


def test_a_binding_floor_gives_the_constrained_maximum():
    family = FAMILIES["VVV"]
    floor = Floor(np.full(D, 1.0))
    covariance, _ = m_step(family, floor)
    best = objective(covariance)
    for other in neighbours(covariance, 1e-2):
        allowed, _ = floor.full(other.dense(), K, tied=False)  # pushed back above the floor
        assert objective(allowed) <= best + 1e-9


def test_names():
    assert parse_family("full").code == "VVV"
    assert parse_family("tied").code == "EEE"
    assert parse_families("all", 1) == (FAMILIES["EII"], FAMILIES["VII"])
    assert [f.code for f in parse_families(["diag", "VVI", "spherical"], 3)] == ["VVI", "VII"]
    with pytest.raises(bt.ParameterError, match="there is no family 'VXV'"):
        parse_family("VXV")


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("EII", 1),
        ("VII", K),
        ("EEI", D),
        ("VVI", K * D),
        ("EEE", D * (D + 1) // 2),
        ("VVV", K * D * (D + 1) // 2),
    ],
)
def test_parameter_counts(code, count):
    assert FAMILIES[code].n_covariance_parameters(K, D) == count
    assert FAMILIES[code].n_parameters(K, D) == count + K * D + K - 1
