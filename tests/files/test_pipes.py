"""What can be read only once waits in a temporary file: memory does not grow with it."""

import gc
import gzip
import io
import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from tests.sources.conftest import make_rows, make_table

import bactrian as bt
from bactrian.files import content, temporary
from bactrian.sources import ChunkedSource, door, open_source

N = 4000
X = make_rows(N)


@pytest.fixture
def waiting(monkeypatch, tmp_path):
    """Nothing is small, and this folder is where things wait."""
    monkeypatch.setattr(content, "IN_MEMORY", 1000)
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    folder = tmp_path / "waiting"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def as_csv():
    return ("a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in X.tolist())).encode()


def as_arrow():
    sink = io.BytesIO()
    feather.write_feather(make_table(X), sink)
    return sink.getvalue()


def as_parquet():
    sink = io.BytesIO()
    pq.write_table(make_table(X), sink)
    return sink.getvalue()


def as_npy():
    sink = io.BytesIO()
    np.save(sink, X)
    return sink.getvalue()


FORMATS = {
    "CSV": as_csv, "gzip": lambda: gzip.compress(as_csv()), "Arrow": as_arrow, "Parquet": as_parquet, ".npy": as_npy,
}  # fmt: skip


def give(monkeypatch, written):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(written)))


@pytest.mark.parametrize("kind", FORMATS)
def test_stdin_can_be_fitted_like_a_file(monkeypatch, waiting, kind):
    give(monkeypatch, FORMATS[kind]())
    source, _ = open_source("-")
    assert isinstance(source, ChunkedSource)
    assert len(os.listdir(waiting)) == 1
    assert source.n_rows == N
    del source
    gc.collect()
    assert os.listdir(waiting) == []
    give(monkeypatch, FORMATS[kind]())
    found = bt.fit("-", 2, "VVV", max_iter=5, acceleration=None)
    assert found.mixture.allclose(bt.fit(X, 2, "VVV", max_iter=5, acceleration=None).mixture, 1e-9)


def test_a_pipe_can_be_fitted_like_a_file(waiting, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(as_csv(),))
    writer.start()
    assert bt.fit(tmp_path / "pipe", 2, "VVV", max_iter=2).n_rows == N
    writer.join()


def test_messages_call_it_stdin(monkeypatch, waiting):
    give(monkeypatch, as_csv().replace(b"\n", b"\n,1,1\n", 1))
    with pytest.raises(bt.DataError, match=r"column 'a', row 0 of stdin \(line 2 of stdin\) is missing"):
        bt.fit("-", 2)
    assert os.listdir(waiting) == []


def test_little_stays_in_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(content, "Waiting", None)
    give(monkeypatch, as_csv()[:2000].rpartition(b"\n")[0])
    assert bt.fit("-", 1, "VVV").n_rows > 10


def test_no_room_is_said(monkeypatch, waiting):
    give(monkeypatch, as_csv())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(temporary.tempfile, "mkstemp", full)
    with pytest.raises(OSError, match=r"^what comes from stdin cannot wait in a temporary file in .*: No sp"):
        bt.fit("-", 2)


SCRIPT = """
import sys
import numpy as np, pyarrow.csv, bactrian as bt
from bactrian.sources import open_source

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

bt.fit(np.random.default_rng(0).normal(size=(500, 8)), 1, "VVV")
before = peak()
print(open_source("-")[0].n_rows, peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status")
def test_memory_does_not_grow_with_stdin():
    lines = b"\n".join([b"0.125,1.5,-2.25,3.0078125,4.5,5.75,6.875,7.0", b"1,0,1,0,1,0,1,1"] * 100_000) + b"\n"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for _ in range(40):  # 244 MB
        process.stdin.write(lines)
    found, _ = process.communicate()
    n_rows, extra = found.split()
    assert int(n_rows) == 8_000_000
    assert float(extra) < 256
