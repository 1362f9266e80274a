"""mclust's refits: they begin at the mixture one iteration before the one it prints, and stop early."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import bactrian as bt
from bactrian import em
from bactrian.kernels import NativeKernel, Parameters
from bactrian.resampling.subject import Subject
from bactrian.sources import Source

GOLDEN = Path(__file__).parents[1] / "golden"
NUMBERS = json.loads((GOLDEN / "mclust_bootstrap.json").read_text())
LABELS = np.array(json.loads((GOLDEN / "mclust.json").read_text())["faithful"]["partitions"]["3"])
KERNEL = NativeKernel(n_threads=1)


def stops(history: tuple[float, ...]) -> int | None:
    """Iterations until the log-likelihood changes by less than 1e-5 of itself; that of the start is not looked at."""
    seen = np.array(history)[1:]
    change = np.abs(np.diff(seen)) / (1 + np.abs(seen[1:]))
    return int(np.argmax(change < 1e-5)) + 2 if (change < 1e-5).any() else None


def subject() -> Subject:
    """The fit of faithful by EEE with three components from mclust's own start, stopped where mclust stopped."""
    data = bt.datasets.old_faithful().data
    whole = bt.fit(data, 3, "EEE", start=LABELS, tol=0, max_iter=40, acceleration=None)
    n = int(np.argmin(np.abs(np.array(whole.history) - NUMBERS["loglik"])))
    fit = bt.fit(data, 3, "EEE", start=LABELS, tol=0, max_iter=n, acceleration=None)
    assert abs(fit.log_likelihood - NUMBERS["loglik"]) < 1e-9
    return fit._subject(None, None, None)


def refit(subject: Subject, source: Source) -> Parameters | None:
    """As mclust stops; None where a component collapsed."""
    start = em.Climb(subject.objective, subject.mixture)
    for far in (30, 1000):
        (end,) = em.run(source, KERNEL, [start], tol=0, max_iter=far)
        if (n := stops(end.history)) is not None:
            break
    (end,) = em.run(source, KERNEL, [start], tol=0, max_iter=n)
    return None if end.held else end.mixture
