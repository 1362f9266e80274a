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


def test_cdf_and_quantiles():
    mixture = mixture_of(ONE)
    assert np.allclose(mixture.cdf(np.array(ONE["x"])), ONE["cdf"], rtol=1e-10, atol=1e-14)
    # mclust looks its quantiles up in a table of cdf values; ours solve the equation
    assert np.allclose(mixture.quantile(np.array(ONE["p"])), ONE["quantile"], rtol=0, atol=2e-3)
    assert np.allclose(mixture.cdf(mixture.quantile(np.array(ONE["p"]))), ONE["p"], rtol=1e-9)


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
