"""Standard errors that the real mclust printed, beside ours."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.resampling.designs import normal_interval
from bactrian.resampling.estimate import METHODS, refit_all
from bactrian.resampling.numbers import stack
from tests.resampling.mclusts_way import NUMBERS, refit, subject

NAMES = {"bs": "bootstrap", "wlbs": "weighted", "pb": "parametric", "jk": "jackknife"}


def resampled(method: str):
    design = METHODS[method](subject(), 999, np.random.default_rng(1))
    if method == "weighted":  # here mclust climbs to the end
        mixtures = refit_all(design, 1)
    else:
        mixtures = [refit(design.subject, design.draw(b)) for b in range(design.n)]
    drawn = [b for b, mixture in enumerate(mixtures) if mixture is not None]
    return design, stack([m for m in mixtures if m is not None], drawn)


def test_jackknife_exactly():
    design, replicates = resampled("jackknife")
    errors, golden = design.errors(replicates), NUMBERS["jk"]
    assert len(replicates) == golden["nboot"] == 272
    for ours, theirs in zip(
        (errors.weights, errors.means, errors.covariances),
        (golden["se"]["pro"], golden["se"]["mean"], golden["se"]["variance"]),
        strict=True,
    ):
        assert np.allclose(ours, theirs, rtol=1e-7, atol=0)
    assert np.allclose(replicates.weights.mean(axis=0), golden["ave"]["pro"], rtol=1e-9)
    low, high = normal_interval(errors, errors, 0.95)  # theirs are about the average of the resamples
    assert np.allclose(high.weights - low.weights, np.subtract(*golden["ci"]["pro"][::-1]), rtol=1e-7)
    width = np.subtract(golden["ci"]["mean_high"], golden["ci"]["mean_low"])
    assert np.allclose(high.means - low.means, width, rtol=1e-7)


@pytest.mark.parametrize("code", ["bs", "wlbs", "pb"])
def test_within_monte_carlo_error(code):
    """Two sets of 999 draws: standard errors and intervals within 4 sigma of their difference."""
    design, replicates = resampled(NAMES[code])
    golden, errors = NUMBERS[code], design.errors(replicates)
    low, high = design.interval(replicates, errors, 0.95)
    covariances = np.broadcast_to(replicates.covariances[:, None], (len(replicates), 3, 2, 2))
    for values, ours, theirs in (
        (replicates.weights, errors.weights, golden["se"]["pro"]),
        (replicates.means, errors.means, golden["se"]["mean"]),
        (covariances, errors.covariances, golden["se"]["variance"]),
    ):
        assert (np.abs(ours - theirs) < 4 * np.sqrt(2) * error_of_error(values)).all(), (ours, theirs)
    assert np.allclose([low.weights, high.weights], np.quantile(replicates.weights, (0.025, 0.975), axis=0))
    assert np.allclose([low.means, high.means], np.quantile(replicates.means, (0.025, 0.975), axis=0))
    for q, name, at in ((0.025, "mean_low", 0), (0.975, "mean_high", 1)):
        # of our draws as many lie below their quantile; where the distribution has a gap quantiles themselves jump
        beyond = 3.5 * np.sqrt(2 * q * (1 - q) / len(replicates))
        assert (np.abs((replicates.weights < golden["ci"]["pro"][at]).mean(axis=0) - q) < beyond).all()
        assert (np.abs((replicates.means < golden["ci"][name]).mean(axis=0) - q) < beyond).all()


def error_of_error(values: np.ndarray) -> np.ndarray:
    """Of a standard deviation over n draws, from their fourth moment."""
    centred = values - values.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    return np.sqrt(((centred**4).mean(axis=0) - variance**2) / len(values)) / (2 * np.sqrt(variance))


def test_ours_climb_on():
    """mclust's refits stop so early that components which overlap look better known than they are."""
    ours = bt.fit(bt.datasets.old_faithful().data, 3, "EEE").standard_errors()
    theirs = NUMBERS["bs"]["se"]["pro"]
    assert ours.weights[1] > 1.1 * theirs[0]  # ours come by their first means: 1 is mclust's 0
    assert ours.weights[0] == pytest.approx(theirs[1], rel=0.05)  # apart from the others
