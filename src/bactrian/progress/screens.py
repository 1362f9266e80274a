"""Where progress is drawn: rich if it is installed, one plain line if not. Both leave nothing behind."""

from __future__ import annotations

import os
from typing import Protocol, TextIO


class Screen(Protocol):
    """One line of a terminal."""

    def draw(self, text: str, done: int, total: int) -> None:
        """Replace what is there; a total of 0 is not known."""
        ...

    def clear(self) -> None:
        """Leave an empty line."""
        ...


def open_screen(stream: TextIO, waited: float) -> Screen:
    """The best screen for a terminal, for work that began ``waited`` seconds ago."""
    try:
        return RichScreen(stream, waited)
    except ImportError:
        return PlainScreen(stream)


class PlainScreen:
    """Text, rewritten in place."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def draw(self, text: str, done: int, total: int) -> None:
        line = f"{text}  ({done / total:.0%})" if total else text
        line = line[: self._room()]
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def _room(self) -> int:
        try:
            width = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            width = 0
        return (width or 80) - 1  # a terminal that does not know its width says 0

    def clear(self) -> None:
        self._stream.write("\r" + " " * self._width + "\r")
        self._stream.flush()


class RichScreen:
    """A bar with the time that has passed."""

    def __init__(self, stream: TextIO, waited: float) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        # markup off: the text may hold a file's name
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(file=stream), transient=True, auto_refresh=False)
        self._task = self._progress.add_task("", total=None)
        self._progress.tasks[0].start_time = self._progress.get_time() - waited

    def draw(self, text: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=text, completed=done, total=total or None)
        self._progress.start()  # does nothing the second time
        self._progress.refresh()

    def clear(self) -> None:
        self._progress.stop()
