"""The jackknife by hand, with counts, in blocks."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.resampling.designs import Jackknife
from bactrian.resampling.estimate import METHODS, refit_all
from bactrian.resampling.numbers import stack
from tests.resampling.cases import COUNTS, LOBES

RESAMPLED = list(METHODS)


@pytest.mark.parametrize("family", ["EEE", "VVV"])
def test_jackknife_by_hand(family):
    fit = bt.fit(LOBES[::3], 2, family, tol=1e-12)
    errors = fit.standard_errors(method="jackknife")
    rows, n = LOBES[::3], len(LOBES[::3])
    each = [
        bt.fit(np.delete(rows, i, axis=0), 2, family, start=fit.mixture, tol=1e-13, max_iter=9999).mixture.means
        for i in range(n)
    ]
    by_hand = np.sqrt((n - 1) / n * ((each - np.mean(each, axis=0)) ** 2).sum(axis=0))
    assert np.allclose(errors.means, by_hand, rtol=0.01)
    assert errors.n_resamples == n
    assert np.allclose(errors.high.means - fit.mixture.means, 1.959964 * errors.means, rtol=1e-6)


def test_jackknife_of_counts_is_that_of_repeated_rows():
    weighted = bt.fit(LOBES, 2, "EEE", sample_weight=COUNTS, tol=1e-12).standard_errors(method="jackknife")
    repeated = bt.fit(np.repeat(LOBES, COUNTS, axis=0), 2, "EEE", tol=1e-12).standard_errors(method="jackknife")
    assert np.allclose(weighted.means, repeated.means, rtol=0.01)
    assert np.allclose(weighted.weights, repeated.weights, rtol=0.01)


@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0, 1.0001, 1.5, 2.0])
def test_part_of_a_row_is_as_rough_as_the_row(weight):
    """Weights are counts, whole or not: the standard error of a mean is that of so many rows."""
    x = np.random.default_rng(0).normal(size=100)
    fit = bt.fit(x, 1, "V", sample_weight=np.full(100, weight))
    error = fit.standard_errors(method="jackknife").means.item()
    assert error == pytest.approx(x.std() / np.sqrt(100 * weight), rel=0.02)


def test_jackknife_in_blocks_is_near():
    fit = bt.fit(LOBES, 2, "EEE", tol=1e-12)
    rows, blocks = fit.standard_errors(method="jackknife"), fit.standard_errors(method="jackknife", n_resamples=50)
    assert blocks.n_resamples == 50
    ratio = blocks.means / rows.means
    assert (np.abs(ratio - 1) < 4 / np.sqrt(2 * 50)).all()


@pytest.mark.parametrize("weight", [0.25, 1.5, 2.0, 5.0, 1e6])
def test_jackknife_in_blocks_counts_rows(weight):
    """Half as many groups as rows, or fewer: weights are counts of copies, which need not be left out together."""
    x = np.random.default_rng(0).normal(size=300)
    fit = bt.fit(x, 1, "V", sample_weight=np.full(300, weight))
    errors = [fit.standard_errors(method="jackknife", n_resamples=150, random_state=s).means.item() for s in range(3)]
    assert np.mean(errors) == pytest.approx(x.std() / np.sqrt(300 * weight), rel=4 / np.sqrt(2 * 3 * 150))


def test_jackknife_in_blocks_of_unequal_counts_is_that_of_repeated_rows():
    how = {"method": "jackknife", "n_resamples": 60}
    weighted = bt.fit(LOBES, 2, "EEE", sample_weight=2 * COUNTS, tol=1e-12).standard_errors(**how)
    repeated = bt.fit(np.repeat(LOBES, 2 * COUNTS, axis=0), 2, "EEE", tol=1e-12).standard_errors(**how)
    for name in ("means", "weights", "covariances"):
        assert np.allclose(getattr(weighted, name) / getattr(repeated, name), 1, atol=4 / np.sqrt(60))


def test_jackknife_of_unequal_blocks():
    """A weighted mean, whose errors by Busing et al. are known by their formula; part of a row is as rough as it."""
    rows, weight = np.random.default_rng(1).normal(size=(30, 1)), np.repeat([0.25, 0.5, 3.0], 10)
    fit = bt.fit(rows, 1, "V", sample_weight=weight)
    design = METHODS["jackknife"](fit._subject(None, None, None), 999, np.random.default_rng(0))
    assert isinstance(design, Jackknife)
    errors = design.errors(stack(refit_all(design, 1), range(30)))
    copies = np.ceil(weight)
    m = weight / copies
    total, mean = weight.sum(), np.average(rows[:, 0], weights=weight)
    without = (total * mean - m * rows[:, 0]) / (total - m)
    h = total / m
    pseudo = h * mean - (h - 1) * without
    variance = (copies / m * (pseudo - mean) ** 2 / (h - 1)).sum() / copies.sum()
    assert errors.means[0, 0] == pytest.approx(np.sqrt(variance), rel=1e-3)
