"""A fit that goes on: the optimum it comes to, and what must not matter."""

from __future__ import annotations

import copy
import pickle
import warnings
from functools import reduce
from operator import add

import numpy as np
import pytest

import bactrian as bt
from bactrian.families import FAMILIES

NEAR = 2e-3  # nats per row below the fit of all rows at once; a parameter known from 20 000 rows costs 1e-4


def learned(x, cuts=(), weight=None, **how):
    online = bt.OnlineFit(**{"n_components": 3, "block_rows": 500, **how})
    weights = [None] * (len(cuts) + 1) if weight is None else np.split(weight, cuts)
    for batch, w in zip(np.split(x, cuts), weights, strict=True):
        online.update(batch, w)
    return online


def same(a, b):
    return a.mixture == b.mixture and (a.n_rows, a.n_steps, a.n_waiting) == (b.n_rows, b.n_steps, b.n_waiting)


@pytest.mark.parametrize("family", FAMILIES)
def test_close_to_the_optimum_of_all_rows(family, rows):
    online, fit = learned(rows, range(77, 20_000, 777), family=family), bt.fit(rows, 3, family)
    assert fit.log_likelihood / len(rows) - online.mixture.logpdf(rows).mean() < NEAR
    assert (online.n_rows, online.n_steps, online.family) == (20_000, 38, family)


@pytest.mark.parametrize("step", [0.51, 0.6, 0.8, 1, 1.0])
def test_any_step_comes_close(step, rows, truth):
    online = learned(rows, step=step)
    ordered = truth.reorder(truth.match(online.mixture))
    assert np.abs(ordered.means - online.mixture.means).max() < 0.15


