"""The hierarchy of clusters and its entropies."""

import tracemalloc

import mpmath
import numpy as np
import pytest

import bactrian as bt
from bactrian.operations import combining

from .cases import CASES, by_hand, entropy, random_mixture

over_cases = pytest.mark.parametrize("case", CASES.values(), ids=[c.replace(" ", "-") for c in CASES])


@over_cases
@pytest.mark.parametrize("weighted", [False, True])
def test_every_step_is_the_best_of_all_pairs(case, weighted):
    mixture = random_mixture(*case)
    rows = mixture.sample(400, rng=3)
    weight = np.random.default_rng(4).exponential(size=400) if weighted else None
    merging = mixture.merge(rows, weight)
    expected = by_hand(mixture.responsibilities(rows), weight)
    assert merging.n_components == len(expected)
    for groups, left in expected:
        n = len(groups)
        assert merging.groups(n) == groups
        assert merging.entropies[n - 1] == pytest.approx(left, rel=1e-10, abs=1e-10)


@over_cases
def test_entropies_fall_to_zero(case):
    mixture = random_mixture(*case)
    merging = mixture.merge(mixture.sample(100, rng=0))
    assert merging.entropies[0] == 0.0
    assert (np.diff(merging.entropies) >= 0).all()
    assert (merging.drops >= 0).all()
    assert (merging.drops <= np.log(2)).all()


def test_chunks_do_not_matter(monkeypatch):
    mixture = random_mixture(2, 5)
    rows, weight = mixture.sample(1000, rng=0), np.random.default_rng(0).random(1000)
    whole = mixture.merge(rows, weight)
    monkeypatch.setattr(combining, "CHUNK", 7)
    parts = mixture.merge(rows, weight)
    np.testing.assert_array_equal(parts.labels, whole.labels)
    np.testing.assert_allclose(parts.gains, whole.gains, rtol=1e-12)
    np.testing.assert_allclose(parts.counts, whole.counts, rtol=1e-12)
    np.testing.assert_array_equal(parts.classify(rows, 2), whole.classify(rows, 2))


