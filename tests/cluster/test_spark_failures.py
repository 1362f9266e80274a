"""Executors that die, and files of theirs that go: on two real executor processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bactrian as bt
from tests.cluster.cases import assert_same_bits, climb
from tests.cluster.spark_session import NAMES, WARNINGS, files, frame_of, session_on, source_of

pytestmark = WARNINGS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    return tmp_path_factory.mktemp("executors")


@pytest.fixture(scope="module")
def frame(folder: Path) -> Iterator[Any]:
    with session_on("local-cluster[2,1,1024]", folder) as session:
        yield frame_of(session).sortWithinPartitions("row")  # a shuffle may give them in another order again


def executors(frame: Any) -> list[int]:
    """The process of each, the JVM: parent of the daemon that is the parent of the Python workers."""

    def of_worker(_: int) -> int:
        with open(f"/proc/{os.getppid()}/stat") as file:
            return int(file.read().split()[3])

    context = frame.sparkSession.sparkContext
    return sorted(set(context.parallelize(range(8), 8).map(of_worker).collect()))


def test_an_executor_that_dies_in_the_middle_of_a_fit(frame, folder):
    source = source_of(frame, "w", NAMES)
    expected = climb(source, n=3)
    assert len({path.parent for path in files(folder)}) == 2  # both hold rows
    victims = executors(frame)[:1]

    def kill(_: Any) -> None:
        if victims:
            os.kill(victims.pop(), signal.SIGKILL)

    assert_same_bits(climb(source, n=3, observe=kill), expected)
    assert not victims
    source.close()


def test_files_that_somebody_removes(frame, folder):
    source = source_of(frame, "w", NAMES)
    for path in files(folder):
        path.unlink()
    with pytest.raises(bt.ClusterError, match="lost rows in each of 4 attempts at a pass; look at the executors' logs"):
        climb(source, n=1)
    source.close()