def test_step_1_counts_all_rows_alike(rows):
    online = learned(rows[:5000], step=1)
    np.testing.assert_allclose(online.mixture.mean, rows[:5000].mean(axis=0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(online.mixture.covariance, np.cov(rows[:5000].T, bias=True), rtol=1e-12)


@pytest.mark.parametrize("how", [{}, {"family": "VEE"}, {"forgetting": 0.999}, {"prior": "conjugate"}])
def test_how_the_rows_are_cut_does_not_matter(how, rows):
    x = rows[:4321]
    whole = learned(x, **how)
    for cuts in (range(1, 4321), [5, 5, 1003, 1500, 4320], range(100, 4321, 100)):
        assert same(learned(x, cuts, **how), whole)


def test_no_rows_are_no_news(rows):
    online = learned(rows[:1700])
    before = online.copy()
    for empty in (np.empty((0, 2)), []):
        online.update(empty)
    online.update(rows[:3], np.zeros(3))
    assert same(online, before)
    assert bt.OnlineFit(2).update([]).n_rows == 0


def test_weights_0_and_2(rows):
    x = rows[:3000]
    weight = np.random.default_rng(0).integers(0, 2, len(x)).astype(float)
    assert same(learned(x, weight=weight), learned(x[weight > 0]))
    assert same(learned(x, [7], weight=np.full(len(x), 1.0)), learned(x))
    twice, once = learned(x, weight=np.full(len(x), 2.0)), learned(x)
    assert twice.total_weight == 6000
    np.testing.assert_allclose(twice.mixture.means, once.mixture.means, rtol=0, atol=1e-9)


@pytest.mark.parametrize("how", [{}, {"forgetting": 0.999}, {"prior": "conjugate"}])
@pytest.mark.parametrize("family", ["VVV", "EEE", "VVI", "VII", "VEV"])
def test_shift_and_scale_do_not_matter(family, how, rows):
    x = np.round(rows[:5000] * 2**20) / 2**20  # so that moving them loses nothing
    here, there = learned(x, family=family, **how), learned(x * 4 + 2.0**27, family=family, **how)
    np.testing.assert_allclose((there.mixture.means - 2.0**27) / 4, here.mixture.means, rtol=0, atol=1e-6)
    np.testing.assert_allclose(there.mixture.covariances / 16, here.mixture.covariances, rtol=1e-5, atol=1e-6)


def test_float32(rows):
    single = learned(rows.astype(np.float32))
    np.testing.assert_allclose(single.mixture.means, learned(rows).mixture.means, rtol=0, atol=1e-3)


def test_forgetting_follows_the_drift(rows):
    moved = rows + np.linspace(0, 20, len(rows))[:, None]
    online, stays = learned(moved, forgetting=0.999), learned(moved, step=1)
    # 1000 rows are remembered, over which the data move by 1
    assert np.abs(online.mixture.mean - moved[-1000:].mean(axis=0)).max() < 0.6
    assert np.abs(stays.mixture.mean - moved[-1000:].mean(axis=0)).min() > 5
    assert online.predictive_score > stays.predictive_score
    assert online.mixture.logpdf(moved[-500:]).mean() > stays.mixture.logpdf(moved[-500:]).mean() + 0.5


def test_two_halves_merged_are_near_the_whole(rows):
    start = bt.fit(rows[:1000], 3, "VVV").mixture
    a, b = learned(rows[:10_000], start=start), learned(rows[10_000:], start=start.reorder([2, 0, 1]))
    merged, fit = a + b, bt.fit(rows, 3, "VVV")
    assert (merged.n_rows, merged.total_weight) == (20_000, 20_000)
    assert fit.log_likelihood / len(rows) - merged.mixture.logpdf(rows).mean() < NEAR
    assert merged.mixture.match(a.mixture).tolist() == [0, 1, 2]
    assert a.n_rows == b.n_rows == 10_000  # both stay as they were


def test_merging_step_1_is_exact_in_the_moments(rows):
    merged = learned(rows[:5000], step=1) + learned(rows[5000:9000], step=1)
    np.testing.assert_allclose(merged.mixture.mean, rows[:9000].mean(axis=0), rtol=0, atol=1e-12)


def test_merging_with_one_that_waits(rows):
    a, b = learned(rows[:3000]), learned(rows[3000:3400])
    assert (a + b).n_rows == (b + a).n_rows == 3400
    assert same(a + b, learned(rows[:3400]))
    assert same(learned(rows[:600]) + learned(rows[600:1200]), learned(rows[:1200]))
    assert same(a + bt.OnlineFit(3), a)


def parts_from(start, rows, **how):
    """Ten parts of 1000 rows, all begun from the same fit of 3000."""
    return [learned(rows[first : first + 1000], start=start, **how) for first in range(3000, 13_000, 1000)]


def in_pairs(parts):
    half = len(parts) // 2
    return parts[0] if len(parts) == 1 else in_pairs(parts[:half]) + in_pairs(parts[half:])


@pytest.mark.parametrize("family", ["VVV", "EEE", "VVI", "EII"])  # each kind of scatter
@pytest.mark.parametrize("summed", [lambda parts: reduce(add, parts), lambda parts: reduce(add, parts[::-1]), in_pairs])
def test_a_fit_that_all_parts_began_from_counts_once(summed, family, rows):
    start = bt.fit(rows[:3000] + 1e3, 3, family)
    merged = summed(parts_from(start, rows + 1e3, step=1))
    assert (merged.n_rows, merged.total_weight) == (13_000, 13_000)
    np.testing.assert_allclose(merged.mixture.mean, rows[:13_000].mean(axis=0) + 1e3, rtol=0, atol=1e-9)
    one = learned(rows[3000:13_000] + 1e3, start=start, step=1)
    np.testing.assert_allclose(merged.mixture.weights, one.mixture.weights, atol=0.01)
    np.testing.assert_allclose(merged.mixture.means, one.mixture.means, atol=0.05)
    (left,) = merged._state.origins
    assert left.share == 1


def test_a_common_start_is_known_again_from_a_file(rows, tmp_path):
    start = bt.fit(rows[:3000], 3, "VVV", sample_weight=np.full(3000, 0.5))
    parts = parts_from(start, rows, step=0.7)
    for i, one in enumerate(parts):
        one.save(tmp_path / f"{i}.bactrian")
    loaded = [bt.load(tmp_path / f"{i}.bactrian") for i in range(10)]
    merged = reduce(add, parts)
    again = reduce(add, loaded[1:], pickle.loads(pickle.dumps(loaded[0])))
    assert (merged.n_rows, merged.total_weight) == (13_000, 11_500)
    assert same(merged, again)
    merged.save(tmp_path / "sum.bactrian")
    assert (bt.load(tmp_path / "sum.bactrian") + parts[0]).n_rows == 14_000


@pytest.mark.parametrize("how", [{}, {"step": 1}, {"forgetting": 0.9995}])
def test_of_a_start_that_is_forgotten_the_rest_counts_once(how, rows):
    start = bt.fit(rows[:3000], 3, "VVV")
    a, b = (learned(rows[i : i + 2000], start=start, **how) for i in (3000, 5000))
    merged = a + b
    assert merged.n_rows == 7000
    (left,) = merged._state.origins
    one = learned(rows[3000:7000], start=start, **how)
    total = merged._state.statistics.total
    if "forgetting" in how:  # what is left of it after all 4000 rows
        assert left.share == pytest.approx(how["forgetting"] ** 4000, rel=1e-9)
    assert left.share * left.statistics.total < 1.01 * 3000
    if "forgetting" not in how:
        assert total == pytest.approx(7000, rel=1e-12)
    assert np.abs(merged.mixture.means - one.mixture.means).max() < 0.1
    nothing_new = bt.OnlineFit(start=start, **how)
    for again in (merged + nothing_new, nothing_new + merged):
        np.testing.assert_allclose(again.mixture.means, merged.mixture.means, rtol=0, atol=1e-9)
    assert (nothing_new + nothing_new).n_rows == 3000
    assert (nothing_new + nothing_new).total_weight == 3000


def test_starts_that_differ_all_count(rows):
    first, second = (bt.fit(rows[i : i + 2000], 3, "VVV") for i in (0, 2000))
    a, b, c = (bt.OnlineFit(start=s, step=1) for s in (first, second, first))
    assert (a + b).n_rows == 4000
    assert ((a + b) + c).n_rows == (c + (a + b)).n_rows == 4000
    assert ((a + b) + (b + a)).n_rows == 4000
    merged = a + b + c.update(rows[4000:9000])
    np.testing.assert_allclose(merged.mixture.mean, rows[:9000].mean(axis=0), atol=1e-12)
    assert (
        bt.OnlineFit(start=first.mixture, step=1).update(rows[:1000]) + c
    ).n_rows == 8000  # a Mixture counts for nothing


@pytest.mark.parametrize(
    ("mine", "other", "sentence"),
    [
        ({}, {"n_components": 2}, "same n_components, but they have 3 and 2"),
        ({}, {"family": "EEE"}, "same family, but they have VVV and EEE"),
        ({}, {"forgetting": 0.99}, "same step"),
        ({}, {"prior": "conjugate"}, "same prior"),
        ({}, {"regularization": 0.1}, "same regularization"),
    ],
)
def test_unlike_fits_are_not_merged(mine, other, sentence, rows):
    with pytest.raises(bt.ParameterError, match=sentence):
        learned(rows[:10], **mine) + learned(rows[:10], **other)
    with pytest.raises(bt.DataError, match="different features, 2 and 1"):
        learned(rows[:10]) + learned(rows[:10, :1])


def test_before_there_are_rows_enough_it_is_the_fit_of_those_there_are(rows):
    online = bt.OnlineFit(3)
    with pytest.raises(bt.DataError, match="no rows were seen"):
        _ = online.mixture
    online.update(rows[0][None])
    with pytest.raises(bt.DataError, match="at least as many rows"):
        _ = online.mixture
    online.update(rows[1:900])
    assert online.mixture == bt.fit(rows[:900], 3, "VVV").mixture
    assert (online.n_waiting, online.n_steps) == (900, 0)


def test_a_fit_as_start_counts_as_its_rows(rows):
    fit = bt.fit(rows[:5000], 3, "EEE")
    online = bt.OnlineFit(start=fit)
    assert (online.n_components, online.family, online.n_rows) == (3, "EEE", 5000)
    assert online.mixture == fit.mixture
    online.update(rows[5000:])
    assert bt.fit(rows, 3, "EEE").log_likelihood / len(rows) - online.mixture.logpdf(rows).mean() < NEAR


def test_a_batch_with_an_error_changes_nothing(rows):
    online = learned(rows[:1700])
    before, bad = online.copy(), rows[:2000].copy()
    bad[1234, 1] = np.nan
    with pytest.raises(bt.DataError, match="column 1, row 1234 is missing"):
        online.update(bad)
    assert same(online, before)
    for batch in (rows[:5, :1], np.ones((4, 3))):
        with pytest.raises(bt.DataError, match="has 2 features, but the rows have"):
            online.update(batch)
    with pytest.raises(bt.DataError, match="sample_weight should have one number for each of 5"):
        online.update(rows[:5], np.ones(4))
    assert same(online, before)


def test_the_caller_may_overwrite_a_batch(rows):
    online, buffer = bt.OnlineFit(3), np.empty((100, 2))
    for i in range(20):
        buffer[:] = rows[100 * i : 100 * (i + 1)]
        online.update(buffer)
    assert same(online, bt.OnlineFit(3).update(rows[:2000]))


def test_frames_are_asked_by_name(rows):
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    x, weight = rows[:3000], np.arange(3000) % 3
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1]})
    online = bt.OnlineFit(3).update(frame[:1500]).update(frame[1500:][["b", "a"]])
    batches = bt.OnlineFit(3)
    for batch in pa.Table.from_pandas(frame).to_batches(max_chunksize=200):
        batches.update(batch)
    assert online.feature_names == online.mixture.feature_names == ("a", "b")
    assert same(online, batches)
    weighted = bt.OnlineFit(3).update(frame.assign(w=weight)[:700], "w").update(frame.assign(w=weight)[700:], "w")
    np.testing.assert_array_equal(weighted.mixture.means, bt.OnlineFit(3).update(x, weight).mixture.means)
    with pytest.raises(bt.DataError, match="needs column 'b', but the data has only 'a'"):
        online.update(frame[["a"]])


