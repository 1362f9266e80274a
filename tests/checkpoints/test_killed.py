"""kill -9 in the middle, and a disk that is full."""

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

import bactrian as bt
from bactrian import whole
from tests.checkpoints.cases import LARGE, Stop, assert_same_bits, fit

HOW = {"n_components": [9, 10], "families": ["EEE", "VVV"], "max_iter": 60, "tol": 0}
SCRIPT = f"""
import bactrian as bt
from tests.checkpoints.cases import LARGE
bt.fit(LARGE, checkpoint=bt.Checkpoint(PATH, passes=5), **{HOW!r})
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_in_the_middle(tmp_path):
    path = tmp_path / "state"
    script = SCRIPT.replace("PATH", repr(str(path)))
    kills = 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script])
        before = path.stat().st_mtime_ns if path.exists() else 0
        while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == before):
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills
    assert_same_bits(bt.fit(LARGE, checkpoint=path, **HOW), bt.fit(LARGE, **HOW))


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE")
def test_a_full_disk_keeps_the_older_one(tmp_path):
    import resource

    path = tmp_path / "state"
    fit("large", checkpoint=bt.Checkpoint(path))
    path.unlink()
    expected = fit("large")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    seen = []

    def progress(now):
        seen.append(path.read_bytes() if path.exists() else b"")
        if len(seen) == 5:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = fit("large", checkpoint=bt.Checkpoint(path, passes=1), progress=progress)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert_same_bits(found, expected)
    assert {w.category for w in caught} == {bt.CheckpointWarning}
    assert "was not written" in str(caught[0].message)
    assert path.read_bytes() == seen[4]  # what was whole before the disk was full
    assert os.listdir(tmp_path) == ["state"]
    assert_same_bits(fit("large", checkpoint=path), expected)


def test_an_interrupt_while_it_is_written(tmp_path, monkeypatch):
    path = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        fit("large", checkpoint=path, progress=Stop(5))
    before = path.read_bytes()

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole.os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        fit("large", checkpoint=bt.Checkpoint(path, passes=1))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert_same_bits(fit("large", checkpoint=path), fit("large"))
