"""Progress on a terminal, for anything that takes over a second; elsewhere nothing at all."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TextIO

from bactrian.progress.screens import Screen, open_screen

DELAY = 1.0  # seconds of silence first
PAUSE = 0.2  # seconds between two looks


@dataclass(frozen=True)
class State:
    """``done`` of ``total`` steps; a total of 0 is not known."""

    text: str
    done: int = 0
    total: int = 0


class Meter:
    """Shows the last thing it was told, from a thread of its own, so that one long step is seen too.

    Parameters
    ----------
    stream : text stream, optional
        Default: stderr. Nothing is written unless it is a terminal.
    delay : float
        Seconds until anything is shown.
    """

    def __init__(self, stream: TextIO | None = None, delay: float | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._delay = DELAY if delay is None else delay
        self._state = State("working")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say what is going on; costs next to nothing."""
        self._state = State(text, done, total)

    def __enter__(self) -> Meter:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        if self._stop.wait(self._delay):
            return
        screen: Screen = open_screen(self._stream, self._delay)
        try:
            while not self._stop.wait(PAUSE):
                state = self._state
                screen.draw(state.text, state.done, state.total)
        finally:
            screen.clear()
