"""What is told while a fit goes on."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import suppress
from threading import Thread

import pytest

import bactrian as bt
from bactrian.progress import watching
from tests.fit.cases import DATA

X = DATA["2-D"]


def test_the_best_so_far_is_told():
    told = []
    fit = bt.fit(X, range(1, 4), ["VII", "VVV"], progress=told.append)
    assert [now.done for now in told] == sorted(now.done for now in told)
    assert {now.total for now in told} == {6}
    assert told[0].best is None
    best = [now.best.bic for now in told if now.best is not None]
    assert best == sorted(best, reverse=True)
    assert best[-1] >= fit.bic
    assert "best so far K=" in str(told[-1])
    assert f"BIC {best[-1]:.2f}" in str(told[-1])


def read_all(terminal: int, seen: list[bytes]) -> None:
    with suppress(OSError):  # how a terminal says that it was closed
        while part := os.read(terminal, 4096):
            seen.append(part)
    os.close(terminal)


@pytest.mark.parametrize("what", ["fit", "errors", "test"])
def test_true_shows_it_on_a_terminal_and_wipes_it(what, monkeypatch):
    fit = bt.fit(X, 2, "VVV")
    work = {
        "fit": lambda: bt.fit(X, range(1, 6), progress=True),
        "errors": lambda: fit.standard_errors(n_resamples=400, progress=True),
        "test": lambda: bt.test_n_components(X, 1, "VVV", n_resamples=60, progress=True),
    }[what]
    master, slave = pty.openpty()
    monkeypatch.setattr("bactrian.progress.meter.DELAY", 0.0)
    monkeypatch.setattr("bactrian.progress.meter.PAUSE", 0.01)
    seen: list[bytes] = []
    reader = Thread(target=read_all, args=(master, seen))  # a terminal that nobody reads would stop the writer
    reader.start()
    with os.fdopen(slave, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        work()
    reader.join()
    assert ("fitting K=" if what == "fit" else "refit ") in b"".join(seen).decode()


def test_true_shows_nothing_elsewhere(capfd):
    bt.fit(X, 2, "VVV", progress=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("progress", [False, None])
def test_nothing_is_told_to_nobody(progress):
    with watching(bool(progress)) as observe:
        assert observe is None
    assert bt.fit(X, 2, "VVV", progress=progress).n_components == 2


@pytest.mark.parametrize("progress", [3, "yes", [print]])
def test_what_cannot_be_told_is_refused(progress):
    for ask in (
        lambda: bt.fit(X, 2, "VVV", progress=progress),
        lambda: bt.fit(X, 2, "VVV").standard_errors(progress=progress),
        lambda: bt.test_n_components(X, 1, progress=progress),
    ):
        with pytest.raises(bt.ParameterError, match="progress should be True, None or a function"):
            ask()
