"""The likelihood-ratio bootstrap of K against K + 1 components."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian import likelihood_ratio
from bactrian.likelihood_ratio import splits
from bactrian.resampling.simulate import region_of
from bactrian.sources import ArraySource
from tests.resampling.cases import COUNTS, DIRTY, LOBES

ONE_D = LOBES[:, 0]


def test_p_values_are_uniform_where_k_is_right():
    """One Gaussian, forty data sets of fifty rows: p-values are multiples of 1/20 with mean near a half."""
    p = np.array(
        [
            bt.test_n_components(
                np.random.default_rng(seed).normal(size=50), 1, "E", n_resamples=19, n_init=2, random_state=seed
            ).p_values[0]
            for seed in range(40)
        ]
    )
    assert np.allclose(p * 20, np.round(p * 20))
    assert abs(p.mean() - 0.525) < 3.5 * np.sqrt((20**2 - 1) / 12) / 20 / np.sqrt(40)
    assert (p <= 0.1).mean() < 0.1 + 3.5 * np.sqrt(0.1 * 0.9 / 40)
    assert (p > 0.5).mean() > 0.2


def test_too_few_are_rejected_and_enough_are_not():
    result = bt.test_n_components(ONE_D, range(1, 4), "E", n_resamples=39)
    assert result.p_values[0] == 1 / 40
    assert result.p_values[-1] > 0.05
    assert result.n_components == 2
    assert [step.n_components for step in result.steps] == [1, 2]
    assert "2 not rejected at level 0.05" in repr(result)
    assert result._repr_html_().count("<tr>") == 3


def test_the_statistic_is_the_likelihoods():
    """Of mclust's table for faithful, 1 against 2: twice the gain, which both find; and never below 0."""
    data = bt.datasets.old_faithful().data
    result = bt.test_n_components(data, 1, "VVV", n_resamples=5)
    fits = [bt.fit(data, k, "VVV", tol=1e-9) for k in (1, 2)]
    assert result.steps[0].statistic == pytest.approx(2 * (fits[1].log_likelihood - fits[0].log_likelihood), abs=0.01)
    assert result.steps[0].statistic == pytest.approx(319.065, abs=0.05)
    assert (result.steps[0].resampled > -0.01).all()


def test_all_that_were_tried_are_rejected():
    result = bt.test_n_components(ONE_D, 1, "E", n_resamples=19)
    assert result.n_components == 2
    assert "1 rejected, more than 2 not tried" in result.summary()


def test_what_was_found_before_a_collapse_is_kept():
    """Three far groups of four rows: four components must leave one with too few for a covariance."""
    rows = np.concatenate([np.random.default_rng(0).normal(size=(4, 2)) + at for at in ([0, 0], [60, 0], [0, 60])])
    result = bt.test_n_components(rows, range(1, 6), "VVV", n_resamples=19, level=0.99)
    assert result.ended
    assert result.ended in repr(result)
    assert len(result.steps) >= 1


@pytest.mark.parametrize("options", [{}, {"sample_weight": COUNTS}, {"equal_weights": True}, {"noise": True}])
def test_same_bits_for_any_number_of_threads(options):
    one, two = (bt.test_n_components(LOBES, 2, "EEE", n_resamples=6, n_threads=n, **options) for n in (1, 2))
    assert np.array_equal(one.steps[0].resampled, two.steps[0].resampled)
    assert one.p_values == two.p_values
    other = bt.test_n_components(LOBES, 2, "EEE", n_resamples=6, random_state=1, **options)
    assert not np.array_equal(one.steps[0].resampled, other.steps[0].resampled)


def test_a_weight_is_a_count():
    repeated = bt.test_n_components(np.repeat(LOBES, COUNTS, axis=0), 1, "EEE", n_resamples=3)
    weighted = bt.test_n_components(LOBES, 1, "EEE", sample_weight=COUNTS, n_resamples=3)
    assert weighted.steps[0].statistic == pytest.approx(repeated.steps[0].statistic, abs=0.01)
    assert weighted.steps[0].resampled == pytest.approx(repeated.steps[0].resampled, abs=0.01)


