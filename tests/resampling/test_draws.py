"""The rows of resamples."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel, Noise, Parameters, ReferenceKernel
from bactrian.noise import log_volume
from bactrian.resampling.estimate import METHODS
from bactrian.resampling.rows import reweighted, weights_of
from bactrian.resampling.simulate import Region, region_of, simulate, simulate_like
from bactrian.sources import ArraySource
from tests.resampling.cases import COUNTS, DIRTY, LOBES, SOME, TRUTH, fitted

RESAMPLED = list(METHODS)


@pytest.mark.parametrize("method", ["bootstrap", "weighted"])
def test_weights_that_are_drawn(method):
    """Their mean is the row's own weight, their variance that of as many single rows; their sum stays."""
    subject = bt.fit(LOBES, 2, "EEE", sample_weight=COUNTS)._subject(None, None, None)
    design = METHODS[method](subject, 4000, np.random.default_rng(2))
    total = COUNTS.sum()
    drawn = np.empty((design.n, len(LOBES)))
    for b in range(design.n):
        source = design.draw(b)
        drawn[b] = source.spread(weights_of(source), len(LOBES))
    assert np.allclose(drawn.sum(axis=1), total)
    share = COUNTS / total
    variance = total * share * (1 - share) if method == "bootstrap" else total**2 * share * (1 - share) / (total + 1)
    assert (np.abs(drawn.mean(axis=0) - COUNTS) < 4.5 * np.sqrt(variance / design.n)).all()
    assert np.allclose(drawn.var(axis=0) / variance, 1, atol=0.2)
    if method == "bootstrap":
        assert np.array_equal(drawn, np.round(drawn))


@pytest.mark.parametrize("method", [*RESAMPLED, "information"])
def test_a_row_of_weight_0_is_not_there(method):
    weight = np.ones(len(LOBES))
    weight[::7] = 0
    with_them = bt.fit(LOBES, 2, "VVV", sample_weight=weight).standard_errors(method=method, n_resamples=20)
    without = bt.fit(LOBES[weight > 0], 2, "VVV").standard_errors(method=method, n_resamples=20)
    assert np.allclose(with_them.means, without.means, rtol=1e-9)


def test_rows_are_shared_where_there_are_many(monkeypatch):
    subject = bt.fit(LOBES, 2, "EEE")._subject(None, None, None)
    copied = METHODS["bootstrap"](subject, 2, np.random.default_rng(0)).draw(0)
    monkeypatch.setattr("bactrian.resampling.rows.COPIED", 10)
    # what is derived of these rows and their weights is not true of others
    subject.source.fold(NativeKernel(1), [subject.mixture], [subject.objective.family.scatter])
    subject.source.draw(np.zeros(1))
    shared = METHODS["bootstrap"](subject, 2, np.random.default_rng(0)).draw(0)
    assert shared.values is subject.source.values
    assert len(copied.values) < len(shared.values)
    for kernel in (NativeKernel(1), ReferenceKernel()):
        a, b = (s.fold(kernel, [subject.mixture], [subject.objective.family.scatter])[0] for s in (copied, shared))
        assert a.total == b.total
        assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=1e-13)
        assert np.allclose(a.second, b.second, rtol=1e-12)
    assert np.allclose(shared.moments.covariance, copied.moments.covariance, rtol=1e-12)


def test_labels_stay_with_their_rows():
    """Known rows are drawn as known, and from their own component."""
    subject = fitted("VVV", "labels")._subject(None, None, None)
    source = simulate_like(subject.source, subject.mixture, None, np.random.default_rng(0))
    assert np.array_equal(np.bincount(source.labels + 1), np.bincount(SOME + 1))
    means = np.array([source.whole.values[source.labels == k].mean(axis=0) for k in (0, 1)])
    assert np.allclose(means, [LOBES[k == TRUTH].mean(axis=0) for k in (0, 1)], atol=1.0)
    half = reweighted(subject.source, np.where(np.arange(120) % 2, 1.0, 0.0))
    assert np.array_equal(half.labels, SOME[1::2])


@pytest.mark.parametrize("volume", [None, 5000.0])
def test_noise_is_drawn_over_its_region(volume):
    fit = bt.fit(DIRTY, 2, "VVV", noise=True if volume is None else volume)
    subject = fit._subject(None, None, None)
    region = region_of(subject.source, fit.noise.log_density)
    assert np.log(region.high - region.low).sum() == pytest.approx(-fit.noise.log_density)
    drawn = region.draw(4000, np.random.default_rng(0)) @ region.axes
    assert np.allclose(drawn.mean(axis=0), (region.low + region.high) / 2, atol=0.05 * np.ptp(drawn, axis=0).max())
    assert np.allclose(np.ptp(drawn, axis=0), region.high - region.low, rtol=0.01)
    if volume is None:
        along = DIRTY @ region.axes
        assert np.allclose(along.min(axis=0), region.low)


def test_as_many_rows_are_noise_as_its_weight_says():
    lobe = bt.Mixture([1.0], [[2.0, -1.0]], [0.01]).parameters
    mixture = Parameters(0.7 * lobe.weights, lobe.means, lobe.covariance, Noise(0.3, -np.log(400.0)))
    rows = simulate(mixture, 20_000, Region(np.eye(2), np.full(2, 30.0), np.full(2, 50.0)), np.random.default_rng(0))
    dirt = (rows > 30).all(axis=1)
    assert dirt.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 20_000))
    assert np.allclose(rows[dirt].mean(axis=0), 40, atol=0.3)
    assert np.allclose(rows[~dirt].mean(axis=0), [2, -1], atol=0.01)


@pytest.mark.parametrize("seed", [6, 12, 13])
def test_the_region_of_noise_around_collinear_columns_has_a_volume(seed):
    """Their principal axes may be no region: what the fit counts with is then the box along the features."""
    one = np.random.default_rng(seed).integers(0, 9, 12).astype(float)
    source = ArraySource(np.column_stack([one, one]))
    region = region_of(source, -log_volume(source))
    assert np.log(region.high - region.low).sum() == pytest.approx(log_volume(source))
