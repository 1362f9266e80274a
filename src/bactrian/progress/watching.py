"""``progress=``: nothing, a line on the terminal, or a function of the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from bactrian.errors import ParameterError
from bactrian.progress.meter import Meter


class Told(Protocol):
    """What an observer is told: a line of text, and how much of the work is done."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


Telling = TypeVar("Telling", bound=Told)


def read_progress(progress: Any) -> bool | Callable[[Any], None]:
    """What the user passed, checked; None is False."""
    if progress is None or isinstance(progress, bool):
        return bool(progress)
    if not callable(progress):
        raise ParameterError(f"progress should be True, None or a function of one argument, but got {progress!r}")
    return progress  # type: ignore[no-any-return]


@contextmanager
def watching(progress: bool | Callable[[Telling], None]) -> Iterator[Callable[[Telling], None] | None]:
    """An observer for as long as the work lasts; None where nobody looks."""
    if progress is not True:
        yield progress or None
        return
    with Meter() as meter:
        yield lambda now: meter.show(str(now), now.done, now.total)
