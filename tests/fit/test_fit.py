"""What a user of ``bt.fit`` meets."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import bactrian as bt
from tests.fit.cases import DATA, FAMILIES


def test_old_faithful_is_what_mclust_finds():
    fit = bt.fit(bt.datasets.old_faithful().data)
    assert (fit.n_components, fit.family) == (3, "EEE")
    assert fit.bic == pytest.approx(2314.296, abs=1e-3)
    assert fit.converged
    assert len(fit.candidates) == 126


def test_two_parallel_cigars():
    """scikit-learn sees one component here, and mixes the two when told there are two."""
    data = bt.datasets.two_cigars(1000, rng=0)
    fit = bt.fit(data.data, families="VVV")
    assert fit.n_components == 2
    agreement = np.mean(fit.classify(data.data) == data.labels)
    assert max(agreement, 1 - agreement) > 0.99


def test_numbers_hang_together():
    x = DATA["5-D"]
    fit = bt.fit(x, 4, "VVV")
    p = fit.best.n_parameters
    assert p == 4 * 15 + 4 * 5 + 3
    assert fit.log_likelihood == pytest.approx(fit.mixture.logpdf(x).sum(), rel=1e-12)
    assert fit.bic == pytest.approx(-2 * fit.log_likelihood + p * np.log(len(x)))
    assert fit.aic == pytest.approx(-2 * fit.log_likelihood + 2 * p)
    z = fit.responsibilities(x)
    assert fit.icl == pytest.approx(fit.bic - 2 * np.log(z.max(axis=1)).sum())
    assert np.allclose(fit.uncertainty(x), 1 - z.max(axis=1))
    assert (fit.uncertainty(x) > 0).all()  # also where 1 - max rounds to 0
    assert (fit.classify(x) == z.argmax(axis=1)).all()
    assert fit.history[-1] == fit.log_likelihood
    assert len(fit.history) == fit.n_iter + 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_converged_fit_is_stationary(family):
    """One more EM step from the result moves nothing."""
    x = DATA["2-D"]
    fit = bt.fit(x, 3, family, tol=1e-13, max_iter=20_000)
    again = bt.fit(x, families=family, start=fit.mixture, tol=0, max_iter=1)
    assert again.mixture.allclose(fit.mixture, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_form_follows_the_family(family):
    fit = bt.fit(DATA["2-D"], 2, family)
    expected = {"EII": "tied spherical", "VII": "spherical", "EEI": "tied diagonal", "EEE": "tied"}
    expected |= dict.fromkeys(("VEI", "EVI", "VVI"), "diagonal")
    assert fit.mixture.form == expected.get(family, "full")


def test_aliases_and_lists():
    x = DATA["2-D"]
    fit = bt.fit(x, (2, 3), ["full", "VVV", "diag"])
    assert [(c.n_components, c.family) for c in fit.candidates] == [
        (2, "VVV"),
        (2, "VVI"),
        (3, "VVV"),
        (3, "VVI"),
    ]


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_the_best_is_the_best(criterion):
    fit = bt.fit(DATA["2-D"], range(1, 5), criterion=criterion)
    values = [getattr(c, criterion) for c in fit.candidates if c.usable]
    assert getattr(fit, criterion) == min(values)
    assert fit.candidates.ranked()[0] == fit.best


def test_every_kind_of_start():
    x = DATA["2-D"]
    mixture = bt.fit(x, 3, "VVV").mixture
    z, labels = mixture.responsibilities(x), mixture.classify(x)
    for start in (mixture, z, labels, labels.tolist(), z.tolist(), bt.fit(x, 3, "VVV")):
        fit = bt.fit(x, families="VVV", start=start)
        assert fit.n_components == 3
        assert fit.log_likelihood >= mixture.logpdf(x).sum() - 1e-3
    assert bt.fit(x, families="VVV", start=mixture, tol=0, max_iter=0).mixture == mixture
    assert bt.fit(x, families="VVV", start=mixture, tol=0, max_iter=7).n_iter == 7


def test_stopping_at_max_iter_says_so():
    fit = bt.fit(DATA["faithful"], 4, "VVV", start=np.arange(272) % 4, max_iter=2)
    assert not fit.converged
    assert fit.best.status == "max_iter"
    assert "raise max_iter" in fit.status


def test_slow_climbs_are_not_taken_for_the_top():
    """A plateau with tiny but steady gains: what is left, not the last gain, decides."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(0, 1, 250), rng.normal(2.2, 1, 750)])
    loose, tight = bt.fit(x, 2, "VII", tol=1e-6), bt.fit(x, 2, "VII", tol=1e-13, max_iter=100_000)
    assert tight.log_likelihood - loose.log_likelihood < 2e-6 * len(x)


def test_progress_tells_the_story():
    seen = []
    bt.fit(DATA["2-D"], (1, 2), "VVV", progress=seen.append)
    assert {(p.candidate, p.n_components, p.n_candidates) for p in seen} == {(0, 1, 2), (1, 2, 2)}
    assert all(np.isfinite(p.log_likelihood) for p in seen)


def test_names_survive():
    frame = pytest.importorskip("pandas").DataFrame(DATA["faithful"], columns=["eruptions", "waiting"])
    fit = bt.fit(frame, 2, "VVV")
    assert fit.mixture.feature_names == ("eruptions", "waiting")
    assert (fit.classify(frame[["waiting", "eruptions"]]) == fit.classify(frame.to_numpy())).all()


def test_lists_and_vectors():
    x = DATA["1-D"][:, 0]
    one, two = bt.fit(x, 2), bt.fit(x.tolist(), 2)
    assert one.mixture == two.mixture
    assert one.mixture.n_features == 1


def test_it_prints_and_reports(tmp_path):
    fit = bt.fit(DATA["faithful"], range(1, 4))
    text = repr(fit)
    assert "family EEE, chosen by BIC among 42 candidates; 272 rows" in text
    assert "log-likelihood -1126.32" in text
    assert "K  family  parameters" in repr(fit.candidates)
    assert "<table>" in fit.candidates._repr_html_()
    fit.report(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text().count("converged") >= 42
    assert len(fit.candidates.as_dict()["bic"]) == 42


def test_a_pickle_holds_no_rows():
    x = np.random.default_rng(0).normal(size=(50_000, 2))
    fit = bt.fit(x, 1, "VVV")
    packed = pickle.dumps(fit)
    assert len(packed) < 20_000
    again = pickle.loads(packed)
    assert again.summary() == fit.summary()
    with pytest.raises(bt.DataError, match="does not hold its rows"):
        again.merge()
    assert np.isfinite(again.standard_errors(x, "information").means).all()
