"""M-steps: stationary within their family; the floor binds exactly where it must."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.covariance import Full, Spherical
from bactrian.families import FAMILIES, Floor, parse_families, parse_family
from tests.families.cases import COUNTS, D, K, assert_in_family, case, m_step, neighbour, objective, slopes

CLOSED = ("EII", "VII", "EEI", "VVI", "EEE", "VVV")

every_family = pytest.mark.parametrize("code", FAMILIES)


@every_family
def test_no_neighbour_in_the_family_is_better(code):
    covariance, held = m_step(code)
    assert len(held) == 0
    best, rng = objective(covariance), np.random.default_rng(1)
    for step in (1e-1, 1e-2, 1e-3, 1e-4):
        others = [neighbour(code, covariance, step, rng) for _ in range(20)]
        assert all(objective(other) < best for other in others)
        assert_in_family(code, others[0])


@every_family
@pytest.mark.parametrize(("d", "k"), [(1, 3), (2, 5), (4, 3), (9, 4), (24, 2)])
def test_the_gradient_within_the_family_vanishes(code, d, k):
    """By every volume, shape and angle that the family is free to choose, in nats per row."""
    within, counts = case(d, k)
    assert np.abs(slopes(code, m_step(code, within, counts)[0], within, counts)).max() < 1e-8


@every_family
def test_slopes_are_those_of_the_objective(code):
    """By central differences along random steps inside the family: there are none at the optimum, but elsewhere."""

    def steepest(at):
        pairs = [
            [objective(neighbour(code, at, step, np.random.default_rng(seed))) for step in (1e-5, -1e-5)]
            for seed in range(10)
        ]
        return np.abs(np.diff(pairs)).max() / 2e-5 / COUNTS.sum()

    covariance, _ = m_step(code)
    elsewhere = Full(neighbour(code, covariance, 0.1, np.random.default_rng(7)), K)
    slope = np.abs(slopes(code, elsewhere)).max()
    assert 0.3 * slope < steepest(elsewhere) < 100 * slope
    assert steepest(covariance) < 1e-6 < 1e-4 < slope


@every_family
def test_the_m_step_is_in_the_family(code):
    assert_in_family(code, m_step(code)[0].dense())


@every_family
def test_a_floor_far_below_changes_nothing(code):
    free, _ = m_step(code)
    floored, held = m_step(code, floor=Floor(np.full(D, 1e-8)))
    exact = {"rtol": 0, "atol": 0} if code in CLOSED else {"rtol": 1e-11, "atol": 1e-12}
    assert np.allclose(free.array, floored.array, **exact)
    assert len(held) == 0


@every_family
def test_a_floor_that_binds_holds_every_direction(code):
    minimum = np.array([200.0, 100.0, 300.0, 50.0])
    covariance, held = m_step(code, floor=Floor(minimum))
    assert len(held)
    scale = np.sqrt(np.full(D, minimum.mean()) if isinstance(covariance, Spherical) else minimum)
    smallest = [np.linalg.eigvalsh(c / scale[:, None] / scale)[0] for c in covariance.dense()]
    assert min(smallest) >= 1 - 1e-12


@pytest.mark.parametrize("code", ["EII", "VII", "EEI", "VEI", "EVI", "VVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"])
def test_a_floor_that_binds_leaves_the_family_as_it_is(code):
    """Some variances are held, others are not, and what is shared is still shared."""
    free, _ = m_step(code)
    variances = np.linalg.eigvalsh(free.dense())
    covariance, held = m_step(code, floor=Floor(np.full(D, 1.01 * np.median(variances))))
    assert len(held)
    assert_in_family(code, covariance.dense())


@pytest.mark.parametrize("code", ["EVI", "VVI", "EVV", "VVV"])
def test_a_binding_floor_gives_the_constrained_maximum(code):
    level = float(np.median(np.linalg.eigvalsh(m_step(code)[0].dense())))
    covariance, held = m_step(code, floor=Floor(np.full(D, level)))
    assert len(held)
    best, rng, tried = objective(covariance), np.random.default_rng(0), 0
    for step in (1e-1, 1e-2, 1e-3) * 100:
        other = neighbour(code, covariance, step, rng)
        if np.linalg.eigvalsh(other).min() >= level:
            tried += 1
            assert objective(other) <= best + 1e-9
    assert tried or code == "VVV"
    for other in [neighbour("VVV", covariance, 1e-2, rng) for _ in range(20 if code == "VVV" else 0)]:
        allowed, _ = Floor(np.full(D, level)).full(other, K, tied=False)  # pushed back above the floor
        assert objective(allowed) <= best + 1e-9


def test_names():
    assert parse_family("full").code == "VVV"
    assert parse_family("tied").code == "EEE"
    assert parse_family("vev").code == "VEV"
    assert parse_families("all", 1) == (FAMILIES["EII"], FAMILIES["VII"])
    assert len(parse_families("all", 2)) == 14
    assert [f.code for f in parse_families(["diag", "VVI", "spherical"], 3)] == ["VVI", "VII"]
    with pytest.raises(bt.ParameterError, match="there is no family 'VXV'"):
        parse_family("VXV")


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("EII", 1), ("VII", K), ("EEI", D), ("VEI", K + D - 1), ("EVI", 1 + K * (D - 1)), ("VVI", K * D),
        ("EEE", D * (D + 1) // 2), ("VEE", K + D - 1 + D * (D - 1) // 2),
        ("EVE", 1 + K * (D - 1) + D * (D - 1) // 2), ("VVE", K * D + D * (D - 1) // 2),
        ("EEV", D + K * D * (D - 1) // 2), ("VEV", K + D - 1 + K * D * (D - 1) // 2),
        ("EVV", 1 - K + K * D * (D + 1) // 2), ("VVV", K * D * (D + 1) // 2),
    ],
)  # fmt: skip
def test_parameter_counts(code, count):
    assert FAMILIES[code].n_covariance_parameters(K, D) == count
    assert FAMILIES[code].n_parameters(K, D) == count + K * D + K - 1
