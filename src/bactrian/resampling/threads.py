"""Many independent pieces of work, shared out over threads; what comes out does not depend on how many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")

HEARD_AFTER = 0.2  # seconds between two looks for Ctrl-C


class Stopped(Exception):
    """This work is no longer wanted."""


class Stopping:
    """A flag that long work looks at."""

    def __init__(self) -> None:
        self.asked = False

    def heed(self, _: Any = None) -> None:
        """Raise ``Stopped`` if nobody waits any more."""
        if self.asked:
            raise Stopped


def share_out(
    work: Callable[[int, Stopping], Result],
    n: int,
    n_threads: int,
    tell: Callable[[int, Result], None] | None = None,
) -> list[Result]:
    """``[work(0), ..., work(n - 1)]``; what one of them raises, or Ctrl-C, ends them all.

    Parameters
    ----------
    work : callable
        Of the number of the piece, and a flag to look at; pieces know nothing of each other.
    tell : callable, optional
        Called in this thread with how many pieces are finished and the last result.
    """
    results: dict[int, Result] = {}
    finished = _in_turn(work, n) if min(n_threads, n) <= 1 else _in_threads(work, n, min(n_threads, n))
    for index, result in finished:
        results[index] = result
        if tell is not None:
            tell(len(results), result)
    return [results[i] for i in range(n)]


def _in_turn(work: Callable[[int, Stopping], Result], n: int) -> Iterator[tuple[int, Result]]:
    return ((i, work(i, Stopping())) for i in range(n))


def _in_threads(work: Callable[[int, Stopping], Result], n: int, n_threads: int) -> Iterator[tuple[int, Result]]:
    stopping, pieces = Stopping(), count()
    finished: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()

    def serve() -> None:
        while not stopping.asked and (i := next(pieces)) < n:
            try:
                finished.put((i, work(i, stopping), None))
            except BaseException as error:
                finished.put((i, None, error))
                return

    threads = [Thread(target=serve, daemon=True) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(n):
            index, result, error = _next(finished)
            if error is not None:
                raise error
            yield index, result
    finally:  # also where whoever listens has raised
        stopping.asked = True
        for thread in threads:
            thread.join()


def _next(queue: SimpleQueue[Any]) -> Any:
    """The next entry; waits in short turns, since on some systems a long wait is deaf to Ctrl-C."""
    while True:
        try:
            return queue.get(timeout=HEARD_AFTER)
        except Empty:
            continue