def test_noise_is_no_component():
    """Two lobes and 30 rows anywhere: without noise these need components of their own."""
    rows = np.concatenate([LOBES, np.random.default_rng(3).uniform(-15, 19, (30, 2))])
    clean = bt.test_n_components(rows, 2, "EEE", n_resamples=19)
    noisy = bt.test_n_components(rows, range(1, 4), "EEE", n_resamples=19, noise=True)
    assert clean.p_values == (1 / 20,)
    assert noisy.p_values[0] == 1 / 20
    assert noisy.n_components == 2
    fits = [bt.fit(rows, k, "EEE", noise=True, tol=1e-9) for k in (2, 3)]
    assert noisy.steps[1].statistic == pytest.approx(2 * (fits[1].log_likelihood - fits[0].log_likelihood), abs=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_a_fit_of_fewer_components_that_was_no_maximum_is_left(seed):
    """From some seeds two components end 29 nats below where merging the best three leads."""
    rows = np.concatenate([LOBES, np.random.default_rng(2).uniform(-15, 19, (30, 2))])
    step = bt.test_n_components(rows, 2, "EEE", n_resamples=1, noise=True, random_state=seed).steps[0]
    assert step.statistic < 12


def test_resamples_have_noise_in_the_region_of_the_data(monkeypatch):
    drawn = []
    simulate = likelihood_ratio.simulate
    monkeypatch.setattr(likelihood_ratio, "simulate", lambda *a: drawn.append(simulate(*a)) or drawn[-1])
    step = bt.test_n_components(DIRTY, 2, "EEE", n_resamples=9, noise=True, n_threads=1).steps[0]
    fit = bt.fit(DIRTY, 2, "EEE", noise=True)
    region = region_of(ArraySource(DIRTY), fit.noise.log_density)
    rows = np.concatenate(drawn)
    along = rows @ region.axes
    far = fit.mixture.logpdf(rows) < fit.mixture.density_level(1 - 1e-6)
    assert far.mean() > 0.5 * fit.noise.weight
    assert ((along[far] >= region.low) & (along[far] <= region.high)).all()
    assert (step.resampled > -0.05).all()


def test_p_values_are_uniform_with_a_prior_and_noise_too():
    p = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        rows = np.concatenate([rng.normal(size=40), rng.uniform(-9, 9, 8)])
        how = {"n_resamples": 9, "n_init": 2, "random_state": seed, "prior": "conjugate", "noise": 18.0}
        p.append(bt.test_n_components(rows, 1, "E", **how).p_values[0])
    assert abs(np.mean(p) - 0.55) < 3.5 * np.sqrt((10**2 - 1) / 12) / 10 / np.sqrt(16)
    assert (np.array(p) > 0.5).mean() > 0.2


def test_a_prior_holds_components_of_few_rows():
    """Whole numbers: a component may sit on one of them, but for the prior."""
    rows = np.random.default_rng(0).poisson(3.0, 80).astype(float)
    with pytest.raises(bt.CollapseError):
        bt.test_n_components(rows, 5, "V", n_resamples=9)
    step = bt.test_n_components(rows, 5, "V", n_resamples=9, prior="conjugate").steps[0]
    assert step.n_collapsed == 0
    assert np.isfinite(step.resampled).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"noise": np.arange(len(LOBES)) < 5}, "got a mask, which says nothing about the rows of resamples"),
        ({"noise": -1.0}, "volume given as noise should be positive"),
        ({"prior": "flat"}, "prior should be None, 'conjugate' or a ConjugatePrior"),
    ],
)
def test_refused(options, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.test_n_components(LOBES, 1, "EEE", n_resamples=3, **options)


FORMS = {"tied": [[1, 0.5], [0.5, 2]], "spherical": [1, 2], "tied diagonal": [1, 2], "diagonal": [[1, 2], [3, 4]]}


@pytest.mark.parametrize("form", FORMS)
def test_splits_keep_all_but_one_component(form):
    mixture = bt.Mixture([0.3, 0.7], [[0.0, 0], [9, 9]], FORMS[form], form=form)
    for k, split in enumerate(splits(mixture)):
        assert split.n_components == 3
        assert split.form == mixture.form
        assert np.allclose(split.mean, mixture.mean)
        assert np.isclose(split.weights[k], mixture.weights[k] / 2)
        other = 1 - k
        assert np.array_equal(split.means[other], mixture.means[other])


def test_progress_and_stop():
    told = []
    bt.test_n_components(ONE_D, 1, "E", n_resamples=7, progress=told.append)
    assert [t.n_done for t in told] == list(range(1, 8))

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bt.test_n_components(ONE_D, 1, "E", n_resamples=500, progress=stop, n_threads=2)


def test_long_fits_hear_the_stop(monkeypatch):
    """They look up, which does not change what they find."""
    first = bt.test_n_components(ONE_D, 1, "E", n_resamples=4)
    monkeypatch.setattr("bactrian.likelihood_ratio.HEEDED", 1)
    asked = []
    monkeypatch.setattr("bactrian.resampling.threads.Stopping.heed", lambda self: asked.append(self.asked))
    again = bt.test_n_components(ONE_D, 1, "E", n_resamples=4)
    assert len(asked) > 4 * 10
    assert np.array_equal(first.steps[0].resampled, again.steps[0].resampled)


def test_pytest_does_not_take_it_for_a_test():
    assert bt.test_n_components.__test__ is False


def test_for_resamples_that_collapse_others_are_drawn():
    """With 19 of them one that is missing would make rejection at 0.05 impossible."""
    rows = 1 + np.random.default_rng(1).pareto(1.5, 120)
    test = bt.test_n_components(rows, range(1, 4), "V", n_resamples=19, random_state=1)
    assert any(step.n_collapsed for step in test.steps)
    assert [len(step.resampled) for step in test.steps] == [19] * len(test.steps)
    assert test.steps[-1].p_value == pytest.approx(0.05)
