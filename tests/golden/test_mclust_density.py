"""Densities, quantiles and levels: numbers printed by the real mclust (frozen in mclust_density.json) beside ours."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.em import run
from bactrian.sources import ArraySource
from tests.golden.mclusts import DATA, KERNEL, climb_from, close, numbers, tight

GOLDEN = numbers("mclust_density")
ONE, TWO = GOLDEN["acidity"], GOLDEN["faithful"]
GIVEN = GOLDEN["acidity_given_z"]


def mixture_of(golden):
    return bt.Mixture(golden["pro"], golden["mean"], golden["sigma"], form="full")


def test_density_of_one_feature():
    mixture, x = mixture_of(ONE), np.array(ONE["x"])
    assert np.allclose(mixture.pdf(x), ONE["dens"], rtol=1e-12, atol=0)
    assert np.allclose(mixture.logpdf(x), ONE["logdens"], rtol=0, atol=1e-12)


def test_cdf():
    mixture = mixture_of(ONE)
    assert np.allclose(mixture.cdf(np.array(ONE["x"])), ONE["cdf"], rtol=1e-10, atol=1e-14)


def test_quantiles_of_mclusts_cdf_are_its_points():
    """The cdf moves by 1e-16 of itself, near 1, and so a quantile by that over the density."""
    mixture, x = mixture_of(ONE), np.array(ONE["x"])
    error = np.abs(mixture.quantile(np.array(ONE["cdf"])) - x)
    assert (error <= 1e-10 * np.abs(x) + 1e-14).all()
    assert (error * mixture.pdf(x) < 1e-14).all()


def test_quantiles():
    """mclust looks for a root and stops 1e-9 from p, where ours are exact: its quantiles differ by that much."""
    mixture, p, theirs = mixture_of(ONE), np.array(ONE["p"]), np.array(ONE["quantile"])
    ours = mixture.quantile(p)
    assert np.allclose(mixture.cdf(ours), p, rtol=1e-13, atol=0)
    missed = mixture.cdf(theirs) - p
    assert 1e-10 < np.abs(missed).max() < 2e-9
    assert np.allclose(theirs - ours, missed / mixture.pdf(ours), rtol=1e-4, atol=1e-11)
    assert np.allclose(ours, theirs, rtol=0, atol=5e-9)


def test_density_of_two_features():
    mixture, data = mixture_of(TWO), DATA["faithful"]().data
    assert np.allclose(mixture.pdf(data), TWO["density_at_data"], rtol=1e-11, atol=0)
    new = np.array(TWO["new"])
    assert np.allclose(mixture.pdf(new), TWO["dens_new"], rtol=1e-11, atol=0)
    parts = np.stack([mixture.component(k).pdf(new) for k in range(3)], axis=1)
    assert np.allclose(parts, TWO["cdens_new"], rtol=1e-10, atol=0)
    assert np.allclose(mixture.responsibilities(new), TWO["z_new"], rtol=1e-10, atol=1e-300)


def test_levels_of_highest_density():
    """mclust takes them from the density at the rows, we from draws: 272 rows tell them to within their own error."""
    mixture, data = mixture_of(TWO), DATA["faithful"]().data
    masses, theirs = np.array(TWO["hdr_prob"]), np.array(TWO["hdrlevels"])
    at_rows = np.asarray(mixture.pdf(data))
    assert np.allclose(np.quantile(at_rows, 1 - masses), theirs, rtol=1e-10)
    spread = np.sqrt(masses * (1 - masses) / len(data))
    above = np.array([(at_rows >= level).mean() for level in mixture.density_level(masses)])
    assert (np.abs(above - masses) < 3 * spread).all()


@pytest.mark.parametrize("family", GIVEN["families"])
def test_one_feature_from_given_labels(family):
    source, expected = ArraySource(DATA["acidity"]().data), GIVEN["families"][family]
    labels = np.array(GIVEN["labels"])
    climb = climb_from(source, labels, family)
    assert close(climb.mixture.weights, expected["pro"], 1e-12)
    assert close(climb.mixture.means, expected["mean"], 1e-12)
    assert close(climb.mixture.covariance.dense(), expected["sigma"], 1e-12)
    one = run(source, KERNEL, [climb], tol=0, max_iter=0)[0]
    assert one.log_likelihood == pytest.approx(expected["one_iteration_loglik"], rel=1e-9)
    assert tight(source, climb).log_likelihood >= expected["tight_loglik"] - 1e-6
    equal = climb_from(source, labels, family, equal_weights=True)
    assert tight(source, equal).log_likelihood >= expected["equal_weights_loglik"] - 1e-6
