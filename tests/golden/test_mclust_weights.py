"""Fits of weighted rows: numbers printed by the real mclust (frozen in mclust_weights.json) beside ours."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.sources import ArraySource
from tests.golden.mclusts import DATA, SOUND, climb_from, close, numbers, tight

GOLDEN = numbers("mclust_weights")
WEIGHTS = np.array(GOLDEN["weights"])
LABELS = np.array(GOLDEN["labels"])
# where mclust's mixture is the optimum ours reaches, to the digits its inner iteration leaves
SHARP = ["EII", "VII", "EEI", "VVI", "EEE", "VVV", "EEV", "EVV", "EVI"]


def source():
    return ArraySource(DATA["iris"]().data, WEIGHTS)


@pytest.mark.parametrize("family", SOUND)
def test_the_log_likelihood_of_mclusts_mixture(family):
    """The convention: mclust's is ours divided by the mean weight."""
    golden = GOLDEN["families"][family]
    mixture = bt.Mixture(golden["pro"], golden["mean"], golden["sigma"], form="full")
    ours = WEIGHTS @ mixture.logpdf(DATA["iris"]().data) / WEIGHTS.mean()
    assert ours == pytest.approx(golden["loglik"], rel=1e-8)


@pytest.mark.parametrize("family", SOUND)
def test_the_optimum_from_the_same_labels(family):
    rows = source()
    end = tight(rows, climb_from(rows, LABELS, family))
    golden = GOLDEN["families"][family]
    assert end.log_likelihood / WEIGHTS.mean() >= golden["loglik"] - 1e-6
    if family in SHARP:
        assert close(end.mixture.weights, golden["pro"], 1e-5)
        assert close(end.mixture.means, golden["mean"], 1e-5)
        assert close(end.mixture.covariance.dense(), golden["sigma"], 1e-5)
