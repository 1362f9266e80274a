"""Work that is shared out over threads."""

from __future__ import annotations

import threading
import time

import pytest

from bactrian.resampling.threads import share_out


@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize("n", [0, 1, 5, 40])
def test_results_come_in_order(n, n_threads):
    told = []

    def work(i, stopping):
        time.sleep(0.001 * (i % 3))
        return i * i

    assert share_out(work, n, n_threads, lambda done, result: told.append(done)) == [i * i for i in range(n)]
    assert told == list(range(1, n + 1))


@pytest.mark.parametrize("n_threads", [1, 3])
def test_what_one_raises_ends_all(n_threads):
    made = []

    def work(i, stopping):
        made.append(i)
        time.sleep(0.0002)
        if i == 4:
            raise RuntimeError("the fourth")
        return i

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="the fourth"):
        share_out(work, 10_000, n_threads)
    assert len(made) < 10_000
    assert threading.active_count() == before


def test_long_work_hears_the_stop():
    heard, begun = [], threading.Event()

    def work(i, stopping):
        if i == 0:
            begun.wait()
            raise KeyboardInterrupt
        begun.set()
        while not stopping.asked:
            time.sleep(0.001)
        heard.append(i)

    with pytest.raises(KeyboardInterrupt):
        share_out(work, 2, 2)
    assert heard == [1]
