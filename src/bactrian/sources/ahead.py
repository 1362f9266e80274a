"""Reading ahead: a thread makes the next items while the caller works on this one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

T = TypeVar("T")
WAIT = 0.2  # seconds after which a reader that nobody listens to looks up


class _End:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(make: Callable[[], Iterator[T]], depth: int = 1) -> Generator[T]:
    """The items of ``make()``, of which up to ``depth`` wait and one more is being made.

    What ``make`` raises is raised here; it is closed when the caller stops listening.
    """
    items: queue.Queue[T | _End] = queue.Queue(depth)
    stopped = threading.Event()
    thread = threading.Thread(target=_read, args=(make, items, stopped), name="bactrian-read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def _read(make: Callable[[], Iterator[T]], items: queue.Queue[T | _End], stopped: threading.Event) -> None:
    end = _End()
    made = make()
    try:
        for item in made:
            if not _put(items, item, stopped):
                return
    except BaseException as error:
        end = _End(error)
    finally:
        close = getattr(made, "close", None)
        if close is not None:
            close()
    _put(items, end, stopped)


def _put(items: queue.Queue[T | _End], item: T | _End, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            items.put(item, timeout=WAIT)
        except queue.Full:
            continue
        return True
    return False
