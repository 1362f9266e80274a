"""Real clusters of small processes, and a limit on how long a test may wait for one."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

LIMIT = 240  # seconds; a Spark session takes ten to start, on a busy machine forty


@pytest.fixture(autouse=True)
def _limited() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"the test took more than {LIMIT} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
