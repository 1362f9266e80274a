"""Steps after each block of rows: the same optimum in fewer reads, and never down."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import bactrian as bt
from bactrian import em, incremental
from bactrian.errors import CovarianceError
from bactrian.families import FAMILIES, Floor
from bactrian.incremental import Incremental, SumTree, expected, n_blocks
from bactrian.kernels import NativeKernel, Noise
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment
from bactrian.statistics import Scatter
from tests.fit.cases import lobes

KERNEL = NativeKernel(1)
X = lobes(400, 3, 4)
WEIGHT = np.random.default_rng(7).uniform(0.2, 3, len(X))


class Blocks(ArraySource):
    """Rows cut at given places; counts how often they are read."""

    def __init__(self, values, weight=None, cuts=(0, 30, 30, 31, 150, 290, 291, 400)):
        super().__init__(values, weight)
        self.cuts, self.reads, self.whole = cuts, 0, 0

    def climber(self, *arguments):
        return None

    def fold(self, *arguments):
        self.reads += 1
        return super().fold(*arguments)

    def blocks(self, most):
        if len(self.cuts) == 2:
            yield self.fold
            return
        self.reads += 1
        for first, end in pairwise(self.cuts):
            yield lambda *asked, rows=slice(first, end): self._part(rows, *asked)


def objective(source, code, prior=False, noise=False, equal=False) -> Objective:
    moments = source.moments
    believed = ConjugatePrior().about(moments.mean, moments.covariance, source.total, 4) if prior else None
    return Objective(FAMILIES[code], Floor(np.full(3, 1e-4)), believed, equal, -9.0 if noise else None)


def climbed(source, goal: Objective, acceleration="incremental", tol=1e-9, max_iter=5000, **how) -> em.Climb:
    labels = np.random.default_rng(0).integers(0, 4, source.n_rows)
    if goal.noise is not None:
        labels[::10] = -1
    start = from_assignment(source, KERNEL, goal, labels, 4)
    source.reads = 0
    (end,) = em.run(source, KERNEL, [start], tol=tol, max_iter=max_iter, acceleration=acceleration, **how)
    return end


@pytest.fixture
def patient(monkeypatch):
    """Sweeps to the end, without strides."""
    monkeypatch.setattr(incremental, "FEW", np.inf)
    monkeypatch.setattr(incremental, "PATIENCE", np.inf)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("code", FAMILIES)
@pytest.mark.parametrize("strides", [False, True])
def test_the_objective_never_falls(code, prior, noise, weighted, strides, monkeypatch):
    if not strides:
        monkeypatch.setattr(incremental, "FEW", np.inf)
        monkeypatch.setattr(incremental, "PATIENCE", np.inf)
    source = Blocks(X, WEIGHT if weighted else None)
    end = climbed(source, objective(source, code, prior, noise), tol=1e-7)
    assert end.status is em.Status.CONVERGED
    assert np.diff(end.history).min() >= -1e-12 * abs(end.value)
    assert end.log_likelihood == pytest.approx(_likelihood(source, end), rel=1e-12)
    assert end.value == end.objective.value(end.log_likelihood, end.mixture)


def _likelihood(source, climb) -> float:
    return KERNEL.accumulate(source.values, source.weight, climb.mixture, climb.family.scatter).log_likelihood


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("code", ["EII", "VVI", "EEE", "VVV", "EVE"])
@pytest.mark.usefixtures("patient")
def test_the_optimum_of_em(code, prior, noise, equal):
    """From where EM ends, a disturbance is climbed back to the same place, and to the last digits that it has."""
    source = Blocks(X, WEIGHT)
    goal = objective(source, code, prior, noise, equal)
    top = climbed(source, goal, "squarem", tol=1e-14, max_iter=20_000)
    p = top.mixture
    start = em.Climb(goal, type(p)(p.weights, p.means + 0.02, p.covariance, p.noise))
    (end,) = em.run(source, KERNEL, [start], tol=1e-14, max_iter=5000, acceleration="incremental")
    assert end.value == pytest.approx(top.value, rel=1e-10)
    assert np.allclose(end.mixture.means, p.means, rtol=0, atol=1e-4)  # as flat as the top is


@pytest.mark.usefixtures("patient")
def test_to_the_last_digits_where_the_top_is_sharp():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(c, 1, (500, 3)) for c in (1e4, 1e4 + 7, 1e4 + 14)])
    rng.shuffle(x)
    ends = []
    for pace in (None, "incremental"):
        source = Blocks(x, cuts=np.linspace(0, len(x), 33).astype(int))
        start = from_assignment(source, KERNEL, objective(source, "VVV"), np.argsort(np.argsort(x[:, 0])) // 500, 3)
        ends.append(em.run(source, KERNEL, [start], tol=0, max_iter=60, acceleration=pace)[0])
    one, other = (end.mixture for end in ends)
    assert ends[1].value == pytest.approx(ends[0].value, rel=1e-13)
    assert np.allclose(one.weights, other.weights, rtol=1e-10)
    assert np.allclose(one.means, other.means, rtol=1e-10)
    assert np.allclose(one.covariance.array, other.covariance.array, rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("patient")
def test_half_the_reads_of_slow_em():
    x = lobes(4000, 3, 4)
    reads = {}
    for pace in (None, "incremental"):
        source = Blocks(x, cuts=np.linspace(0, len(x), 33).astype(int))
        end = climbed(source, objective(source, "EEE"), pace, tol=1e-8)
        reads[pace] = source.reads, end.value
    assert reads["incremental"][1] == pytest.approx(reads[None][1], rel=1e-8)
    assert reads[None][0] > 100
    assert reads["incremental"][0] < 0.65 * reads[None][0]


def test_strides_where_the_end_is_far():
    x = lobes(4000, 3, 4)
    reads = []
    for pace in (None, "incremental"):
        source = Blocks(x, cuts=np.linspace(0, len(x), 33).astype(int))
        end = climbed(source, objective(source, "EEE"), pace, tol=1e-8)
        reads.append(source.reads)
        assert end.status is em.Status.CONVERGED
    assert reads[1] < 0.45 * reads[0]


@pytest.mark.parametrize("code", ["EEE", "VVV"])
@pytest.mark.parametrize("max_iter", [0, 1, 2, 12])
def test_one_block_is_em(code, max_iter):
    """Bit by bit, until strides begin."""
    ends = []
    for pace in (None, "incremental"):
        source = Blocks(X, WEIGHT, cuts=(0, len(X)))
        ends.append(climbed(source, objective(source, code), pace, tol=0, max_iter=max_iter))
    one, other = ends
    assert one.history == other.history
    assert one.map_log_responsibility == other.map_log_responsibility
    assert one.mixture.means.tobytes() == other.mixture.means.tobytes()
    assert one.mixture.covariance.array.tobytes() == other.mixture.covariance.array.tobytes()


def test_one_block_that_converges_soon_ends_as_em_does():
    x = np.concatenate([X[:200], X[200:] + 40])
    ends = []
    for pace in (None, "incremental"):
        source = Blocks(x, cuts=(0, len(x)))
        start = from_assignment(source, KERNEL, objective(source, "VVV"), np.repeat([0, 1], 200), 2)
        ends.append(em.run(source, KERNEL, [start], tol=1e-6, max_iter=100, acceleration=pace)[0])
    assert ends[0].history == ends[1].history


@pytest.mark.parametrize("n", [0, 1, 2, 3, 30])
def test_tol_zero_runs_exactly_max_iter(n):
    source = Blocks(X)
    end = climbed(source, objective(source, "VVV"), tol=0, max_iter=n)
    assert (end.n_iter, source.reads, end.status) == (n, n + 1, em.Status.MAX_ITER)
    assert end.log_likelihood == pytest.approx(_likelihood(source, end), rel=1e-12)
    assert end.history[0] == pytest.approx(climbed(source, objective(source, "VVV"), None, 0, 0).value, rel=1e-14)


@pytest.mark.usefixtures("patient")
def test_a_sweep_makes_a_step_for_each_block_and_is_a_bound():
    seen = []
    source = Blocks(X)
    climbed(source, objective(source, "VVV"), tol=0, max_iter=5, observe=lambda c: seen.append(c[0]))
    for climb in seen[1:-1]:
        assert climb.value < _likelihood(source, climb)
    plain = climbed(source, objective(source, "VVV"), None, tol=0, max_iter=5)
    assert seen[2].value > plain.history[2]


def test_climbs_in_lock_step_do_not_feel_each_other():
    source = Blocks(X, WEIGHT)
    labels = np.random.default_rng(0).integers(0, 4, len(X))
    starts = [from_assignment(source, KERNEL, objective(source, c), labels, 4) for c in ("VVV", "EEE", "EII", "VEI")]
    how = {"tol": 1e-7, "max_iter": 500, "acceleration": "incremental"}
    together = em.run(source, KERNEL, starts, **how)
    assert len({len(c.history) for c in together}) > 1
    for start, end in zip(starts, together, strict=True):
        (alone,) = em.run(source, KERNEL, [start], **how)
        assert alone.history == end.history
        assert alone.mixture.means.tobytes() == end.mixture.means.tobytes()


@pytest.mark.parametrize("n_threads", [2, 3])
def test_the_same_bits_for_any_number_of_threads(n_threads):
    how = {"start": "k-means++", "acceleration": "incremental"}
    x = lobes(20_000, 3, 4)
    one, other = (bt.fit(x, 4, "VVV", n_threads=n, **how) for n in (1, n_threads))
    assert one.history == other.history
    assert one.mixture == other.mixture


def test_a_component_without_rows_stays_and_is_told():
    source = Blocks(X)
    goal = objective(source, "VVI")
    start = from_assignment(source, KERNEL, goal, np.arange(len(X)) % 3, 3)
    p = start.mixture
    weights = np.append(p.weights, 0.0)
    means = np.vstack([p.means, p.means[0] + 1000])
    mixture = type(p)(weights, means, p.covariance.select(np.array([0, 1, 2, 0])))
    ends = [
        em.run(source, KERNEL, [em.Climb(goal, mixture)], tol=1e-8, max_iter=2000, acceleration=pace)[0]
        for pace in (None, "incremental")
    ]
    assert ends[0].held == ends[1].held == (3,)
    assert ends[1].value == pytest.approx(ends[0].value, rel=1e-6)
    assert np.diff(ends[1].history).min() >= -1e-12 * abs(ends[1].value)


def test_a_collapse_is_held_or_raised():
    x = X.copy()
    x[::8] = x[0]  # in every block rows without any spread
    labels = np.where(np.arange(len(x)) % 8 == 0, 0, 1)
    source = Blocks(x)
    start = from_assignment(source, KERNEL, Objective(FAMILIES["VVV"], Floor(np.full(3, 1e-8))), labels, 2)
    (end,) = em.run(source, KERNEL, [start], tol=1e-6, max_iter=100, acceleration="incremental")
    assert end.held == (0,)
    bare = Objective(FAMILIES["VVV"], Floor(np.zeros(3)))
    wide = em.Climb(bare, start.mixture)
    with pytest.raises(CovarianceError):
        em.run(source, KERNEL, [wide], tol=0, max_iter=100, acceleration="incremental")


def test_far_from_the_origin_it_is_the_same():
    ends = []
    for shift in (0.0, 2.0**20):
        source = Blocks(X + shift)
        start = from_assignment(source, KERNEL, objective(source, "VVV"), np.arange(len(X)) % 4, 4)
        ends.append(em.run(source, KERNEL, [start], tol=0, max_iter=20, acceleration="incremental")[0])
    assert ends[1].history == pytest.approx(ends[0].history, rel=1e-8)
    assert np.allclose(ends[1].mixture.means - 2.0**20, ends[0].mixture.means, atol=1e-6)


@pytest.mark.parametrize("code", FAMILIES)
@pytest.mark.parametrize("noise", [False, True])
def test_what_statistics_expect_and_their_entropy_are_the_log_likelihood(code, noise):
    """log p(x) = sum_k z_k log(w_k N(x; k)) - z_k log z_k, row by row."""
    source = ArraySource(X, WEIGHT)
    goal = objective(source, code)
    p = from_assignment(source, KERNEL, goal, np.arange(len(X)) % 4, 4).mixture
    if noise:
        p = type(p)(0.8 * p.weights, p.means, p.covariance, Noise(0.2, -9.0))
    statistics = KERNEL.accumulate(X, WEIGHT, p, goal.family.scatter)
    inside = bt.Mixture(p.weights / p.weights.sum(), p.means, p.covariance.dense())
    joint = np.log(p.weights.sum()) + inside.logpdf(X)[:, None] + np.log(inside.responsibilities(X))
    if noise:
        joint = np.column_stack([joint, np.full(len(X), np.log(0.2) - 9.0)])
    z = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    assert expected(statistics, p) == pytest.approx(WEIGHT @ (z * joint).sum(axis=1), rel=1e-11)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 13])
def test_a_sum_whose_parts_are_replaced(n):
    rng = np.random.default_rng(n)
    goal = objective(ArraySource(X), "VVV")
    mixtures = [
        from_assignment(ArraySource(X), KERNEL, goal, rng.integers(0, 4, len(X)), 4).mixture for _ in range(n + 9)
    ]
    parts = [KERNEL.accumulate(X[i::n], None, mixtures[i], Scatter.FULL) for i in range(n)]
    tree = SumTree(parts)
    for step, mixture in enumerate(mixtures[n:]):
        parts[step % n] = KERNEL.accumulate(X[step % n :: n], None, mixture, Scatter.FULL)
        tree.replace(step % n, parts[step % n])
        shift = mixture.means
        assert np.array_equal(tree.total.shift, shift)
        moved = [part.about(shift) for part in parts]
        assert np.allclose(tree.total.counts, sum(part.counts for part in moved), rtol=1e-13)
        assert np.allclose(tree.total.second, sum(part.second for part in moved), rtol=1e-11, atol=1e-9)
        assert tree.total.log_likelihood == pytest.approx(sum(part.log_likelihood for part in parts), rel=1e-13)


def test_kept_statistics_stay_small():
    assert n_blocks([(3, 2, Scatter.FULL)]) == incremental.MOST
    many = [(100, 64, Scatter.FULL)]
    numbers = 100 * (1 + 2 * 64 + 64 * 64)
    assert 1 < n_blocks(many) < incremental.MOST
    assert 2 * 8 * numbers * n_blocks(many) <= incremental.KEPT
    assert n_blocks(many * 100) == 1


def test_an_interrupt_leaves_the_reading(monkeypatch):
    source, closed = Blocks(X), []
    plain = Blocks.blocks

    def blocks(self, most):
        try:
            yield from plain(self, most)
        finally:
            closed.append(True)

    monkeypatch.setattr(Blocks, "blocks", blocks)
    takes = []

    def take(self, statistics, do=incremental.Read.take):
        takes.append(1)
        if len(takes) == 10:
            raise KeyboardInterrupt
        do(self, statistics)

    monkeypatch.setattr(incremental.Read, "take", take)
    with pytest.raises(KeyboardInterrupt):
        climbed(source, objective(source, "VVV"))
    assert len(closed) == 2  # the second read was not finished


def test_nothing_is_kept_once_strides_have_begun():
    pace = []
    source = Blocks(lobes(4000, 3, 4), cuts=np.linspace(0, 4000, 33).astype(int))

    class Recorder:
        def begin(self, *_):
            return self

        def passed(self, climbs, paces, inside):
            pace[:] = paces

        def ended(self):
            pass

    climbed(source, objective(source, "EEE"), memory=Recorder())
    assert isinstance(pace[0], Incremental)
    assert pace[0].strides
    assert pace[0].blocks == ()


@pytest.mark.parametrize("code", FAMILIES)
@pytest.mark.parametrize("form", ["full", "tied", "diagonal", "tied diagonal", "spherical", "tied spherical"])
@pytest.mark.parametrize("cuts", [(0, 400), (0, 100, 250, 400)])
def test_a_start_of_any_form(code, form, cuts):
    numbers = {
        "full": [np.eye(3)] * 3, "tied": np.eye(3), "diagonal": np.ones((3, 3)), "tied diagonal": np.ones(3),
        "spherical": np.ones(3), "tied spherical": 1.0,
    }  # fmt: skip
    start = bt.Mixture([0.3, 0.3, 0.4], X[[0, 150, 300]], numbers[form], form=form).parameters
    climb = em.Climb(Objective(FAMILIES[code], Floor(np.full(3, 1e-9))), start)
    (end,) = em.run(Blocks(X, WEIGHT, cuts), KERNEL, [climb], tol=1e-8, max_iter=900, acceleration="incremental")
    (plain,) = em.run(Blocks(X, WEIGHT), KERNEL, [climb], tol=0, max_iter=1)
    alike = 1 if climb.in_form else 2  # then a sweep may follow
    assert end.history[:alike] == pytest.approx(plain.history[:alike], rel=1e-12)
    assert np.diff(end.history).min() >= -1e-12 * abs(end.value)
    assert end.status is em.Status.CONVERGED
    assert end.log_likelihood == pytest.approx(_likelihood(ArraySource(X, WEIGHT), end), rel=1e-12)


def test_where_no_candidate_can_begin_that_is_what_is_told():
    rows = np.repeat([[0.0, 0.0], [1.0, 2.0]], 10, axis=0)
    with pytest.raises(bt.CollapseError, match="no candidate could be fitted"):
        bt.fit(rows, 1, "VVV", regularization=0, acceleration="incremental")
