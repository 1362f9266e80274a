"""Scatter without spread, components without rows: an answer in the family, and which components the floor held."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.errors import CovarianceError
from bactrian.families import FAMILIES, Floor
from tests.families.cases import COUNTS, WITHIN, D, K, assert_in_family, m_step, objective

every_family = pytest.mark.parametrize("code", FAMILIES)
FLOOR = Floor(np.array([1e-8, 1e-10, 1e-9, 1e-9]))
FREE = ("VII", "VVI", "VVV")  # no component feels another


def singular(rank: int) -> np.ndarray:
    """The scatter with that of component 0 reduced to few directions."""
    within = WITHIN.copy()
    rows = np.random.default_rng(0).normal(size=(rank, D))
    within[0] = rows.T @ rows
    return within


@every_family
@pytest.mark.parametrize("rank", [0, 1, 3])
def test_a_component_without_spread_in_some_direction(code, rank):
    within = singular(rank)
    covariance, held = m_step(code, within, floor=FLOOR)
    dense = covariance.dense()
    assert np.isfinite(dense).all()
    scaled = dense / np.sqrt(np.outer(FLOOR.minimum, FLOOR.minimum))
    if code not in ("EII", "VII"):  # whose floor is the mean
        assert np.linalg.eigvalsh(scaled)[:, 0].min() >= 1 - 1e-6
    if code[1] != "E":  # where the shape is shared, so is the trouble
        assert set(held) <= {0}
    # a point has no volume of its own to collapse to where volumes are equal
    if (code[1:] == "VV" and rank) or (code[:2] == "VV" and rank == 0):
        assert list(held) == [0]
    if code[:2] not in ("VE", "VV") or code[2] == "I":
        assert_in_family(code, dense, tolerance=1e-5)


@every_family
@pytest.mark.parametrize("rank", [0, 1, 3])
def test_it_never_falls_below_the_step_before(code, rank):
    """From the covariance before, in the family and above the floor, whatever the scatter has become."""
    before = m_step(code, floor=FLOOR)[0]
    for within in (singular(rank), 1e-12 * WITHIN, WITHIN[::-1].copy()):
        after, _ = m_step(code, within, floor=FLOOR, before=before)
        value = objective(before, within)
        assert objective(after, within) >= value - 1e-9 * abs(value)
        before = after


@every_family
def test_a_component_without_rows(code):
    within, counts = WITHIN.copy(), COUNTS.copy()
    within[1], counts[1] = 0.0, 0.0
    covariance, held = m_step(code, within, counts, floor=FLOOR)
    dense = covariance.dense()
    assert np.isfinite(dense).all()
    assert len(held) == 0  # the objective reports it as held: it has no rows
    assert_in_family(code, dense)
    others = [0, 2]
    alone = m_step(code, WITHIN[others], COUNTS[others], floor=FLOOR)[0]
    assert np.allclose(dense[others], alone.dense(), rtol=1e-6)
    size = np.sqrt(np.linalg.det(dense[1]) / np.linalg.det(within.sum(0) / counts.sum()))
    assert 0.1 < size < 10


@every_family
def test_no_spread_and_no_floor_is_an_error_that_explains(code):
    within = 0.0 * WITHIN
    with pytest.raises(CovarianceError, match="not positive definite"):
        m_step(code, within)


@pytest.mark.parametrize("code", ["VEI", "EVI", "VVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"])
def test_one_singular_component_and_no_floor(code):
    """Either the family lends it the others' shape, or it is refused."""
    try:
        covariance, _ = m_step(code, singular(0))
    except CovarianceError as error:
        assert "not positive definite" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(covariance.dense()).all()


@every_family
def test_a_constant_feature_says_nothing_about_a_component(code):
    within = WITHIN.copy()
    within[:, 2], within[:, :, 2] = 0.0, 0.0
    constant = np.array([False, False, True, False])
    floor = Floor(np.full(D, 1e-8), constant)
    covariance, held = m_step(code, within, floor=floor)
    assert np.isfinite(covariance.dense()).all()
    assert len(held) == 0
    if code not in ("EII", "VII"):
        assert len(m_step(code, within, floor=Floor(np.full(D, 1e-8)))[1]) > 0


@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
@every_family
def test_more_features_than_rows(code):
    x = np.random.default_rng(0).normal(size=(12, 20))
    fit = bt.fit(x, 2, code, n_init=2, max_iter=20)
    assert np.isfinite(fit.log_likelihood)
    # along directions without rows variances stand at the floor, 1e-10 of the data's, which magnifies rounding as much
    assert (np.diff(fit.history) >= -2e-5 * np.abs(fit.history[:-1])).all()
    assert K == 3
