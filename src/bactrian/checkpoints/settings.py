"""``Checkpoint``: where and how often."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bactrian.arguments import at_least, not_negative
from bactrian.errors import ParameterError
from bactrian.whole import check_output

MINUTES = 5.0


@dataclass(frozen=True)
class Checkpoint:
    """A file that a fit writes its state to, whole or not at all, and goes on from.

    Parameters
    ----------
    path : path
        If the file is there, the fit goes on from it. It stays when the fit has ended: the same call then answers at
        once.
    minutes : float, optional
        Between two writes; 5 by default, 0 is after each pass.
    passes : int, optional
        Passes over rows between two writes, instead of minutes or besides.
    resume : bool
        False refuses a file that is there, instead of going on from it.

    Examples
    --------
    >>> import bactrian as bt
    >>> bt.Checkpoint("state.checkpoint", passes=100)
    Checkpoint(path='state.checkpoint', minutes=None, passes=100, resume=True)
    """

    path: str | os.PathLike[str]
    minutes: float | None = None
    passes: int | None = None
    resume: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.path, (str, os.PathLike)) or not os.fspath(self.path):
            raise ParameterError(f"a checkpoint should be the name of a file, but got {self.path!r}")
        if self.passes is not None:
            at_least(self.passes, 1, "passes")
        if self.minutes is not None or self.passes is None:
            minutes = MINUTES if self.minutes is None else not_negative(self.minutes, "minutes")
            object.__setattr__(self, "minutes", minutes)

    def check(self) -> None:
        """Find out before any work whether the file can be written.

        Raises
        ------
        OSError
            It cannot.
        ParameterError
            It is there, and ``resume`` is False.
        """
        check_output(self.path)
        if not self.resume and os.path.exists(self.path):
            raise ParameterError(
                f"{os.fspath(self.path)!r} is there already; resume to go on from it, or give another name"
            )


def read_checkpoint(checkpoint: Checkpoint | str | os.PathLike[str] | None) -> Checkpoint | None:
    """What users pass as ``checkpoint``."""
    if checkpoint is None or isinstance(checkpoint, Checkpoint):
        return checkpoint
    return Checkpoint(checkpoint)