def test_memory_does_not_grow_with_the_rows():
    mixture = random_mixture(1, 12)
    rows = mixture.sample(100_000, rng=0)
    tracemalloc.start()
    merging = mixture.merge(rows)
    merging.classify(rows, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000 * 12 * 8  # one N x K array


def test_weights_count_rows():
    mixture = random_mixture(2, 4)
    rows = mixture.sample(200, rng=0)
    times = np.random.default_rng(1).integers(0, 3, 200)
    weighted, repeated = mixture.merge(rows, times), mixture.merge(np.repeat(rows, times, axis=0))
    np.testing.assert_array_equal(weighted.labels, repeated.labels)
    np.testing.assert_allclose(weighted.gains, repeated.gains, rtol=1e-12)
    np.testing.assert_allclose(weighted.counts, repeated.counts, rtol=1e-12)
    assert weighted.total_weight == repeated.total_weight == times.sum()
    assert weighted.suggested == repeated.suggested


def test_a_common_factor_of_the_weights_does_not_matter():
    mixture = random_mixture(2, 6)
    rows = mixture.sample(300, rng=0)
    few, many = mixture.merge(rows, 1e-12), mixture.merge(rows, 1e12)
    np.testing.assert_array_equal(few.labels, many.labels)
    assert few.suggested == many.suggested == mixture.merge(rows).suggested


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_units_do_not_matter(shift):
    mixture = random_mixture(2, 5)
    rows, scales = mixture.sample(300, rng=0), np.array([1e-6, 1e3])
    moved = mixture.affine(scales, shift * scales).merge((rows + shift) * scales)
    here = mixture.merge(rows)
    np.testing.assert_array_equal(moved.labels, here.labels)
    np.testing.assert_allclose(moved.gains, here.gains, rtol=1e-5)


def test_numbers_of_components_do_not_matter():
    mixture = random_mixture(2, 6)
    rows, order = mixture.sample(300, rng=0), np.array([3, 0, 5, 1, 4, 2])
    here, turned = mixture.merge(rows), mixture.reorder(order).merge(rows)
    np.testing.assert_allclose(turned.entropies, here.entropies, rtol=1e-10)
    for n in range(1, 7):
        back = {frozenset(order[list(group)].tolist()) for group in turned.groups(n)}
        assert back == {frozenset(group) for group in here.groups(n)}


def test_float32_rows():
    mixture = random_mixture(2, 4)
    rows = mixture.sample(300, rng=0).astype(np.float32)
    np.testing.assert_allclose(mixture.merge(rows).gains, mixture.merge(rows.astype(float)).gains, rtol=1e-3)


PAIRS = [(0.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.3, 1e-300), (5e-324, 1.0), (5e-324, 5e-324), (1e-20, 0.9), (0.1, 0.2)]


@pytest.mark.parametrize("pair", PAIRS)
def test_gain_to_the_last_digits(pair):
    with mpmath.workdps(400):
        a, b = map(mpmath.mpf, pair)
        h = [x * mpmath.log(x) if x else mpmath.mpf(0) for x in (a, b, a + b)]
        exact = float(h[2] - h[0] - h[1])
    for found in (combining.gain(np.array(pair[0]), np.array(pair[1])), combining.gain(*map(np.array, pair[::-1]))):
        assert float(found) == pytest.approx(exact, rel=1e-14, abs=1e-320)


def test_clusters_far_apart_are_still_joined_by_nearness():
    """All responsibilities are 0 or 1 to rounding; a difference of entropies would be noise."""
    mixture = bt.Mixture([0.25] * 4, [0.0, 18.0, 40.0, 59.0], 1.0)
    merging = mixture.merge(mixture.sample(200, rng=0))
    assert merging.groups(3) == ((0, 1), (2,), (3,))
    assert merging.groups(2) == ((0, 1), (2, 3))
    assert 0 < merging.entropies[1] < merging.entropies[2] < merging.entropies[3] < 1e-10
    assert merging.suggested == 4


def test_out_of_reach_of_each_other():
    mixture = bt.Mixture([0.5, 0.3, 0.2], [0.0, 1e6, 3e6], 1.0)
    merging = mixture.merge(mixture.sample(100, rng=0))
    assert merging.entropies.tolist() == [0, 0, 0]
    assert merging.suggested == 3


def test_components_without_weight_are_joined_first():
    mixture = bt.Mixture([0.5, 0.0, 0.5, 0.0], [0.0, 0.1, 3.0, 9.0], 1.0)
    merging = mixture.merge(mixture.sample(100, rng=0))
    assert merging.groups(2) == ((0, 1, 3), (2,))
    assert merging.gains[1:].tolist() == [0, 0]
    assert [c.weights.sum() for c in merging.clusters(2)] == [1, 1]
    assert merging.entropies[3] == pytest.approx(entropy(mixture.responsibilities(mixture.sample(100, rng=0))))


def test_a_component_that_no_row_belongs_to():
    mixture = bt.Mixture([0.5, 0.2, 0.3], [0.0, 1.0, 1e9], 1.0)
    merging = mixture.merge(np.linspace(-1, 2, 50))
    assert merging.groups(2) == ((0, 1), (2,))
    assert merging.counts.tolist() == pytest.approx([50, 50])


def test_two_identical_components():
    twins = bt.Mixture([0.3, 0.3, 0.4], [0.0, 0.0, 50.0], 1.0)
    merging = twins.merge(twins.sample(100, rng=0))
    assert merging.groups(2) == ((0, 1), (2,))
    assert merging.drops[1] == pytest.approx(np.log(2), rel=1e-12)
    assert merging.suggested == 2


def test_by_hand_on_two_rows():
    """Memberships (1/2, 1/2) and (1/2, 1/2) of the two near the rows, none of the third."""
    mixture = bt.Mixture([0.25, 0.25, 0.5], [-1.0, 1.0, 1e4], 1.0)
    merging = mixture.merge([0.0, 0.0])
    assert merging.entropies.tolist() == pytest.approx([0, 0, 2 * np.log(2)])
    assert merging.counts.tolist() == pytest.approx([2, 2])
