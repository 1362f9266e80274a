"""Ctrl-C in a search."""

from __future__ import annotations

import pytest

import bactrian as bt
from tests.fit.cases import DATA


def stop_at(candidate: int):
    def progress(now):
        if now.candidate == candidate:
            raise KeyboardInterrupt

    return progress


def test_the_best_so_far_is_returned():
    """Candidates that climb side by side, on few rows those with one K, are there together or not at all."""
    with pytest.warns(bt.InterruptWarning, match="after 3 of 12 candidates"):
        fit = bt.fit(DATA["2-D"], range(1, 5), ["VII", "VVI", "VVV"], progress=stop_at(5))
    tried = [c for c in fit.candidates if c.usable]
    assert len(tried) == 3
    assert fit.bic == min(c.bic for c in tried)
    assert {c.reason for c in fit.candidates if not c.usable} == {"interrupted before it was fitted"}


def test_nothing_yet_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        bt.fit(DATA["2-D"], range(1, 5), "VVV", progress=stop_at(0))
