"""Promise 4: a collapsing component is an answer, not a crash."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from tests.fit.cases import FAMILIES, lobes


def points_and_cloud() -> np.ndarray:
    """A cloud of 200 rows, and 60 rows on one single point."""
    return np.concatenate([lobes(200, 2, 2), np.full((60, 2), 7.0)])


def test_a_collapsed_candidate_says_which_and_never_wins():
    fit = bt.fit(points_and_cloud(), range(1, 5), ["EEE", "VVV"])
    collapsed = [c for c in fit.candidates if c.status == "collapsed"]
    assert collapsed
    assert all("collapsed" in c.reason and "use fewer components" in c.reason for c in collapsed)
    # its likelihood is higher than that of any honest candidate, and yet
    assert max(c.log_likelihood for c in collapsed) > fit.log_likelihood
    assert fit.best.usable


def test_when_there_is_nothing_else_the_held_fit_is_returned_and_marked():
    with pytest.warns(bt.CollapseWarning, match="component . collapsed") as caught:
        fit = bt.fit(points_and_cloud(), 3, "VVV")
    assert str(caught[0].message) == fit.status
    assert fit.best.status == "collapsed"
    assert not fit.converged
    assert "component" in fit.status
    assert np.isfinite(fit.log_likelihood)
    k = int(fit.classify([7.0, 7.0]))
    assert fit.mixture.weights[k] == pytest.approx(60 / 260, abs=0.01)
    assert np.allclose(fit.mixture.means[k], 7.0)


def test_a_regularization_that_binds_is_named_as_the_reason():
    with pytest.warns(bt.CollapseWarning, match="less variance than the given regularization allows"):
        fit = bt.fit(points_and_cloud(), 3, "VVV", regularization=0.01)
    smallest = min(np.linalg.eigvalsh(c)[0] for c in fit.mixture.covariances)
    assert smallest == pytest.approx(0.01)


def test_without_regularization_it_is_an_error_that_explains():
    with pytest.raises(bt.CollapseError, match="no candidate could be fitted: component collapsed"):
        bt.fit(np.repeat(np.eye(3), 20, axis=0), 3, "VVV", regularization=0.0)


def test_restarts_that_collapse_are_dropped():
    """A lump of equal rows invites k-means; with enough restarts an honest optimum is found and preferred."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(300, 2)), np.repeat([[40.0, 40.0]], 3, axis=0)])
    fit = bt.fit(x, 2, "EEE", n_init=8)
    assert fit.best.usable


def test_an_emptied_component_is_reported():
    x = lobes(100, 2, 2)
    far = bt.Mixture([0.5, 0.5], [[0, 0], [1e6, 1e6]], np.stack([np.eye(2)] * 2))
    with pytest.warns(bt.CollapseWarning):
        fit = bt.fit(x, families="VVV", start=far)
    assert fit.best.status == "collapsed"
    assert fit.mixture.weights[1] == 0


@pytest.mark.parametrize("family", ["EII", "VII", "EEI", "VVI"])
def test_more_features_than_rows(family):
    x = np.random.default_rng(0).normal(size=(12, 30))
    fit = bt.fit(x, 2, family, n_init=2)
    assert np.isfinite(fit.log_likelihood)


@pytest.mark.parametrize("family", ["EEE", "VVV"])
def test_more_features_than_rows_is_marked_for_full_covariances(family):
    x = np.random.default_rng(0).normal(size=(12, 30))
    with pytest.warns(bt.CollapseWarning):
        assert bt.fit(x, 2, family, n_init=2).best.status == "collapsed"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_on_collinear_columns_no_turned_covariance_wins_in_silence(seed, scale):
    """Above the floor by the rounding of the longest axis is at the floor, also where a mixture was lent."""
    rows = np.random.default_rng(seed).normal(size=(60, 3))
    fit = bt.fit(np.column_stack([rows, 2 * scale * rows[:, 0]]), [1, 2])
    for candidate in fit.candidates:
        assert candidate.usable == (candidate.family[2] == "I"), candidate.family
    assert fit.family[2] == "I"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_volume_so_small_that_all_rows_are_noise(family):
    rows = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(bt.CollapseError, match="all are noise; give the noise a larger volume"):
        bt.fit(rows, 2, family, noise=1e-300)


def lumps(n: int) -> np.ndarray:
    return np.repeat(np.random.default_rng(0).normal(size=(n, 2)), 30, axis=0)


