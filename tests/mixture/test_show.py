"""How a mixture looks in a console and in a notebook."""

import tracemalloc

import numpy as np
import pytest

import bactrian as bt

from .cases import make, over_all_cases


def test_the_console():
    mixture = bt.Mixture([0.4, 0.6], [[0, 1], [5, 5]], [[[1, 0], [0, 4]], [[9, 0], [0, 1]]], feature_names=("u", "v"))
    assert repr(mixture).splitlines() == [
        "Mixture(n_components=2, n_features=2, form='full')",
        "     weight      u      v",
        "  0  0.4000  0 ± 1  1 ± 2",
        "  1  0.6000  5 ± 3  5 ± 1",
    ]


@over_all_cases()
def test_every_form_can_be_shown(mixture):
    assert f"form={mixture.form!r}" in repr(mixture)
    assert len(repr(mixture).splitlines()) == 2 + mixture.n_components
    assert mixture._repr_html_().count("<tr>") == 1 + mixture.n_components


def test_names_are_escaped():
    html = make("full", 2, 2, names=("<script>alert(1)</script>", 'a"&b'))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "a&quot;&amp;b" in html


def test_large_mixtures_are_cut():
    many = bt.Mixture(np.full(40, 1 / 40), np.zeros((40, 9)), 1.0)
    lines = repr(many).splitlines()
    assert lines[-1] == "  ... and 28 more components"
    assert "(+3 features)" in lines[1]
    assert max(map(len, lines)) < 120
    assert "... and 28 more components" in many._repr_html_()


@pytest.mark.parametrize("form", ["tied diagonal", "tied spherical"])
def test_showing_many_features_takes_no_dense_matrix(form):
    n = 2000  # a dense covariance would take 32 MB
    wide = bt.Mixture([1], np.zeros((1, n)), np.ones(n) if form == "tied diagonal" else 1.0, form=form)
    tracemalloc.start()
    try:
        assert "(+1994 features)" in repr(wide)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_the_example_of_the_docstring():
    mixture = bt.Mixture([0.4, 0.6], [[0, 0], [5, 5]], [[[1, 0.5], [0.5, 1]], [[2, 0], [0, 1]]])
    assert mixture.classify([[0, 1], [4, 5]]).tolist() == [0, 1]
