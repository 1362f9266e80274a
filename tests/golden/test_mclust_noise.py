"""Noise: numbers printed by the real mclust (frozen in mclust_noise.json) beside ours."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.em import run
from bactrian.noise import log_volume
from bactrian.sources import ArraySource
from tests.golden.mclusts import DATA, KERNEL, LOOSE, SOUND, climb_from, close, numbers, tight

GOLDEN = numbers("mclust_noise")
IRIS, FAITHFUL = GOLDEN["iris"], GOLDEN["faithful"]
ROWS = np.array(FAITHFUL["rows"])


def start(family, **rules):
    """After the M-step from mclust's responsibilities, whose last column is the noise's."""
    source = ArraySource(DATA["iris"]().data)
    z = np.ascontiguousarray(np.array(IRIS["z"])[:, :-1])
    return source, climb_from(source, z, family, noise=-np.log(IRIS["volume"]), **rules)


@pytest.mark.parametrize(("rows", "golden"), [(DATA["iris"]().data, IRIS), (ROWS, FAITHFUL)])
def test_the_volume(rows, golden):
    assert np.exp(log_volume(ArraySource(rows))) == pytest.approx(golden["volume"], rel=1e-10)


@pytest.mark.parametrize("family", SOUND)
def test_one_iteration(family):
    source, climb = start(family)
    expected = IRIS["families"][family]
    weights = [*climb.mixture.weights, climb.mixture.noise.weight]
    assert close(weights, expected["pro"], 1e-12)
    assert close(climb.mixture.means, expected["mean"], 1e-12)
    assert close(climb.mixture.covariance.dense(), expected["sigma"], LOOSE.get(family, 1e-12))
    one = run(source, KERNEL, [climb], tol=0, max_iter=0)[0]
    tolerance = 1e-8 if family in LOOSE else 1e-9
    assert one.log_likelihood == pytest.approx(expected["one_iteration_loglik"], rel=tolerance)


@pytest.mark.parametrize("family", SOUND)
def test_tight_convergence(family):
    end = tight(*start(family))
    assert end.log_likelihood >= IRIS["families"][family]["tight_loglik"] - 1e-6


@pytest.mark.parametrize("family", [family for family in SOUND if family != "VVI"])  # mclust's VVI errs here too
def test_equal_weights(family):
    end = tight(*start(family, equal_weights=True))
    assert end.log_likelihood >= IRIS["families"][family]["equal_weights_loglik"] - 1e-6
    assert np.ptp(end.mixture.weights) == 0


@pytest.mark.parametrize("family", SOUND)
def test_the_front_door_from_the_same_responsibilities(family):
    """The same through ``bt.fit``, whose volume is its own."""
    fit = bt.fit(DATA["iris"]().data, 3, family, noise=True, start=np.array(IRIS["z"]), tol=0, max_iter=0)
    expected = IRIS["families"][family]["one_iteration_loglik"]
    assert fit.log_likelihood == pytest.approx(expected, rel=1e-8 if family in LOOSE else 1e-9)


def test_faithful_with_noise():
    """The whole table: degrees of freedom, and no best candidate below mclust's."""
    fit = bt.fit(ROWS, range(1, 4), noise=True)
    best = FAITHFUL["best"]
    assert fit.bic <= best["bic"] + 1e-3
    (same,) = [c for c in fit.candidates if (c.family, c.n_components) == (best["modelName"], best["G"])]
    assert same.n_parameters == best["df"]
    assert same.log_likelihood >= best["loglik"] - 1e-2  # mclust stops early, so its top is about as high as ours
    for candidate in fit.candidates:
        theirs = FAITHFUL["bic"][candidate.family][candidate.n_components - 1]
        if theirs is not None and candidate.family != "VVE" and candidate.usable:
            assert candidate.bic <= theirs + 1.0, candidate  # those that will not win are looked at briefly


def test_faithful_from_rows_marked_as_noise():
    """mclust began with the same marks: as high, and the same rows are noise in the end."""
    best, marked = FAITHFUL["best"], np.zeros(len(ROWS), dtype=bool)
    marked[FAITHFUL["begins_as_noise"]] = True
    fit = bt.fit(ROWS, best["G"], best["modelName"], noise=marked)
    assert fit.bic <= best["bic"] + 1e-3
    assert ((fit.classify(ROWS) == -1) == (np.array(best["classification"]) == -1)).mean() > 0.98
