"""The longer look for a start: agglomeration, moves, and what is lent between families."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_sample_image

import bactrian as bt
from bactrian import em
from bactrian.families import FAMILIES, Floor
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from bactrian.starts.agglomerate import agglomerate
from bactrian.starts.moves import mover
from bactrian.starts.parts import parts_of
from bactrian.starts.unions import cheapest_unions
from tests.fit.cases import heavy_tails, lobes

KERNEL = NativeKernel(1)
TRUTH = np.repeat(np.arange(4), 100)
FAR = np.random.default_rng(0).normal(size=(400, 2)) + np.array([[0, 0], [20, 0], [0, 20], [20, 20]])[TRUTH]


def same_partition(a, b) -> bool:
    return len({*zip(a.tolist(), b.tolist(), strict=True)}) == len(set(a.tolist())) == len(set(b.tolist()))


def tree(x, seed=0, most=9, weight=None, like=None):
    """``like`` : rows whose order draws go through, as if they were these."""
    source = ArraySource(x, weight)
    if like is not None:
        source.order = ArraySource(like).order
    return agglomerate(source, KERNEL, Floor(np.full(x.shape[1], 1e-12)), most, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_agglomeration_finds_what_stands_apart(seed):
    found = tree(FAR, seed)
    assert same_partition(found.labels(4), TRUTH)
    coarse, fine = found.labels(2), found.labels(3)
    assert len({*zip(fine.tolist(), coarse.tolist(), strict=True)}) == 3  # a tree: each group lies in one above it


def test_agglomeration_is_blind_to_linear_maps():
    a = np.array([[1e3, 0.5], [0.0, 1e-3]])
    assert np.array_equal(tree(FAR).labels(4), tree(FAR @ a + 5, like=FAR).labels(4))


def test_more_groups_than_rows_allow():
    few = FAR[::100]
    assert tree(few, most=4).labels(4) is not None
    assert tree(few, most=4).labels(5) is None


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "EEV"])  # there EM finds out by itself
def test_a_move_leads_out_of_a_bad_optimum(family):
    """Two components on one lobe and one over two lobes: EM stays, a move does not."""
    wrong = np.where(TRUTH == 3, 2, TRUTH)
    wrong[:50] = 3  # lobe 0 is cut in two, lobes 2 and 3 share one
    source, goal = ArraySource(FAR), Objective(FAMILIES[family], Floor(np.full(2, 1e-10)))
    start = from_assignment(source, KERNEL, goal, wrong, 4)
    (stuck,) = em.run(source, KERNEL, [start], tol=1e-6, max_iter=500)
    right = from_assignment(source, KERNEL, goal, TRUTH, 4)
    (best,) = em.run(source, KERNEL, [right], tol=1e-6, max_iter=500)
    moved = mover(source, KERNEL, goal, np.random.default_rng(0), tol=1e-6).improve(stuck)
    assert stuck.value < best.value - 10
    assert moved.value == pytest.approx(best.value, abs=0.1)


def test_moves_never_lose():
    source, goal = ArraySource(lobes(300, 3, 3)), Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-10)))
    for seed in range(5):
        labels = np.random.default_rng(seed).integers(0, 5, source.n_rows)
        start = from_assignment(source, KERNEL, goal, labels, 5)
        (end,) = em.run(source, KERNEL, [start], tol=1e-6, max_iter=500)
        assert mover(source, KERNEL, goal, np.random.default_rng(seed), tol=1e-6).improve(end).rank >= end.rank


def test_parallel_cigars_are_two():
    """Standard deviations 20 and 1, a gap of 6: k-means on raw scales cuts across (scikit-learn: ARI 0.008)."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 500)
    x = rng.normal(size=(1000, 2)) * [20, 1] + np.array([[0, 0], [0, 6]])[truth]
    for model in (bt.fit(x, range(1, 5), "VVV"), bt.fit(x)):
        assert model.n_components == 2
        assert same_partition(model.classify(x), truth) or (model.classify(x) == truth).mean() > 0.99


@pytest.mark.parametrize("k", [2, 4])
def test_nested_families_are_in_order(k):
    """A family that contains another is never lower: it could have begun there."""
    fit = bt.fit(lobes(250, 3, 3), k)
    found = {c.family: c for c in fit.candidates}
    for a in FAMILIES.values():
        for b in FAMILIES.values():
            if a.contains(b) and found[a.code].usable and found[b.code].usable:
                assert found[a.code].log_likelihood >= found[b.code].log_likelihood - 1e-3, (a, b)


