"""Quasi-Newton steps, and the metric that they are taken in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bactrian import em, quasi_newton
from bactrian import frame as frames
from bactrian.families import FAMILIES, Floor
from bactrian.frame import Frame
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.quasi_newton import QuasiNewton, curved, towards_top
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from tests.em.test_acceleration import KERNEL, SOURCE, OnlyFolds, X, climbed, objective

CODES = ["EII", "VVI", "EEE", "VVV"]


def some_statistics(code, noise, seed):
    labels = np.random.default_rng(seed).integers(-1 if noise else 0, 4, len(X))
    return SOURCE.fold_given(KERNEL, labels, np.zeros((4, 3)), FAMILIES[code].scatter)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("code", CODES)
def test_vectors_and_back(code, noise):
    frame, statistics = Frame(some_statistics(code, noise, 0), noise), some_statistics(code, noise, 1)
    vector = frame.vector(statistics)
    assert vector.shape == (frame.size,)
    again = frame.statistics(vector)
    assert np.allclose(again.counts, statistics.counts, rtol=1e-12)
    assert np.allclose(again.means(), statistics.means(), rtol=1e-12)
    assert np.allclose(again.within(), statistics.within(), rtol=1e-9, atol=1e-9)
    assert np.allclose(frame.vector(some_statistics(code, noise, 0)), 0, atol=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_lengths_are_information_of_the_complete_data(code):
    """Half a squared length is what the log-likelihood of the labelled rows falls by, to second order."""
    statistics = some_statistics(code, False, 0)
    frame, rng = Frame(statistics, False), np.random.default_rng(2)
    n, shares, k = statistics.counts, statistics.counts / statistics.total, 4

    def height(s):
        """Of the statistics, under the mixture that has the moments ``s``; VVV, or what is nested in it."""
        mixture = Objective(FAMILIES[code], Floor(np.full(3, 1e-12))).maximize(s)[0]
        about = statistics.about(mixture.means)
        covariances = mixture.covariance.dense()
        second = about.second if code == "VVV" else None
        value = n @ np.log(mixture.weights) - 0.5 * n @ np.linalg.slogdet(covariances)[1]
        inverse = np.linalg.inv(covariances)
        if code == "EEE":
            return value - 0.5 * np.einsum("ij,ij", inverse[0], about.second)
        if code == "VVV":
            return value - 0.5 * np.einsum("kij,kij", inverse, second)
        diagonal = np.einsum("kdd->kd", inverse)
        return value - 0.5 * (diagonal * about.second if code == "VVI" else diagonal[:, 0] * about.second).sum()

    top = height(frame.statistics(np.zeros(frame.size)))
    for _ in range(5):
        way = rng.normal(size=frame.size)
        if code == "EII":  # its variance is common
            way[k + 3 * k :] = np.sqrt(shares) * way[-1]
        way[:k] -= np.sqrt(shares) * (np.sqrt(shares) @ way[:k])  # amounts have one sum
        way *= 1e-3 / np.linalg.norm(way)
        lost = top - height(frame.statistics(way))
        assert lost == pytest.approx(0.5 * statistics.total * way @ way, rel=0.02)


def test_of_a_parabola_the_top_is_found():
    """With as many pairs as there are directions the way is Newton's."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    less = axes @ np.diag([0.9, 0.5, 0.1, 0.01]) @ axes.T  # the part of the information that is there
    top, points = rng.normal(size=4), []
    at = np.zeros(4)
    for direction in [*axes.T, None]:
        points.append((at, at + less @ (top - at)))
        at = at if direction is None else at + direction
    begin, end = points[-1]
    assert begin + towards_top(end - begin, curved(points)) == pytest.approx(top, abs=1e-9)


def test_a_pair_without_curvature_teaches_nothing():
    points = [(np.zeros(2), np.ones(2)), (np.ones(2), np.ones(2) + 1.5)]
    assert curved(points) == []