@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
def test_hostile_rows(rows):
    online = learned(rows[:3000], block_rows=100)
    online.update(np.full((100, 2), 1e150))
    online.update(rows[3000:6000])
    assert np.isfinite(online.mixture.logpdf(rows)).all()
    stuck = learned(rows[:3000], forgetting=0.9)
    stuck.update(np.zeros((3000, 2)))
    assert np.isfinite(stuck.mixture.logpdf(rows[:5])).all()
    with pytest.raises(bt.DataError, match="column 1 is constant"):
        bt.OnlineFit(2).update(np.column_stack([rows[:1000, 0], np.ones(1000)]))


def test_a_collapse_is_told_once(rows):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        online = learned(rows[:2000], regularization=0.5, start=bt.fit(rows[:1000], 3, "VVV").mixture)
        online.update(rows[2000:5000])
    assert online.collapsed
    assert [w.category for w in told] == [bt.CollapseWarning]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n_components": None}, "n_components should be given"),
        ({"n_components": 0}, "n_components should be an integer of at least 1"),
        ({"family": "XXX"}, "there is no family 'XXX'"),
        ({"step": 0.5}, "step should be a number above 0.5"),
        ({"step": True}, "step should be a number above 0.5"),
        ({"step": "fast"}, "step should be a number above 0.5"),
        ({"step": 0.7, "forgetting": 0.99}, r"both are given \(0.99 and 0.7\); leave one of them out"),
        ({"forgetting": 1.0}, "forgetting should be a number strictly between 0 and 1"),
        ({"forgetting": float("nan")}, "forgetting should be a number strictly between 0 and 1"),
        ({"start": "random"}, "start should be a Mixture, a Fit, 'auto' or 'k-means"),
        ({"start": bt.Mixture([1.0], [[0.0]], [[1.0]])}, "the start has 1 component, but n_components is 3"),
        ({"first_rows": 2}, "first_rows should be an integer of at least 3"),
        ({"block_rows": 0}, "block_rows should be an integer of at least 1"),
        ({"prior": 1}, "prior should be None, 'conjugate' or a ConjugatePrior"),
        ({"regularization": -1}, "regularization should be a finite number of at least 0"),
        ({"random_state": "x"}, "a random state should be"),
    ],
)
def test_arguments(arguments, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.OnlineFit(**{"n_components": 3, **arguments})


@pytest.mark.parametrize("made", [copy.copy, copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_learn_by_themselves(made, rows):
    online = learned(rows[:1700])
    twin = made(online)
    twin.update(rows[1700:3000])
    assert online.n_rows == 1700
    assert same(twin, learned(rows[:3000]))
    assert "1700 rows, 200 of them waiting" in repr(online)


@pytest.mark.parametrize("how", [{"noise": True}, {"equal_weights": True}])
def test_a_fit_that_it_cannot_go_on_from(rows, how):
    fit = bt.fit(rows, 2, "VVV", **how)
    with pytest.raises(bt.ParameterError, match="knows neither noise nor equal_weights"):
        bt.OnlineFit(start=fit)
    assert bt.OnlineFit(start=fit.mixture).n_components == 2


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("family", ["EII", "VVI"])
@pytest.mark.parametrize("seed", range(10))
def test_a_row_that_outweighs_all_others_for_a_while(family, seed):
    """What is left of the spread is what rounding leaves, on either side of 0."""
    few = np.random.default_rng(seed).integers(-5, 6, size=(60, 3)).astype(float)
    weight = np.where(np.arange(60) == 35, 1e12, 1.0)
    online = bt.OnlineFit(1, family, prior="conjugate", step=0.51, first_rows=20, block_rows=1)
    assert np.isfinite(online.update(few, weight).mixture.logpdf(few)).all()


@pytest.mark.parametrize("family", ["VVV", "VII", "EEE", "VEV"])
@pytest.mark.parametrize("how", [{}, {"prior": "conjugate"}, {"regularization": 1e-3}, {"forgetting": 0.9}])
@pytest.mark.parametrize("unit", [1e154, 1e169])
def test_rows_whose_squares_leave_the_range_of_float64(family, how, unit):
    rows = np.random.default_rng(0).normal(size=(500, 2)) * unit
    online = bt.OnlineFit(
        family=family, start=bt.Mixture([1.0], [[0, 0]], [np.eye(2)]), first_rows=10, block_rows=10, **how
    )
    with pytest.raises(bt.DataError, match="the squares of the data leave the range of float64"):
        online.update(rows)