def test_the_plain_start_looks_no_further(monkeypatch):
    monkeypatch.setattr(import_module("bactrian.selection.search"), "best_starts", lambda *a: pytest.fail("looked"))
    bt.fit(lobes(200, 2, 3), 4, "VVV", start="k-means++")


def test_dear_starts_that_fall_behind_are_left_there(monkeypatch):
    """Where all is dear half of the starts go on, then half of these, and the best comes out as if all had."""
    look = import_module("bactrian.starts.thorough")
    source, goal = ArraySource(lobes(600, 3, 5)), Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-10)))
    rng = np.random.default_rng(0)

    def short(dear: bool) -> list[em.Climb]:
        monkeypatch.setattr(look, "DEAR", 0 if dear else 1 << 40)
        starts = [from_assignment(source, KERNEL, goal, labels, 5) for labels in labellings]
        return look.Look(source, KERNEL, None, 1e-6, None).short(starts)

    labellings = [rng.integers(0, 5, source.n_rows) for _ in range(8)]
    with monkeypatch.context() as different:  # from labels by chance all begin near the same mixture
        different.setattr(look, "apart", lambda climbs, nats: climbs)
        some, all_ = short(True), short(False)
    assert [c.n_iter for c in all_] == [12] * 8
    assert sorted(c.n_iter for c in some) == [3] * 4 + [6] * 2 + [12] * 2
    assert some[0].value == max(c.value for c in some)
    assert some[0].value == pytest.approx(
        next(c.value for c in all_ if np.array_equal(c.mixture.means, some[0].mixture.means))
    )
    # of starts that are on the way to one top one goes on, and needs no look where it is alone
    labellings = labellings[:1] * 8
    assert [c.n_iter for c in short(True)] == [3]


def test_few_good_labellings_where_climbs_are_dear():
    search, groups = import_module("bactrian.starts.search"), import_module("bactrian.starts.groups")
    rng = np.random.default_rng(0)
    truth = np.arange(9000) % 30
    x = (12 * rng.normal(size=(30, 5)))[truth] + rng.normal(size=(9000, 5))
    source = ArraySource(x)
    assert source.n_rows * 5 * 30 > search.DEAR
    found = groups.Groups(source, KERNEL, Floor(np.full(5, 1e-10)), 30, 8, FAMILIES["VVV"].scatter, rng)
    assert 1 <= len(found.labels) <= 2  # the best in each metric
    for labels in found.labels:
        assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) < 40  # but for a few rows between lobes


@pytest.mark.parametrize("n_init", [1, 2, 3, 8])
def test_dear_starts_that_do_not_agree_are_all_there_are(n_init):
    """Rows without groups: each start leads elsewhere, and no others are looked for."""
    x = np.random.default_rng(0).normal(size=(1500, 20))
    fit = bt.fit(x, 20, "VVV", n_init=n_init, max_iter=3)
    assert fit.n_components == 20
    groups = import_module("bactrian.starts.groups")
    source, floor = ArraySource(x), Floor(np.full(20, 1e-10))
    found = groups.Groups(source, KERNEL, floor, 20, n_init, FAMILIES["VVV"].scatter, np.random.default_rng(0))
    assert 1 <= len(found.labels) <= min(n_init, 2)
    assert not found.further(Objective(FAMILIES["VVV"], floor))


@pytest.mark.parametrize("seed", range(3))
def test_every_lobe_of_many_features_is_found(seed):
    rng = np.random.default_rng(0)
    truth = np.arange(9000) % 15
    x = (2 * rng.normal(size=(15, 20)))[truth] + rng.normal(size=(9000, 20))
    fit = bt.fit(x, 15, "VVV", random_state=seed)
    assert (np.bincount(truth * 15 + fit.classify(x), minlength=225) > 300).sum() == 15


def test_a_component_that_is_left_with_few_rows_of_all_is_put_where_it_gains():
    """What a sample has led to is looked at once more: of twelve lobes one was two on it."""
    ends = import_module("bactrian.starts.ends")
    rng = np.random.default_rng(0)
    truth = np.arange(12_000) % 12
    x = (15 * rng.normal(size=(12, 3)))[truth] + rng.normal(size=(12_000, 3))
    source, goal = ArraySource(x), Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-10)))
    wrong = np.where(truth == 11, 10, truth)
    wrong[np.flatnonzero(truth == 0)[:20]] = 11  # a component of twenty rows, and one for two lobes
    start = from_assignment(source, KERNEL, goal, wrong, 12)
    how = {"tol": 1e-6, "max_iter": 500, "acceleration": "quasi-newton"}
    (stuck,), (end,) = (ends.climb_from_best(source, KERNEL, [[start]], moves=m, **how) for m in (False, True))
    assert stuck.mixture.weights.min() < 0.01
    assert end.mixture.weights.min() > 0.05
    assert end.value > stuck.value + 100
    assert end.history[: len(stuck.history)] == stuck.history
    assert (np.diff(end.history) >= 0).all()
    assert ends.climb_from_best(source, KERNEL, [[start]], moves=True, tol=0.0, max_iter=3)[0].n_iter == 3


