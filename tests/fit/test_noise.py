"""Noise: rows that belong to no component."""

from __future__ import annotations

import re

import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel, Noise, Parameters, ReferenceKernel
from bactrian.kernels.native import available_instructions
from bactrian.noise import log_volume, logpdf_beside, responsibilities_beside
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter
from tests.fit.cases import heavy_tails
from tests.kernels.cases import FORMS, make_case

RNG = np.random.default_rng(0)
LOBES = np.concatenate([RNG.normal(size=(200, 2)) + centre for centre in ([0, 0], [8, 0], [0, 8])])
DIRT = RNG.uniform(-12, 20, (150, 2))
X = np.concatenate([LOBES, DIRT])


@pytest.mark.parametrize("instructions", available_instructions())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scatter", Scatter)
@pytest.mark.parametrize("d", [3, 14])
@pytest.mark.parametrize(("kind", "tied"), FORMS)
def test_kernels_agree(kind, tied, d, scatter, dtype, instructions):
    case = make_case(500, d, 4, kind, tied, dtype)
    rows, p = case.rows, case.parameters
    noisy = Parameters(0.8 * p.weights, p.means, p.covariance, Noise(0.2, -2.0 * d))
    ours = NativeKernel(2, instructions).accumulate(rows, case.weight, noisy, scatter)
    theirs = ReferenceKernel().accumulate(rows, case.weight, noisy, scatter)
    rough = 1e-12 if dtype == np.float64 else 2e-5
    for name in ("log_likelihood", "map_log_responsibility", "counts", "first", "second"):
        a, b = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert np.abs(a - b).max() <= rough * max(1.0, np.abs(b).max()) * 10, name
    assert 0.001 < 1 - theirs.counts.sum() / theirs.total < 0.999  # some of the rows are noise
    a, b = (k.log_densities(rows, noisy) for k in (NativeKernel(2, instructions), ReferenceKernel()))
    assert np.abs(a - b).max() <= rough * max(1.0, np.abs(b).max()) * 10
    assert case.weight is None or case.weight @ b == pytest.approx(theirs.log_likelihood, rel=1e-12)
    a, b = (k.responsibilities(rows, noisy) for k in (NativeKernel(2, instructions), ReferenceKernel()))
    assert np.abs(a - b).max() <= 100 * rough
    assert b.sum(axis=1).min() < 0.999  # what is left is the noise's


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("family", ["VVV", "EEE", "VII", "VVI"])
def test_lobes_are_found_in_the_dirt(family, seed):
    fit = bt.fit(X, 3, family, noise=True, random_state=seed)
    assert np.allclose(fit.mixture.means, [[0, 0], [0, 8], [8, 0]], atol=0.4)
    assert fit.noise.weight == pytest.approx(0.2, abs=0.06)
    labels = fit.classify(X)
    assert (labels[:600] >= 0).mean() > 0.95
    assert (labels[600:] == -1).mean() > 0.75
    z = fit.responsibilities(X)
    assert z.shape == (750, 4)
    assert np.allclose(z.sum(axis=1), 1)
    assert z[:, 3].mean() == pytest.approx(fit.noise.weight, rel=1e-2)


def test_noise_makes_a_better_model_of_dirt_and_costs_two_parameters():
    without, noisy = bt.fit(X, 3, "VVV"), bt.fit(X, 3, "VVV", noise=True)
    assert noisy.best.n_parameters == without.best.n_parameters + 2
    assert noisy.bic < without.bic - 100


def test_the_log_likelihood_is_that_of_the_density():
    fit = bt.fit(X, 3, "VVV", noise=True)
    w = fit.noise.weight
    density = (1 - w) * fit.mixture.pdf(X) + w * np.exp(fit.noise.log_density)
    assert fit.log_likelihood == pytest.approx(np.log(density).sum(), rel=1e-12)


def test_a_mask_begins_with_noise():
    mask = np.arange(len(X)) >= 600
    fit = bt.fit(X, 3, "VVV", noise=mask)
    assert np.allclose(fit.mixture.means, [[0, 0], [0, 8], [8, 0]], atol=0.4)
    labels = np.repeat([0, 1, 2, -1], [200, 200, 200, 150])
    assert bt.fit(X, families="VVV", noise=True, start=labels).log_likelihood == pytest.approx(
        fit.log_likelihood, abs=1e-2
    )


def test_the_region_is_the_smaller_box():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (4000, 2)) * [10, 1]
    turned = x @ np.array([[np.cos(0.7), np.sin(0.7)], [-np.sin(0.7), np.cos(0.7)]])
    assert np.exp(log_volume(ArraySource(turned))) == pytest.approx(40, rel=0.05)