def test_a_mixture_that_is_lower_is_taken_back(monkeypatch):
    monkeypatch.setattr(quasi_newton, "towards_top", lambda step, pairs: 50 * towards_top(step, pairs))
    refused = []
    retreat = QuasiNewton.retreat
    monkeypatch.setattr(QuasiNewton, "retreat", lambda *a: refused.append(1) or retreat(*a))
    end, _ = climbed(objective("VVV"), "quasi-newton")
    assert refused
    assert np.diff(end.history).min() >= -1e-12 * abs(end.value)


def test_what_it_promises_is_left():
    """About as much as it says."""
    promised = []
    goal = objective("VVV")
    pace = QuasiNewton(goal, patience=0)
    labels = np.random.default_rng(0).integers(0, 4, len(X))
    climb = from_assignment(SOURCE, KERNEL, goal, labels, 4)
    for _ in range(200):
        (statistics,) = SOURCE.fold(KERNEL, [climb.mixture], [goal.family.scatter])
        climb = em._on(climb, statistics, pace, 1e-300, 10**6)
        if climb.status:
            break
        if climb.history and np.isfinite(pace._left):
            promised.append((climb.value, pace._left / quasi_newton.SAFE))
    top = climb.value
    near = [(top - value, left) for value, left in promised if 1e-8 < top - value < 10]
    assert 0.2 < np.median([left / true for true, left in near]) < 5


def test_many_rows_take_it_by_default():
    source = OnlyFolds(X)
    assert em.quickest(source, near=False) == em.quickest(source, near=True) == "quasi-newton"


@pytest.mark.parametrize("near", [False, True])
def test_the_same_climb_in_other_units(near):
    """Nor does it matter what is added to a feature of those before it: the same passes lead to the same mixture."""
    turn = np.array([[2.0, 0.0, 0.0], [5.0, 1e3, 0.0], [1e-3, 0.0, 1e-2]])
    ends = []
    for rows in (X, X @ turn.T):
        source = OnlyFolds(rows)
        goal = Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-18)))
        start = from_assignment(source, KERNEL, goal, np.random.default_rng(0).integers(0, 4, len(X)), 4)
        how = {"tol": 1e-7, "max_iter": 500, "acceleration": "quasi-newton", "near": near}
        ends.append(em.run(source, NativeKernel(1), [start], **how)[0])
    shift = len(X) * np.log(abs(np.linalg.det(turn)))
    assert ends[0].value - shift == pytest.approx(ends[1].value, abs=1e-4)
    assert ends[0].n_iter == ends[1].n_iter


def test_rows_without_spread_are_no_frame():
    source = ArraySource(np.repeat(X[:4], 5, axis=0))
    statistics = source.fold_given(KERNEL, np.repeat(np.arange(4), 5), np.zeros((4, 3)), FAMILIES["VVV"].scatter)
    with pytest.raises(np.linalg.LinAlgError):
        Frame(statistics, False)
    empty = replace(some_statistics("VVI", False, 0), counts=np.array([0.0, 1, 1, 1]))
    with pytest.raises(np.linalg.LinAlgError):
        Frame(empty, False)


def test_factors_that_are_next_to_singular_have_a_vector(monkeypatch):
    """By rounding, the inverse of some times others has negative numbers on its diagonal; warnings are errors here."""
    rng, statistics = np.random.default_rng(0), some_statistics("EEE", False, 0)
    for _ in range(300):
        pair = np.tril(rng.normal(size=(2, 3, 3)) * 10.0 ** rng.uniform(-60, 2, (2, 3, 3)))
        pair[:, range(3), range(3)] = np.abs(pair[:, range(3), range(3)])
        found = iter(pair[:, None])
        monkeypatch.setattr(frames, "_factors", lambda _, found=found: next(found))
        vector = Frame(statistics, False).vector(statistics)
        assert not np.isnan(vector).any()