@pytest.mark.parametrize("seed", range(4))
def test_pairs_that_are_fitted_anew_lead_out_of_many_maxima(seed):
    """Merging one pair of components and splitting another led there with one seed of ten."""
    x = np.log(load_breast_cancer().data[:, :5])
    model = bt.GaussianMixture(5, random_state=seed).fit(x)
    assert model.score(x) > 7.2126 - 1e-3


def test_some_of_the_rows_show_the_way_for_all():
    """Colours of ten thousand pixels: a pair fitted anew creeps for long before it rises to the best maximum known."""
    pixels, rng = load_sample_image("china.jpg").reshape(-1, 3), np.random.default_rng(0)
    x = rng.choice(pixels, 10_000, replace=False) + rng.uniform(-0.5, 0.5, (10_000, 3))
    heights = [bt.GaussianMixture(8, random_state=seed).fit(x).score(x) for seed in range(4)]
    assert sum(height > -12.5409 - 1e-3 for height in heights) >= 3  # the others are 2.4e-3 below


def test_a_pair_that_is_fitted_anew_is_two_in_its_place():
    source, goal = ArraySource(FAR), Objective(FAMILIES["VVV"], Floor(np.full(2, 1e-10)))
    (end,) = em.run(source, KERNEL, [from_assignment(source, KERNEL, goal, TRUTH, 4)], tol=1e-8, max_iter=99)
    moves = mover(source, KERNEL, goal, np.random.default_rng(0), tol=1e-8)
    assert moves.fitted_anew(end) is None  # nothing is better than the truth
    z = KERNEL.responsibilities(FAR, end.mixture)
    parts = parts_of(end.mixture)
    (union,) = cheapest_unions(parts, z, None, source.total, 1, KERNEL)
    splits = moves.halves.anew(end.mixture, union.one, z[:, [union.i]] + z[:, [union.j]])
    assert [split.c for split in splits] == [0] * len(splits)
    assert [split.gain for split in splits] == sorted((split.gain for split in splits), reverse=True)
    assert splits[0].gain == pytest.approx(0, abs=1e-3)  # the pair that was there
    found = splits[0].two.means[np.argsort(splits[0].two.means @ [1, 2])]
    there = parts.means[[union.i, union.j]]
    assert found == pytest.approx(there[np.argsort(there @ [1, 2])], abs=0.05)


def test_two_components_of_heavy_tails_are_found_with_every_seed():
    """No move leads from one maximum of two components to another: there are more starts instead."""
    x = heavy_tails(5, 800, 6, 2.0)
    x[:, 0] = np.abs(x[:, 0]) ** 1.5
    heights = [bt.fit(x, 2, "VVV", random_state=seed).log_likelihood for seed in range(6)]
    assert np.ptp(heights) < 1e-3 * len(x)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_core_and_its_tail_are_found_where_k_means_sees_one_far_row(weighted):
    rows = 1 + np.random.default_rng(1).pareto(1.5, 120)
    weight = None
    if weighted:
        rows, weight = np.sort(rows)[::2], np.full(60, 2.0)
    fit = bt.fit(rows, 2, "V", sample_weight=weight)
    assert fit.best.usable
    narrow, wide = np.sort(fit.mixture.covariances.ravel())
    assert wide > 20 * narrow


def test_starts_that_have_collapsed_are_left(monkeypatch):
    """Twenty rows of twelve features: no component of its own shape has rows enough."""
    run, asked = em.run, []

    def counted(source, kernel, climbs, **how):
        asked.append((len(climbs), how["max_iter"]))
        return run(source, kernel, climbs, **how)

    monkeypatch.setattr(em, "run", counted)
    with pytest.warns(bt.CollapseWarning):
        fit = bt.fit(np.random.default_rng(0).normal(size=(20, 12)), [2, 3], ["EVE", "VVV"])
    assert {c.status for c in fit.candidates} == {"collapsed"}
    assert asked[:4] == [(16, 1), (2, 4)] * 2  # of each candidate one goes on