@pytest.mark.parametrize(
    ("noise", "sentence"),
    [
        (-1.0, "volume given as noise should be positive"),
        (np.ones(len(X), dtype=bool), "mark some, and leave some"),
        (np.ones(3), "noise should be True, the volume of the region, or a mask"),
        ("yes", "noise should be True"),
    ],
)
def test_bad_noise(noise, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.fit(X, 3, "VVV", noise=noise)


def numbered(step: int) -> np.ndarray:
    """Labels of two rows of each lobe, which are too few to turn a start round, in each of three circular orders."""
    return np.where(np.arange(750) % 100 == 0, np.repeat([*np.roll([0, 1, 2], step), -1], [200, 200, 200, 150]), -1)


@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize("family", ["VVV", "EEE", "VII"])
@pytest.mark.parametrize("seed", range(3))
def test_beside_marked_noise_components_are_numbered_by_the_labels(family, seed, step):
    fit = bt.fit(X, 3, family, noise=np.arange(750) >= 620, labels=numbered(step), random_state=seed)
    centres = np.array([[0, 0], [8, 0], [0, 8]])
    assert np.allclose(fit.mixture.means[np.roll([0, 1, 2], step)], centres, atol=0.4)
    assert fit.noise.weight == pytest.approx(0.2, abs=0.06)


def test_components_without_a_label_come_after_those_with_one():
    labels = np.where(np.isin(numbered(0), [0, 1]), 1 - numbered(0), -1)
    fit = bt.fit(X, 3, "VVV", noise=np.arange(750) >= 620, labels=labels)
    assert np.allclose(fit.mixture.means, [[8, 0], [0, 0], [0, 8]], atol=0.4)


def test_rows_of_weight_zero_are_left_out_of_labels_and_marked_noise():
    weight = np.where(np.arange(750) % 7, 1.0, 0.0)
    here, mask, labels = weight > 0, np.arange(750) >= 620, numbered(1)
    one = bt.fit(X, 3, "VVV", noise=mask, labels=labels, sample_weight=weight)
    two = bt.fit(X[here], 3, "VVV", noise=mask[here], labels=labels[here])
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(("of", "labels"), [("marked", None), ("left", None), ("marked", numbered(0))])
def test_a_mask_counts_only_where_rows_have_weight(of, labels):
    mask = np.arange(750) >= 620
    weight = np.where(mask == (of == "marked"), 0.0, 1.0)
    with pytest.raises(bt.DataError, match=r"noise marks (0|130) of the (620|130) rows of positive weight; mark some"):
        bt.fit(X, 3, "VVV", noise=mask, labels=labels, sample_weight=weight)
    with pytest.raises(bt.DataError, match="of positive weight"):
        bt.GaussianMixture(3, noise=mask).fit(X, labels=labels, sample_weight=weight)


def test_a_row_is_either_marked_as_noise_or_labelled():
    weight = np.where(np.arange(750) == 3, 0.0, 1.0)
    with pytest.raises(bt.DataError, match="row 100 is marked as noise, but labels say that it is of component 0"):
        bt.fit(X, 3, "VVV", noise=np.arange(750) == 100, labels=numbered(0), sample_weight=weight)


def test_a_fit_with_noise_is_gone_on_from_as_it_is():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(6, 1, (100, 2)), rng.uniform(-20, 20, (20, 2))])
    fit = bt.fit(rows, 2, "VVV", noise=True)
    again = bt.fit(rows, 2, "VVV", noise=True, start=fit, max_iter=5)
    assert again.history[0] == pytest.approx(fit.log_likelihood, abs=1e-8)


@pytest.mark.parametrize(
    "how",
    [{"noise": 100.0}, {"noise": True, "prior": "conjugate"}, {"prior": bt.ConjugatePrior(mean_strength=10)}],
)
@pytest.mark.parametrize("k", [5, 8])
def test_components_that_lose_all_rows_are_no_error(k, how):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (50, 2)), rng.normal(4, 1, (40, 2))])
    for family in ("EEE", "VVV", "EII"):
        assert np.isfinite(bt.fit(rows, k, family, **how).log_likelihood)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("unit", "written"), [(1e90, r"volume of 1e\+36\d$"), (1e-90, r"volume of 1e-35\d$")])
def test_a_volume_beyond_float64_is_written(unit, written):
    rows = np.random.default_rng(0).normal(size=(60, 4))
    fit = bt.fit(rows * unit, 1, "VVI", noise=True)
    assert re.search(written, fit.summary(), re.MULTILINE)


def test_noise_of_all_weight():
    """Which rounding makes of next to all weight."""
    mixture, noise = bt.Mixture([1.0], [[0.0, 0.0]], [np.eye(2)]), Noise(1.0, -3.0)
    assert logpdf_beside(mixture, noise, [[0.0, 0.0]]) == [-3.0]
    assert responsibilities_beside(mixture, noise, [[0.0, 0.0]]).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("k", [3, 4])
def test_noise_ends_no_lower_than_without(k):
    """Heavy tails: components take what noise would have, so the search with noise alone may end elsewhere."""
    x = heavy_tails(2, 300, 3, 2.0)
    without, beside = bt.fit(x, k, "VVV"), bt.fit(x, k, "VVV", noise=True)
    assert beside.log_likelihood > without.log_likelihood - 1e-3


@pytest.mark.parametrize("start", ["auto", "k-means++"])
@pytest.mark.parametrize("seed", range(3))
def test_marked_noise_is_not_lost_in_the_search(seed, start):
    """The search sees no marked row: a weight of noise that it fitted there came to nothing, and stayed so."""
    rng = np.random.default_rng(0)
    lobes = rng.normal([0, 0, 0], 1, (150, 3)), rng.normal([5, 5, 0], [1, 0.5, 2], (150, 3))
    x, marked = np.vstack([*lobes, rng.uniform(-30, 30, (15, 3))]), np.arange(315) >= 300
    model = bt.GaussianMixture(2, noise=marked, random_state=seed).fit(x)
    for height in (
        bt.fit(x, 2, "VVV", noise=marked, random_state=seed, start=start).log_likelihood,
        bt.fit(x, [2, 3], "VVV", noise=marked, random_state=seed, start=start).candidates[0].log_likelihood,
        model.score(x) * len(x),
    ):
        assert height == pytest.approx(-1688.246, abs=0.01)
