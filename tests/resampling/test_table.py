"""What is shown."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from tests.resampling.cases import DIRTY, LOBES


@pytest.mark.parametrize(
    ("family", "lines"), [("EII", 4 + 2 + 2), ("EEE", 4 + 2 + 3), ("VVI", 4 + 2 + 4), ("VVV", 4 + 2 + 6)]
)
def test_each_different_number_has_a_line(family, lines):
    errors = bt.fit(LOBES, 2, family, feature_names=["height", "width"]).standard_errors(method="information")
    text = repr(errors).splitlines()
    assert text[0] == "standard errors by the observed information; 95 % normal intervals"
    assert len(text) == 2 + lines
    assert any(line.split()[:3] == ["mean", "1,", "width"] for line in text)
    columns = errors.as_dict()
    assert len(columns["name"]) == lines == len(set(columns["name"]))
    assert columns["standard_error"][0] == errors.weights[0]
    assert errors._repr_html_().count("<tr>") == 1 + lines


def test_the_words_say_how():
    fit = bt.fit(DIRTY, 2, "EEE", noise=True)
    text = repr(fit.standard_errors(n_resamples=25, level=0.9))
    assert "by method='bootstrap' from 25 resamples; 90 % percentile intervals" in text
    assert "weight of noise" in text
    assert "covariance x0 and x1" in text
    assert "Replicates(25 of" in repr(fit.standard_errors(n_resamples=25).replicates)


def test_long_tables_are_cut():
    rows = np.random.default_rng(0).normal(size=(300, 8))
    errors = bt.fit(rows, 2, "VVV", max_iter=5, tol=0).standard_errors(method="weighted", n_resamples=2)
    assert repr(errors).endswith("more; see .as_dict()")
    assert len(repr(errors).splitlines()) == 43
    assert len(errors.as_dict()["name"]) == 2 + 16 + 2 * 36


def test_it_is_frozen():
    errors = bt.fit(LOBES, 2).standard_errors(n_resamples=3)
    with pytest.raises(AttributeError):
        errors.level = 0.5
