"""Selection by rows that were left out."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from tests.fit.cases import lobes

X = np.concatenate([np.random.default_rng(i).normal(size=(80, 2)) + 7 * i for i in range(3)])


def test_it_finds_the_number_of_lobes():
    fit = bt.fit(X, range(1, 6), ["EII", "VVV"], criterion="cv")
    assert fit.n_components == 3
    assert fit.best.cv == min(c.cv for c in fit.candidates if c.usable)
    assert "CV" in repr(fit.candidates)


def test_it_is_minus_twice_the_log_likelihood_of_rows_left_out(monkeypatch):
    """One component is fitted in closed form, so each fold can be done by hand."""
    held_out = __import__("bactrian.selection.held_out", fromlist=["_folds"])
    folds = np.arange(len(X)) % held_out.FOLDS
    monkeypatch.setattr(held_out, "_folds", lambda *_: folds)
    found = bt.fit(X, 1, "VVV", criterion="cv").best.cv
    total = 0.0
    for fold in range(held_out.FOLDS):
        kept = X[folds != fold]
        mixture = bt.Mixture([1.0], [kept.mean(axis=0)], [np.cov(kept.T, bias=True)])
        total += mixture.logpdf(X[folds == fold]).sum()
    assert found == pytest.approx(-2 * total, rel=1e-10)


def test_a_seed_gives_the_same_folds():
    fits = [bt.fit(lobes(200, 2, 3), [2, 3], "VVV", criterion="cv", random_state=1) for _ in range(2)]
    assert fits[0].best.cv == fits[1].best.cv


def test_a_saved_fit_keeps_it(tmp_path):
    fit = bt.fit(X, [2, 3], "EII", criterion="cv")
    fit.save(tmp_path / "fit.bactrian")
    assert bt.load(tmp_path / "fit.bactrian").candidates.as_dict() == fit.candidates.as_dict()


def test_too_few_rows():
    with pytest.raises(bt.ParameterError, match="needs at least 20 rows"):
        bt.fit(X[:15], 1, "EII", criterion="cv")


def test_with_labels():
    with pytest.raises(bt.ParameterError, match="needs rows in memory and no labels"):
        bt.fit(X, 3, "EII", criterion="cv", labels=np.repeat([0, 1, 2], 80))
