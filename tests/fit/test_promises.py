"""The promises of a fit, for every family and data set."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

import bactrian as bt
from tests.fit.cases import DATA, FAMILIES, lobes

NESTED = [
    ("EII", "VII"), ("EII", "EEI"), ("EEI", "VVI"), ("VII", "VVI"), ("EEI", "EEE"), ("EEE", "VVV"), ("VVI", "VVV"),
]  # fmt: skip
every_family = pytest.mark.parametrize("family", FAMILIES)
every_data = pytest.mark.parametrize("name", DATA)


@every_family
@every_data
@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_objective_never_decreases(family, name, k):
    fit = bt.fit(DATA[name], k, family, tol=0, max_iter=60, n_init=2)
    history = np.array(fit.history)
    assert len(history) == 61
    assert (np.diff(history) >= -1e-12 * np.abs(history[:-1])).all()


@every_family
@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
def test_the_objective_never_decreases_while_components_collapse(family):
    """Half the rows stand on three points, where a free component has no spread."""
    x = lobes(200, 2, 3)
    x[:100] = np.repeat(x[:4], 25, axis=0)
    fit = bt.fit(x, 6, family, tol=0, max_iter=80, n_init=4)
    history = np.array(fit.history)
    assert np.isfinite(history).all()
    assert (np.diff(history) >= -1e-9 * np.abs(history[:-1])).all()


@every_family
@every_data
@pytest.mark.parametrize(("shift", "scale"), [(1e8, 1.0), (0.0, 1e-6), (-3e5, 1e-3), (0.0, 2.0**400)])
def test_shift_and_scale_do_not_matter(family, name, shift, scale):
    x = DATA[name]
    # the shift rounds the data itself; rounding first makes both fits see the same rows
    moved = x * scale + shift
    back = (moved - shift) / scale
    # strides magnify the rounding of the shift: with them fits agree as far as tol says, without them to the last steps
    one, two = (bt.fit(data, 3, family, tol=1e-9, acceleration=None) for data in (back, moved))
    expected = one.mixture.affine(scale, shift)
    assert np.allclose(two.mixture.weights, expected.weights, rtol=0, atol=5e-5)
    sd = np.sqrt(np.diagonal(expected.covariance))
    assert np.abs((two.mixture.means - expected.means) / sd).max() < 2e-4
    moved_log_likelihood = one.log_likelihood - x.size * np.log(scale)
    assert abs(two.log_likelihood - moved_log_likelihood) < 1e-6 * len(x)
    assert abs(bt.fit(moved, 3, family, tol=1e-9).log_likelihood - moved_log_likelihood) < 1e-6 * len(x)


@pytest.mark.parametrize("family", ["EEI", "VVI", "EEE", "VVV"])
def test_units_of_single_columns_do_not_matter(family):
    x = DATA["5-D"]
    units = np.array([1e-4, 1.0, 1e6, 3.0, 1e2])
    one, two = bt.fit(x, 4, family, tol=1e-9), bt.fit(x * units, 4, family, tol=1e-9)
    assert np.abs(two.mixture.affine(1 / units).means - one.mixture.means).max() < 1e-4


@pytest.mark.parametrize("family", ["EII", "VII", "EEE", "VVV"])
def test_rotation_moves_the_likelihood_nowhere(family):
    """From the same labels: k-means on scaled columns is not rotation-invariant, EM is."""
    x = DATA["5-D"]
    labels = bt.fit(x, 4, "EII").classify(x)
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    one, two = bt.fit(x, families=family, start=labels), bt.fit(x @ q, families=family, start=labels)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-6 * len(x))
    assert np.allclose(two.mixture.means, one.mixture.means @ q, atol=1e-3)


@every_family
def test_weights_count_rows(family):
    x = DATA["2-D"]
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, len(x))
    weighted = bt.fit(x, 3, family, sample_weight=weight, tol=1e-10)
    repeated = bt.fit(np.repeat(x, weight, axis=0), 3, family, tol=1e-10)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-9)
    assert weighted.bic == pytest.approx(repeated.bic, rel=1e-9)
    assert weighted.mixture.allclose(repeated.mixture, rtol=1e-4, atol=1e-4)


def test_the_order_of_rows_does_not_matter():
    x = DATA["2-D"]
    shuffled = np.random.default_rng(0).permutation(x)
    assert bt.fit(shuffled, 3, "VVV").mixture.allclose(bt.fit(x, 3, "VVV").mixture, rtol=1e-8)


def test_labels_of_rows_without_weight_are_left_out_too():
    x = DATA["2-D"]
    weight = np.arange(len(x)) % 3
    labels = np.arange(len(x)) % 2
    for start in (labels, np.eye(2)[labels]):
        one = bt.fit(x, families="VVV", start=start, sample_weight=weight)
        two = bt.fit(x[weight > 0], families="VVV", start=start[weight > 0], sample_weight=weight[weight > 0])
        assert one.mixture == two.mixture


def test_the_scale_of_weights_moves_no_parameter():
    x = DATA["2-D"]
    one = bt.fit(x, 3, "VVV", sample_weight=np.ones(len(x)))
    two = bt.fit(x, 3, "VVV", sample_weight=np.full(len(x), 0.01))
    assert two.mixture.allclose(one.mixture, rtol=1e-8)


def test_nested_families_nest():
    x = DATA["5-D"]
    labels = bt.fit(x, 4, "VVV").classify(x)
    # one M-step from the same labels maximises the complete-data likelihood within each family
    first = {f: bt.fit(x, families=f, start=labels, tol=0, max_iter=0).mixture for f in FAMILIES}
    complete = {f: _complete(mixture, x, labels) for f, mixture in first.items()}
    for small, large in NESTED:
        assert complete[small] < complete[large]


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_no_candidate_is_lower_than_one_of_a_nested_family(criterion):
    table = bt.fit(load_iris().data, criterion=criterion).candidates
    heights = {(c.n_components, c.family): c.log_likelihood for c in table if c.usable}
    for small, large in NESTED:
        for k in range(2, 10):
            if (k, small) in heights and (k, large) in heights:
                assert heights[k, large] >= heights[k, small] - 1e-4


def _complete(mixture, x, labels):
    parts = [mixture.component(k) for k in range(mixture.n_components)]
    joint = np.stack([p.logpdf(x) for p in parts], axis=1) + np.log(mixture.weights)
    return joint[np.arange(len(x)), labels].sum()


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_same_bits_for_any_number_of_threads(threads):
    x = lobes(30_000, 3, 4)
    one = bt.fit(x, 4, "VVV", n_threads=1, max_iter=30)
    assert bt.fit(x, 4, "VVV", n_threads=threads, max_iter=30).mixture == one.mixture


def test_same_seed_same_fit_and_other_seeds_other_starts():
    x = lobes(2_000, 2, 6)
    runs = [bt.fit(x, 6, "VVV", random_state=seed, n_init=1, max_iter=3) for seed in (1, 1, 2)]
    assert runs[0].mixture == runs[1].mixture
    assert runs[0].mixture != runs[2].mixture


def test_float32_rows_give_the_same_model():
    x = DATA["2-D"]
    labels = bt.fit(x, 3, "VVV").classify(x)
    single = x.astype(np.float32)
    one, two = (
        bt.fit(single.astype(float), families="VVV", start=labels),
        bt.fit(single, families="VVV", start=labels),
    )
    assert two.mixture.allclose(one.mixture, rtol=1e-3, atol=1e-3)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-6)


def test_float32_far_from_the_origin():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(500, 2)), rng.normal(size=(500, 2)) + 6]).astype(np.float32)
    moved = (x + np.float32(1e4)).astype(np.float32)
    for family in FAMILIES:
        fit = bt.fit(moved, 2, family).mixture.sorted()
        assert np.abs(fit.means - [[1e4, 1e4], [1e4 + 6, 1e4 + 6]]).max() < 0.2
        assert np.abs(np.sqrt(np.diagonal(fit.parameters.covariance.dense()[0])) - 1).max() < 0.1
