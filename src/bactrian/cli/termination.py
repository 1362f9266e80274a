"""SIGTERM ends a command as Ctrl-C does: what was begun is cleaned up, or kept where the user asked for that."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bactrian.cli.failures import INTERRUPTED

TERMINATED = 143  # what a shell reports for a program that SIGTERM ended
AGAIN = 1.0  # seconds within which another SIGTERM means the same: timeout(1) sends it to a process and to its group


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt for a SIGTERM; the exit code of what was interrupted by it is 143."""
    if threading.current_thread() is not threading.main_thread() or _ignored():
        yield
        return
    seen: list[float] = []

    def interrupt(*_: Any) -> None:
        late = not seen or time.monotonic() - seen[-1] > AGAIN
        seen.append(time.monotonic())
        if late:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except SystemExit as end:
        if seen and end.code == INTERRUPTED:
            raise SystemExit(TERMINATED) from end
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _ignored() -> bool:
    """Whoever started the program wants it to outlive SIGTERM, or has a handler that Python does not know."""
    return signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
