"""Few rows beside features and components: candidates that say nothing are marked, and cost little."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest

import bactrian as bt
from bactrian.errors import CollapseError, CollapseWarning


@pytest.mark.parametrize(("n", "d"), [(10, 2), (8, 3), (12, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_more_parameters_than_numbers_never_win(n, d, seed):
    fit = bt.fit(np.random.default_rng(seed).normal(size=(n, d)))
    assert fit.candidates.ranked()[0].n_parameters <= n * d
    for candidate in fit.candidates:
        if candidate.n_parameters > n * d:
            assert not candidate.usable


def test_the_reason_counts():
    rows = np.random.default_rng(0).normal(size=(10, 2))
    with pytest.warns(CollapseWarning, match=r"28 parameters describe the 20 numbers of 10 rows"):
        bt.fit(rows, 9, "EEI")


def test_a_prior_may_have_more():
    rows = np.random.default_rng(0).normal(size=(10, 2))
    fit = bt.fit(rows, 9, "EEI", prior="conjugate")
    assert fit.candidates[0].usable


@pytest.mark.parametrize(("family", "k"), [("EVE", 3), ("VVE", 3), ("VEE", 6)])
def test_collapsed_climbs_with_iterated_steps_end_soon(family, k):
    rows = np.random.default_rng(0).normal(size=(20, 15))
    begin = process_time()
    with pytest.warns(CollapseWarning):
        bt.fit(rows, k, family)
    assert process_time() - begin < 20  # minutes, when they were followed to max_iter


@pytest.mark.parametrize("volume", [1, 1e-300])
def test_noise_that_takes_all_rows_is_refused(volume):
    geyser = bt.datasets.old_faithful().data
    with pytest.raises(CollapseError, match=r"all rows are noise|all are noise"):
        bt.fit(geyser, 2, "VVV", noise=volume)
    with pytest.raises(ValueError, match=r"all rows are noise|all are noise"):
        bt.GaussianMixture(2, noise=volume).fit(geyser)
