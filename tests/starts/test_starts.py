"""Starts: functions of the weighted data, blind to units, and good enough to find what is there."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment, kmeans_labels
from bactrian.starts.kmeans import LLOYD_STEPS, data_metric, lloyd
from bactrian.starts.search import distinct, ranked
from tests.fit.cases import lobes

KERNEL = NativeKernel()


def labels_of(x, full=True, seed=0, k=3, weight=None, like=None):
    """``like`` : rows whose order draws go through, as if they were these."""
    source = ArraySource(x, weight)
    if like is not None:
        source.order = ArraySource(like).order
    metric = data_metric(source, Floor(np.full(x.shape[1], 1e-300)), full)
    return kmeans_labels(source, KERNEL, k, metric, np.random.default_rng(seed))


@pytest.mark.parametrize("full", [True, False])
def test_units_do_not_matter(full):
    x = lobes(400, 3, 3)
    expected = labels_of(x, full)
    assert np.array_equal(labels_of(x * [2.0**-20, 1.0, 2.0**20], full), expected)
    assert np.array_equal(labels_of(x + 1e6, full), expected)


def test_full_whitening_is_blind_to_any_linear_map():
    x = lobes(400, 3, 3)
    a = np.array([[1.0, 5.0, 0.0], [0.0, 1.0, -3.0], [0.0, 0.0, 2.0]])
    assert np.array_equal(labels_of(x @ a, like=x), labels_of(x))


def test_a_row_of_weight_two_is_two_rows():
    x = lobes(200, 2, 3)
    weight = np.random.default_rng(0).integers(0, 3, len(x))
    weighted = labels_of(x, weight=weight)
    repeated = labels_of(np.repeat(x, weight, axis=0))
    assert np.array_equal(np.repeat(weighted, weight[weight > 0]), repeated)


def test_well_separated_lobes_are_found_whatever_the_seed():
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(5), 100)
    x = (
        rng.normal(size=(500, 2)) * [1, 1e-3]
        + (12 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0]]) * [1, 1e-3])[truth]
    )
    for seed in range(20):
        found = bt.fit(x, 5, "VVV", random_state=seed).classify(x)
        pairs = {(a, b) for a, b in zip(truth, found, strict=True)}
        assert len(pairs) == 5, seed


def test_equal_rows_do_not_stop_it():
    x = np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0)
    assert len(set(labels_of(x, full=False, k=2))) == 2
    assert len(labels_of(x, full=False, k=5)) == 20


def test_of_labellings_that_differ_only_in_their_numbers_the_first_stays():
    a, b = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 2, 2])
    assert [list(one) for one in distinct([a, (a + 1) % 3, b, (b * 2) % 3, a])] == [list(a), list(b)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("full", [True, False])
def test_native_steps_of_lloyd_are_those_of_the_loop(full, weighted, dtype):
    x = lobes(3000, 3, 3).astype(dtype)
    weight = np.random.default_rng(1).integers(1, 4, len(x)).astype(float) if weighted else None
    source = ArraySource(x, weight)
    metric = data_metric(source, Floor(np.full(3, 1e-300)), full)
    # the last centre has no rows: its group becomes empty, and its centre the middle of all
    centres = np.concatenate([x[:4], x[:1] + 1e3]).astype(float)
    nothing = np.empty((1, 0))
    _, native = KERNEL.kmeans(
        x, weight, metric, source.moments.mean, nothing, len(centres), anchors=centres, steps=LLOYD_STEPS
    )
    assert np.array_equal(native[0], lloyd(source, KERNEL, centres, metric))


def test_starts_that_end_on_one_height_are_not_climbed_further(monkeypatch):
    x = np.concatenate([lobes(100, 2, 2), lobes(100, 2, 2) + 50])
    source, floor = ArraySource(x), Floor(np.full(2, 1e-10))
    truth = np.repeat([0, 1], len(x) // 2)
    others = [np.where(np.arange(len(x)) == i, 1 - truth, truth) for i in range(4)]  # one row stands wrong
    rounds = []
    climb = em.run
    monkeypatch.setattr(em, "run", lambda *args, **how: rounds.append(how["max_iter"]) or climb(*args, **how))
    objective = Objective(FAMILIES["VVV"], floor)
    starts = ranked(source, KERNEL, [from_assignment(source, KERNEL, objective, one, 2) for one in others])
    assert rounds == [12]
    assert len(starts) == 4
