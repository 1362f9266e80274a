"""What is known of climbs: where each one stands that was begun, by a key that says where it began.

A climb is a function of its rows, its start and its rules, whoever asks for it and in whatever order. So a search that
is made again, with the same seed, finds in the diary where its climbs have come, and makes only what is missing.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from threading import Lock
from typing import Any

from bactrian import em
from bactrian.acceleration import Plain
from bactrian.checkpoints.file import Content, write
from bactrian.checkpoints.settings import Checkpoint
from bactrian.checkpoints.states import State, flat_state, key_of, read_state, state_of
from bactrian.errors import CheckpointWarning, ModelFileError
from bactrian.sources import Source
from bactrian.typing import FloatArray

WORTH = 0.05  # seconds that climbs must have taken to be kept; quicker ones are made again


class Diary:
    """The memory of one search (``em.Memory``), written to a file from time to time; several threads may use it.

    Parameters
    ----------
    settings : Checkpoint
    content : Content
        What is known already.
    """

    def __init__(self, settings: Checkpoint, content: Content) -> None:
        self._settings, self._content = settings, content
        self._stored: dict[str, FloatArray] = dict(content.states)
        self._states: dict[str, State] = {}
        self._writing = Lock()
        self._news = False
        self._rest()

    def begin(self, source: Source, climbs: list[em.Climb], paces: Sequence[Plain], how: Mapping[str, Any]) -> _Page:
        """Put climbs and paces where they are known to have come."""
        keys = [key_of(source, climb, how) for climb in climbs]
        known = [self._known(key, climb) for key, climb in zip(keys, climbs, strict=True)]
        for i, state in enumerate(known):
            if state is not None:
                climbs[i] = state.climb
                vars(paces[i]).update(state.pace)
        return _Page(self, keys, [key for key, state in zip(keys, known, strict=True) if state is None], climbs)

    def _known(self, key: str, start: em.Climb) -> State | None:
        if key not in self._states and key in self._stored:
            self._states[key] = read_state(self._stored[key], start, self._settings.path)
        return self._states.get(key)

    def note(self, key: str, state: State) -> None:
        self._states[key] = state
        self._news = True

    def forget(self, key: str) -> None:
        self._states.pop(key, None)

    def passed(self, n: int) -> None:
        """After ``n`` passes: write, if it is time."""
        self._passes += n
        minutes, passes = self._settings.minutes, self._settings.passes
        late = minutes is not None and time.monotonic() - self._written >= 60 * minutes
        if late or (passes is not None and self._passes >= passes):
            self.save()

    def save(self) -> None:
        """Write what is new; where that fails the older file stays, a warning says so, and the fit goes on."""
        if not self._news or not self._writing.acquire(blocking=False):
            return
        self._news, done = False, False  # what comes while this is written is new again
        try:
            known = {key: flat_state(state) for key, state in list(self._states.items())}
            write(self._settings.path, replace(self._content, states={**self._stored, **known}))
            done = True
        except (OSError, ModelFileError, MemoryError) as error:
            warnings.warn(
                f"the checkpoint {os.fspath(self._settings.path)!r} was not written ({error or 'out of memory'}); what "
                "it held before is whole, and the fit goes on",
                CheckpointWarning,
                stacklevel=2,
            )
        finally:
            self._news |= not done
            self._rest()
            self._writing.release()

    def _rest(self) -> None:
        self._written, self._passes = time.monotonic(), 0


class _Page:
    """The diary, open at climbs that go together."""

    def __init__(self, diary: Diary, keys: Sequence[str], new: Sequence[str], climbs: Sequence[em.Climb]) -> None:
        self._diary, self._keys, self._new = diary, keys, new
        self._began = time.monotonic()
        self._length = _longest(climbs)

    def passed(self, climbs: Sequence[em.Climb], paces: Sequence[Plain], inside: Set[int]) -> None:
        """After each look at the rows; a climb and its pace belong together, so both are noted at once.

        What the core remembers of a climb stays ``inside`` it: such climbs are short, and noted when they have ended.
        """
        for i, (key, climb, pace) in enumerate(zip(self._keys, climbs, paces, strict=True)):
            if climb.status or i not in inside:
                self._diary.note(key, state_of(climb, pace))
        before, self._length = self._length, _longest(climbs)
        self._diary.passed(max(1, self._length - before))

    def ended(self) -> None:
        """All climbs have ended."""
        if time.monotonic() - self._began < WORTH:
            for key in self._new:
                self._diary.forget(key)


def _longest(climbs: Sequence[em.Climb]) -> int:
    return max((len(climb.history) for climb in climbs), default=0)