@pytest.mark.parametrize(
    ("how", "one", "several"),
    [
        (
            {},
            r"component 0 collapsed \(it holds 30 of 230 rows",
            r"components 0, 1 collapsed \(the smallest holds 30 of",
        ),
        (
            {"regularization": 1e-3},
            "component 0 would have .* and was held",
            "components 0, 1 would have .* and were held",
        ),
    ],
)
def test_one_component_and_several(how, one, several):
    cloud = np.random.default_rng(1).normal(size=(200, 2)) + 50
    with pytest.warns(bt.CollapseWarning, match=one):
        bt.fit(np.concatenate([lumps(1), cloud]), 2, "VVV", **how)
    with pytest.warns(bt.CollapseWarning, match=several):
        bt.fit(lumps(2), 2, "VVV", **how)
    with pytest.warns(bt.CollapseWarning, match="components 0, 1 shrank to the least variance .* and were held"):
        bt.GaussianMixture(2).fit(lumps(2))


def test_one_row_and_one_component():
    with pytest.raises(bt.DataError, match="but there is 1 row; use fewer"):
        bt.fit([[1.0, 2.0]], 2)
    with pytest.raises(bt.DataError, match="only one distinct row, so no density can be fitted; give more rows, or"):
        bt.fit(np.ones((5, 2)), 2)
    with pytest.raises(bt.ParameterError, match="the start has 1 component, but"):
        bt.fit(lumps(3), 2, start=bt.Mixture([1.0], [[0.0, 0.0]], [np.eye(2)]))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("family", ["VEE", "EVE", "VVE", "EEV", "VEV", "EVV"])
@pytest.mark.parametrize("unit", [1.0, 1e150])
def test_fewer_rows_than_features_without_a_floor(family, unit):
    rows = np.random.default_rng(0).integers(-3, 4, size=(3, 8)) * unit
    with pytest.raises(bt.CollapseError, match=r"^no candidate could be fitted: component collapsed: [^\n]+$"):
        bt.fit(rows, 1, family, regularization=0)


LUMP = [[-1.57349033, -2.92497057], [-1.57348553, -2.92495414], [-1.57348401, -2.92495704], [1.02323821, -0.88214585]]


@pytest.mark.parametrize("family", ["EEI", "VEI", "EVI", "EEE"])
def test_a_collapsed_mixture_that_was_lent_is_marked_also_without_an_iteration(family):
    with pytest.warns(bt.CollapseWarning):
        fit = bt.fit(LUMP, 2, ["EII", family], start="k-means++", n_init=2, max_iter=0)
    assert not any(candidate.usable for candidate in fit.candidates)


def test_no_family_is_lent_spheres_below_its_own_floor():
    """That of spheres is an average over features."""
    how = {"n_components": 2, "start": "k-means++", "n_init": 2, "max_iter": 0}
    with pytest.warns(bt.CollapseWarning):
        both, alone = bt.fit(LUMP, families=["EII", "EEI"], **how), bt.fit(LUMP, families="EEI", **how)
    assert both.candidates[1].log_likelihood == alone.log_likelihood


@pytest.mark.parametrize(("seed", "n"), [(31, 60), (84, 25)])
@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
def test_a_volume_that_collapses_in_one_step_takes_no_other_component_along(seed, n):
    """In VEE a volume below what the common matrix allows would lift that matrix for all components."""
    x = lobes(n, 3, 3, seed)
    x[: n // 2] = np.repeat(x[:4], n // 8 + 1, axis=0)[: n // 2]
    fit = bt.fit(x, 4, "VEE", start="k-means++", n_init=1, acceleration=None, tol=0, max_iter=30, random_state=seed)
    # a variance at the floor is rounded to eps times 1e10 of itself
    assert np.diff(fit.history).min() > -1e-3


@pytest.mark.parametrize("seed", [299, 371])
@pytest.mark.parametrize("family", ["EEV", "VEV"])
def test_a_volume_that_hides_the_floor_is_a_collapse(family, seed):
    """A shape that one component makes all but flat takes another's volume out of all proportion."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 80))
    x, y = (np.exp(rng.normal(0, rng.uniform(0.5, 3), n)) for _ in range(2))
    with pytest.warns(bt.CollapseWarning, match="collapsed"):
        fit = bt.fit(np.c_[x, y, x / x.sum()], 2, family)
    assert fit.best.status == "collapsed"
    assert np.isfinite(fit.log_likelihood)
