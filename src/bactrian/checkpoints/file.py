"""The checkpoint's file: a model file that holds no model, but states by their keys and what they belong to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian import model_file
from bactrian.checkpoints.flat import flatten, restore
from bactrian.digest import digest
from bactrian.errors import ModelFileError
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Content:
    """What stands in a checkpoint.

    Attributes
    ----------
    belongs : dict
        To which data and arguments; see ``belongs.py``.
    entropy : int or None
        The seed that was drawn where the user gave none.
    states : dict
        Key of a climb -> its state, flattened.
    """

    belongs: Mapping[str, Any]
    entropy: int | None
    states: Mapping[str, FloatArray]


def write(path: str | os.PathLike[str], content: Content) -> None:
    """Write it, whole or not at all; raises as ``model_file.write`` does."""
    numbers = flatten(dict(content.states))
    entropy = None if content.entropy is None else str(content.entropy)
    header = {"belongs": content.belongs, "entropy": entropy, "digest": digest(numbers)}
    model_file.write(path, {"states": numbers}, {"checkpoint": header})


def read(path: str | os.PathLike[str]) -> Content:
    """Read it.

    Raises
    ------
    ModelFileError
        It is damaged, or no checkpoint at all.
    OSError
        It cannot be read.
    """
    shown = repr(os.fspath(path))
    try:
        arrays, header = model_file.read(path)
    except ModelFileError as error:
        raise _in_other_words(error) from error
    fields = header.get("checkpoint")
    if not isinstance(fields, dict) or list(arrays) != ["states"]:
        raise ModelFileError(f"{shown} is a model, and no checkpoint of a fit; give another name for the checkpoint")
    numbers = arrays["states"]
    try:
        if fields["digest"] != digest(numbers):
            raise ValueError("its numbers are not those that were written")
        entropy = None if fields["entropy"] is None else int(fields["entropy"])
        states = restore(numbers)
        if not all(isinstance(state, np.ndarray) for state in states.values()):
            raise ValueError("a state is none")
        return Content(dict(fields["belongs"]), entropy, states)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            f"{shown} is a damaged checkpoint ({error}); delete it to begin anew, or fetch a new copy"
        ) from error


def _in_other_words(error: ModelFileError) -> ModelFileError:
    """What a model file's error means for a checkpoint."""
    said = str(error)
    if model_file.NO_MODEL in said:
        said = said.replace(model_file.NO_MODEL, "is no checkpoint of a fit")
        return ModelFileError(f"{said}; give another name for the checkpoint")
    if said.endswith(model_file.AGAIN):
        said = said.removesuffix(model_file.AGAIN)
        return ModelFileError(f"{said}; it is of no use as a checkpoint, so delete it to begin anew")
    return error
