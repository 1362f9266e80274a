"""From what users pass as ``checkpoint`` to a task that remembers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bactrian.checkpoints.belongs import belongings, difference, generator_mark
from bactrian.checkpoints.diary import Diary
from bactrian.checkpoints.file import Content, read
from bactrian.checkpoints.settings import Checkpoint, read_checkpoint
from bactrian.errors import ParameterError
from bactrian.selection import Task
from bactrian.typing import RandomState


@dataclass(frozen=True, eq=False)
class Begun:
    """A checkpoint that was asked for, and what stands in it already."""

    settings: Checkpoint
    content: Content | None


def begun(checkpoint: Checkpoint | str | os.PathLike[str] | None) -> Begun | None:
    """Look at the file before any work is done.

    Raises
    ------
    ParameterError, ModelFileError, OSError
        It cannot be written, or what is there is no checkpoint to go on from.
    """
    settings = read_checkpoint(checkpoint)
    if settings is None:
        return None
    settings.check()
    return Begun(settings, read(settings.path) if os.path.exists(settings.path) else None)


@contextmanager
def kept(
    begun: Begun | None,
    task: Task,
    names: tuple[str, ...] | None,
    asked: Mapping[str, Any],
    random_state: RandomState,
) -> Iterator[Task]:
    """The task with a memory that is written from time to time, and at the end however it comes.

    Raises
    ------
    ParameterError
        The checkpoint belongs to other data or arguments; says what differs.
    """
    if begun is None:
        yield task
        return
    fresh = random_state is None
    seed = {"random_state": "None" if fresh else generator_mark(task.rng)}
    belongs = belongings(task, names, {**asked, **seed})
    content = begun.content or Content(belongs, _entropy(task.rng) if fresh else None, {})
    differs = difference(content.belongs, belongs)
    if differs is not None:
        raise ParameterError(
            f"the checkpoint {os.fspath(begun.settings.path)!r} belongs to another fit: {differs}; give what it was "
            "made with, or another name"
        )
    diary = Diary(begun.settings, content)
    rng = task.rng if content.entropy is None else np.random.default_rng(content.entropy)
    try:
        yield replace(task, memory=diary, rng=rng)
    finally:
        diary.save()


def _entropy(rng: np.random.Generator) -> int:
    """The seed of a generator that was made without one."""
    return int(rng.bit_generator.seed_seq.entropy)  # type: ignore[attr-defined]  # of a SeedSequence, which it is
