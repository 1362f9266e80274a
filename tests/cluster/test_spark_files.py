"""The file in which an executor keeps the rows of a partition."""

from __future__ import annotations

import errno
import os
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cluster.spark_session import WARNINGS, pa  # first: it skips where there is no Spark  # isort: skip

from pyspark.errors import PySparkException

from bactrian.errors import ClusterError
from bactrian.sources.partitioned import summary_of
from bactrian.sources.spark import held
from bactrian.sources.spark.session import run

pytestmark = WARNINGS

BATCHES = 7, 0, 1, 30  # rows of each


@pytest.fixture
def small_blocks(monkeypatch: Any, tmp_path: Path) -> Path:
    monkeypatch.setattr(held, "BLOCK_ROWS", 5)
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path / 'not there'},{tmp_path}")
    return tmp_path


def batches(columns: np.ndarray) -> list[Any]:
    ends = pairwise(np.cumsum([0, *BATCHES]))
    names = [f"c{j}" for j in range(len(columns))]
    return [pa.RecordBatch.from_arrays([pa.array(c[a:b]) for c in columns], names) for a, b in ends]


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("d", [1, 3])
def test_there_and_back(small_blocks, single, weighted, d):
    layout = held.Layout(d, single, weighted)
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(d + weighted, sum(BATCHES)))
    path, summary = held.write_rows(layout, "key", 0, batches(columns))
    assert Path(path).parent == small_blocks
    assert Path(path).name.startswith("bactrian-key-")
    assert os.stat(path).st_mode & 0o077 == 0  # nobody else may read the rows
    blocks = list(held.read_rows(layout, path, summary.n_rows))
    assert [len(values) for values, _ in blocks] == [5] * 7 + [3]
    values = np.concatenate([values for values, _ in blocks])
    assert values.dtype == layout.dtype
    assert np.array_equal(values, columns[:d].T.astype(layout.dtype))
    assert all(values.flags.aligned for values, _ in blocks)
    weight = columns[-1] if weighted else None
    if weighted:
        assert np.array_equal(np.concatenate([weights for _, weights in blocks]), weight)
    else:
        assert all(weights is None for _, weights in blocks)
    whole = summary_of(values, weight)
    assert (summary.n_rows, summary.kept) == (whole.n_rows, whole.kept)
    held.remove_rows(path)
    assert not list(small_blocks.iterdir())


def test_no_rows(small_blocks):
    layout = held.Layout(2, False, True)
    path, summary = held.write_rows(layout, "key", 0, [])
    assert summary.n_rows == 0
    assert list(held.read_rows(layout, path, 0)) == []


def test_a_file_that_is_not_there_or_not_whole(small_blocks):
    layout = held.Layout(2, False, False)
    path, summary = held.write_rows(layout, "key", 0, batches(np.zeros((2, sum(BATCHES)))))
    assert held.read_rows(layout, path + "x", summary.n_rows) is None
    with open(path, "r+b") as file:
        file.truncate(100)
    assert held.read_rows(layout, path, summary.n_rows) is None


def test_a_full_disk_leaves_nothing(small_blocks, monkeypatch):
    made = []

    def full(**how: Any) -> tuple[int, str]:
        path = Path(how["dir"]) / "bactrian-full.rows"
        path.touch()
        made.append(path)
        return os.open("/dev/full", os.O_WRONLY), str(path)

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(OSError, match=rf"{held.NO_ROOM} {small_blocks}: No space left on device") as caught:
        held.write_rows(held.Layout(1, False, False), "key", 0, batches(np.zeros((1, sum(BATCHES)))))
    assert caught.value.errno == errno.ENOSPC
    assert made
    assert not made[0].exists()


SAID = {
    "no room": (
        f"Traceback ...\nOSError: [Errno 28] {held.NO_ROOM} /a: No space left on device\n  at java",
        "but /a: No space left on device; let spark\\.local\\.dir name folders with more room",
    ),
    "an error of the user's": (
        "An exception was thrown from the Python worker:\nTraceback ...\n  File x\nValueError: of a column\n  at java",
        "Spark gave up a job on the rows: ValueError: of a column$",
    ),
    "no folder": (
        "An error occurred while calling o1.x.\n: java.nio.file.NoSuchFileException: /a\n\tat java.base",
        "Spark gave up a job on the rows: .*NoSuchFileException: /a$",
    ),
    "nothing": ("", "Spark gave up a job on the rows: it did not say why"),
    "pages": ("x" * 10_000, "x{400} ...$"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_spark_says_becomes_one_sentence(case):
    told, sentence = SAID[case]

    def job() -> None:
        raise PySparkException(told)

    with pytest.raises(ClusterError, match=sentence) as caught:
        run(None, job)
    assert "\n" not in str(caught.value)


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(None, lambda: 1 / 0)
