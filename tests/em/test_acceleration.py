"""Strides and quasi-Newton steps: the same optimum in fewer passes, and never down."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.acceleration import Squarem, coordinates, statistics_at
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from tests.fit.cases import lobes

KERNEL = NativeKernel(1)
X = lobes(400, 3, 4)


class OnlyFolds(ArraySource):
    """Rows whose climbs are left to the loop."""

    def climber(self, *arguments):
        return None


SOURCE = OnlyFolds(X)


def objective(code: str, prior: bool = False, noise: bool = False) -> Objective:
    moments = SOURCE.moments
    believed = ConjugatePrior().about(moments.mean, moments.covariance, SOURCE.total, 4) if prior else None
    return Objective(FAMILIES[code], Floor(np.full(3, 1e-12)), believed, noise=-9.0 if noise else None)


def climbed(goal: Objective, acceleration: str | None, tol: float = 1e-9) -> tuple[em.Climb, int]:
    """Where a climb ends, and the passes it took."""
    labels = np.random.default_rng(0).integers(0, 4, len(X))
    if goal.noise is not None:
        labels[::10] = -1
    passes = []
    start = from_assignment(SOURCE, KERNEL, goal, labels, 4)
    how = {"tol": tol, "max_iter": 5000, "acceleration": acceleration, "observe": passes.append}
    (end,) = em.run(SOURCE, KERNEL, [start], **how)
    return end, len(passes)


@pytest.mark.parametrize("acceleration", ["squarem", "quasi-newton"])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("code", FAMILIES)
def test_the_objective_never_falls(code, prior, noise, acceleration):
    end, _ = climbed(objective(code, prior, noise), acceleration)
    assert end.status is em.Status.CONVERGED
    rounding = 1e-7 if end.held else 1e-12  # without spread a density is as rough as its covariance
    assert np.diff(end.history).min() >= -rounding * abs(end.value)


@pytest.mark.parametrize(("acceleration", "times"), [("squarem", 1.5), ("quasi-newton", 1.7)])
def test_far_fewer_passes_to_the_same_height(acceleration, times):
    saved = []
    for code in FAMILIES:
        plain, slow = climbed(objective(code), None)
        end, quick = climbed(objective(code), acceleration)
        if abs(end.value - plain.value) < 1e-3:  # strides may lead to another hill
            saved.append(slow / quick)
            assert end.value == pytest.approx(plain.value, abs=1e-5)
    assert len(saved) >= 7
    assert np.median(saved) > times


def test_a_stride_that_leads_down_is_taken_back(monkeypatch):
    """Strides a hundred times too long are all refused, and plain EM remains."""
    shape = Squarem._shape
    monkeypatch.setattr(Squarem, "_shape", lambda *a: (*shape(*a)[:2], 100 * shape(*a)[2]))
    monkeypatch.setattr("bactrian.acceleration.GROWTH", 1e9)
    refused = []
    retreat = Squarem.retreat
    monkeypatch.setattr(Squarem, "retreat", lambda *a: refused.append(1) or retreat(*a))
    end, _ = climbed(objective("VVV"), "squarem")
    assert refused
    assert np.diff(end.history).min() >= -1e-12 * abs(end.value)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("code", ["EII", "VVI", "EEE", "VVV"])
def test_coordinates_and_back(code, noise):
    goal = objective(code, noise=noise)
    labels = np.random.default_rng(1).integers(-1 if noise else 0, 4, len(X))
    statistics = SOURCE.fold_given(KERNEL, labels, np.zeros((4, 3)), goal.family.scatter)
    again = statistics_at(coordinates(statistics, noise), statistics, noise)
    assert np.allclose(again.counts, statistics.counts, rtol=1e-12)
    assert np.allclose(again.means(), statistics.means(), rtol=1e-12)
    assert np.allclose(again.within(), statistics.within(), rtol=1e-9, atol=1e-9)


def test_tol_zero_runs_exactly_max_iter():
    start = from_assignment(SOURCE, KERNEL, objective("VVV"), np.arange(len(X)) % 4, 4)
    (end,) = em.run(SOURCE, KERNEL, [start], tol=0.0, max_iter=17, acceleration="squarem")
    assert end.n_iter == 17


def test_units_do_not_matter():
    ends = []
    for scale in (1.0, 2.0**-20):
        goal = Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-12 * scale**2)))
        source = OnlyFolds(X * scale)
        start = from_assignment(source, KERNEL, goal, np.arange(len(X)) % 4, 4)
        ends.append(em.run(source, KERNEL, [start], tol=1e-8, max_iter=500, acceleration="squarem")[0])
    assert ends[0].n_iter == ends[1].n_iter
    assert np.allclose(ends[0].mixture.means, ends[1].mixture.means * 2.0**20, rtol=1e-9)


@pytest.mark.parametrize("bad", ["anderson", "", 3, True, np.arange(2), ["squarem"]])
def test_the_door(bad):
    with pytest.raises(
        bt.ParameterError, match="acceleration should be 'auto', 'quasi-newton', 'squarem', 'incremental' or None"
    ):
        bt.fit(X, 2, "VVV", acceleration=bad)


def test_rows_in_memory_take_strides():
    one, other = (bt.fit(X, 3, "VVV", acceleration=name) for name in ("auto", "squarem"))
    assert one.history == other.history
    assert one.mixture == other.mixture
