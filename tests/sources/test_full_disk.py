"""A full disk while a query's rows are put aside: a sentence, and nothing left behind."""

import resource
import signal

import pytest

import bactrian as bt

duckdb = pytest.importorskip("duckdb")


@pytest.fixture
def small_files():
    """No file may hold more than a megabyte."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files", "far")
@pytest.mark.parametrize("named", [False, True])
def test_a_full_disk_while_a_query_is_put_aside(tmp_path, monkeypatch, named):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere" if named else tmp_path))
    folder = tmp_path if named else None
    query = bt.sources.sql("SELECT random() AS a FROM range(900000)", duckdb.connect(), folder=folder)
    with pytest.raises(
        OSError, match=rf"^the spooled rows cannot wait in a temporary file in {tmp_path}: File too large"
    ):
        bt.fit(query, 1)
    assert list(tmp_path.iterdir()) == []
