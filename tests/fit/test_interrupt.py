"""Ctrl-C in a search."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from bactrian.sources import ChunkedSource, door
from tests.fit.cases import DATA


def stop_at(candidate: int):
    def progress(now):
        if now.candidate >= candidate:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("candidate", [3, 4, 5])
def test_the_best_so_far_is_returned(candidate):
    """On few rows candidates with one K climb side by side: those of them that have ended are kept."""
    seen = []

    def progress(now):
        seen.append(now.candidate)
        if now.candidate >= candidate:
            raise KeyboardInterrupt

    with pytest.warns(bt.InterruptWarning, match=r"after [3-6] of 12 candidates") as caught:
        fit = bt.fit(DATA["2-D"], range(1, 5), ["VII", "VVI", "VVV"], progress=progress)
    tried = [c for c in fit.candidates if c.usable]
    assert f"after {len(tried)} of 12" in str(caught[0].message)
    assert len(tried) >= candidate
    assert [c.n_components for c in tried[:3]] == [1, 1, 1]
    assert {c.n_components for c in tried[3:]} <= {2}
    assert f"among {len(tried)} of 12 candidates (interrupted)" in fit.summary()
    assert fit.bic == min(c.bic for c in tried)
    assert {c.reason for c in fit.candidates if not c.usable} == {"interrupted before it was fitted"}
    whole = bt.fit(DATA["2-D"], 2, ["VII", "VVI", "VVV"])
    for mine, theirs in zip(fit.candidates[3:6], whole.candidates, strict=True):
        assert not mine.usable or mine.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-4)


def test_what_climbs_together_from_file_does_not_fall_together(tmp_path, monkeypatch):
    """All candidates share reads of a large file, and nobody looks on: those that have ended are there."""
    path = tmp_path / "rows.npy"
    np.save(path, np.tile(DATA["2-D"], (40, 1)))
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    fold, reads = ChunkedSource.fold, []

    def interrupted(self, kernel, mixtures, scatters):
        reads.append(len(mixtures))
        if 0 < reads[-1] < max(reads):  # fewer climb than did: some have ended
            raise KeyboardInterrupt
        return fold(self, kernel, mixtures, scatters)

    monkeypatch.setattr(ChunkedSource, "fold", interrupted)
    with pytest.warns(bt.InterruptWarning, match="after [1-5] of 6 candidates"):
        fit = bt.fit(str(path), [1, 3], ["VII", "VVI", "VVV"], acceleration=None, tol=1e-9)

    assert max(reads) == 6
    assert sum(c.usable for c in fit.candidates) == 6 - reads[-1]


def test_nothing_yet_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        bt.fit(DATA["2-D"], range(1, 5), "VVV", progress=stop_at(0))
