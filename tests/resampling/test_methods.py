"""What every method keeps to, for fits of every kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bactrian as bt
from bactrian.families import FAMILIES as ALL
from bactrian.kernels import NativeKernel
from bactrian.resampling.estimate import METHODS, refit_all
from bactrian.resampling.rows import weights_of
from bactrian.resampling.threads import Stopped, Stopping
from tests.resampling.cases import FAMILIES, LOBES, OPTIONS, TRUTH, fitted

RESAMPLED = list(METHODS)


@pytest.mark.parametrize(
    ("family", "option"),
    [*((f, o) for f in FAMILIES for o in OPTIONS), *((f, "plain") for f in ALL if f not in FAMILIES)],
)
def test_each_refit_is_a_fit_of_its_own_rows(family, option):
    """A replicate is what `bt.fit` finds with the drawn weights, from the fit, under the same assumptions."""
    fit = fitted(family, option)
    data, options = OPTIONS[option]
    design = METHODS["weighted"](fit._subject(None, None, None), 3, np.random.default_rng(5))
    for b, mixture in enumerate(refit_all(replace(design), 1)):
        again = METHODS["weighted"](fit._subject(None, None, None), 3, np.random.default_rng(5))
        options = {**options, "sample_weight": weights_of(again.draw(b)), "regularization": 1e-9}
        if fit.noise is not None:
            options["noise"] = float(np.exp(-fit.noise.log_density))
        if fit.prior is not None:
            p = fit.prior
            scale = p.scale if fit._origin.objective.family.kind == "full" else p.variances
            options["prior"] = bt.ConjugatePrior(
                p.mean, p.mean_strength, p.degrees_of_freedom, scale, p.weight_concentration
            )
        expected = bt.fit(data, 2, family, start=fit.mixture, tol=1e-11, max_iter=20_000, **options)
        assert np.allclose(mixture.means, expected.mixture.means, atol=1e-3)
        assert np.allclose(mixture.without_noise().weights, expected.mixture.weights, atol=1e-3)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("method", [*RESAMPLED, "information"])
def test_shapes_and_order(method, option):
    fit = fitted("VVI", option)
    errors = fit.standard_errors(method=method, n_resamples=40)
    k, d = fit.mixture.means.shape
    for part in (errors.estimate, errors.error, errors.low, errors.high):
        assert part.weights.shape == (k,)
        assert part.means.shape == (k, d)
        assert part.covariances.shape == (k, d, d)
        assert (part.noise is None) == (fit.noise is None)
    assert np.array_equal(errors.estimate.means, fit.mixture.means)
    assert (errors.means > 0).all()
    assert (errors.covariances[:, [0, 1], [1, 0]] == 0).all()  # what the family holds at 0
    assert (errors.low.means < errors.high.means).all()
    if fit.equal_weights:
        assert (errors.weights == 0).all()
    if method in RESAMPLED:
        assert len(errors.replicates) + errors.n_collapsed == errors.n_resamples


@pytest.mark.parametrize("method", RESAMPLED)
def test_refits_come_close_enough_to_their_maximum(method):
    """Where components overlap, within 0.02 of what resamples differ by: the jackknife by sqrt(n) less."""
    fit = bt.fit(bt.datasets.old_faithful().data, 3, "EEE")
    design = METHODS[method](fit._subject(None, None, None), 300, np.random.default_rng(0))
    scale = fit.standard_errors(method=method, n_resamples=300).means
    if method == "jackknife":
        scale = scale / np.sqrt(design.n)
    for b in range(0, 300 if method != "jackknife" else design.n, 30):
        source = design.draw(b)
        near, top = (design.subject.refit(source, NativeKernel(1), nats, Stopping()) for nats in (design.nats, 1e-10))
        assert (np.abs(near.mixture.means - top.mixture.means) < 0.02 * scale).all()


@pytest.mark.parametrize("option", ["plain", "noise", "labels"])
@pytest.mark.parametrize("method", RESAMPLED)
def test_same_bits_for_any_number_of_threads(method, option):
    fit = fitted("VVV", option)
    one, two, three = (fit.standard_errors(method=method, n_resamples=30, n_threads=n) for n in (1, 2, 3))
    for other in (two, three):
        assert np.array_equal(one.replicates.covariances, other.replicates.covariances)
        assert np.array_equal(one.high.means, other.high.means)
    if method != "jackknife":
        assert not np.array_equal(one.means, fit.standard_errors(method=method, n_resamples=30, random_state=1).means)


def test_methods_agree_where_all_is_easy():
    """One component of many rows: every method finds s / sqrt(N)."""
    rows = np.random.default_rng(3).normal(size=(600, 1))
    fit = bt.fit(rows, 1, "V")
    expected = np.sqrt(fit.mixture.covariances / 600)
    for method in [*RESAMPLED, "information"]:
        tolerance = 1e-3 if method in ("information", "jackknife") else 4 / np.sqrt(2 * 999)
        assert fit.standard_errors(method=method).means[0, 0] == pytest.approx(expected[0], rel=tolerance), method


def test_large_rows_are_taken_one_refit_at_a_time(monkeypatch):
    fit = bt.fit(LOBES, 2, "VVV", tol=1e-12)
    small = fit.standard_errors(n_resamples=10)
    monkeypatch.setattr("bactrian.resampling.subject.SMALL", 10)
    large = fit.standard_errors(n_resamples=10, n_threads=2)
    assert np.allclose(small.replicates.means, large.replicates.means, atol=1e-4)


def test_float32_rows():
    single = bt.fit(LOBES.astype(np.float32), 2, "VVV").standard_errors(n_resamples=100)
    double = bt.fit(LOBES.astype(np.float32).astype(float), 2, "VVV").standard_errors(n_resamples=100)
    assert np.allclose(single.means, double.means, rtol=0.02)


def test_coverage():
    """Intervals of 80 % hold the truth in 80 % of data sets: within 3.5 sigma."""
    truth = bt.Mixture([0.4, 0.6], [[0.0], [3.5]], [1.0, 1.0])
    held = {"parametric": [], "information": []}
    for seed in range(60):
        fit = bt.fit(truth.sample(120, rng=seed), 2, "E")
        for method, found in held.items():
            errors = fit.standard_errors(method=method, n_resamples=99, level=0.8, random_state=seed)
            found.append((errors.low.means <= truth.means) & (truth.means <= errors.high.means))
    for method, found in held.items():
        share = np.mean(found)  # of 60 times two means that know little of each other
        assert abs(share - 0.8) < 3.5 * np.sqrt(0.8 * 0.2 / 90), (method, share)


def test_collapsed_refits_are_left_out():
    rows = np.concatenate([np.random.default_rng(0).normal(size=(40, 2)), [[9, 9], [9.3, 9], [9, 9.2], [9.1, 9.4]]])
    fit = bt.fit(rows, 2, "VVV", start=np.repeat([0, 1], [40, 4]))
    assert fit.converged
    errors = fit.standard_errors(n_resamples=60)
    assert 0 < errors.n_collapsed < 60
    assert len(errors.replicates) == 60 - errors.n_collapsed == len(set(errors.replicates.drawn))
    assert f"{errors.n_collapsed} of them collapsed and left out" in repr(errors)
    variances = np.linalg.eigvalsh(errors.replicates.covariances)
    assert variances.min() > fit._origin.objective.floor.minimum.max()


def test_nothing_is_left_running_when_stopped():
    fit = bt.fit(LOBES, 2, "VVV")
    told = []

    def stop(progress):
        told.append(progress)
        if len(told) == 5:
            raise KeyboardInterrupt

    for n_threads in (1, 2):
        told.clear()
        with pytest.raises(KeyboardInterrupt):
            fit.standard_errors(n_resamples=500, progress=stop, n_threads=n_threads)
        assert len(told) == 5
        assert told[-1].n_done == 5
        assert told[-1].n_resamples == 500


def test_long_refits_hear_the_stop(monkeypatch):
    """They look up now and then, which does not change what they find."""
    subject = bt.fit(bt.datasets.old_faithful().data, 3, "EEE")._subject(None, None, None)
    source = METHODS["weighted"](subject, 1, np.random.default_rng(0)).draw(0)
    at_once = subject.refit(source, NativeKernel(1), 1e-8, Stopping())
    monkeypatch.setattr("bactrian.resampling.subject.HEEDLESS", 5 * 272 * 6)
    in_legs = subject.refit(source, NativeKernel(1), 1e-8, Stopping())
    assert at_once.n_iter == in_legs.n_iter > 20
    assert np.array_equal(at_once.mixture.means, in_legs.mixture.means)
    stopping = Stopping()
    stopping.asked = True
    with pytest.raises(Stopped):
        subject.refit(source, NativeKernel(1), 1e-5, stopping)


@pytest.mark.parametrize("family", ["EEI", "VVI", "VVV"])
@pytest.mark.parametrize(("form", "numbers"), [("tied spherical", 1.0), ("tied", np.eye(2)), ("full", [np.eye(2)] * 2)])
def test_of_a_start_that_no_step_has_brought_into_form(family, form, numbers):
    fit = bt.fit(LOBES, families=family, start=bt.Mixture([0.5, 0.5], LOBES[[0, -1]], numbers, form=form), max_iter=0)
    for method in METHODS:
        errors = fit.standard_errors(method=method, n_resamples=5)
        assert errors.estimate.covariances.tolist() == [np.eye(2).tolist()] * 2
        assert errors.covariances.shape == (2, 2, 2)
        assert errors.covariances[0, 0, 0] > 0
        assert "variance 1, x0" in repr(errors) or family == "EEI"
    if (form, family) == ("full", "VVV"):
        return
    with pytest.raises(bt.DataError, match=f"its start as it was given and no mixture of family {family}, so it is at"):
        fit.standard_errors(method="information")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("unit", [2.0**-450, 2.0**450])
@pytest.mark.parametrize("method", ["bootstrap", "jackknife", "information"])
def test_units_whose_fourth_powers_leave_the_range_of_float64(family, unit, method):
    """As those of the variances' squares are; one feature has another unit than the other."""
    units = np.array([unit, unit if family[1] == "I" else 1.0])
    labels = TRUTH[::2]
    one, two = (
        bt.fit(rows, families=family, start=labels, acceleration=None, tol=1e-10).standard_errors(
            method=method, n_resamples=12
        )
        for rows in (LOBES[::2], LOBES[::2] * units)
    )
    assert np.allclose(two.weights, one.weights, rtol=1e-4)
    assert np.allclose(two.means / units, one.means, rtol=1e-4)
    assert np.allclose(two.covariances / units / units[:, None], one.covariances, rtol=1e-3)
    assert np.allclose(two.high.covariances / units / units[:, None], one.high.covariances, rtol=1e-3)
