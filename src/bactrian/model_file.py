"""The model file, ``.bactrian``: numbers in safetensors, with a JSON header in their metadata.

Nothing in a file is ever executed, and a file is judged before memory is taken: first its size, then its
header, then whether both agree. Everything that can be wrong with it is a ``ModelFileError``. What the fields
of the header mean is the business of ``bactrian.loading``.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bactrian import __version__
from bactrian.errors import ModelFileError
from bactrian.typing import FloatArray
from bactrian.whole import write_whole

FORMAT_VERSION = 1
KEY = "bactrian"  # the only entry of the metadata: one entry, so that equal models make equal files

# what checkpoints, which are such files too, say in another way
AGAIN = "; save the model again or fetch a new copy"
NO_MODEL = "is not a bactrian model file"

# What a file may hold. Far beyond any mixture in use, and small enough for any machine.
HEADER_BYTES = 4 * 2**20
HEADER_ITEMS = 200_000
TENSORS = 16
NUMBERS = 2**27


def write(path: str | PathLike[str], arrays: Mapping[str, FloatArray], header: Mapping[str, Any]) -> None:
    """Write arrays and a header, whole or not at all.

    Parameters
    ----------
    path : path
    arrays : dict of arrays
        Stored as float64, bit for bit.
    header : dict
        Strings, numbers, None, lists and dicts. NaN is stored as null, infinities as ``"inf"``, ``"-inf"``.

    Raises
    ------
    ModelFileError
        It would be too large to be read again.
    OSError
        The file cannot be written; nothing is left behind, and an old file stays as it was.
    """
    full = {"format_version": FORMAT_VERSION, "library_version": __version__, **header}
    text = json.dumps(_strict(full), allow_nan=False, separators=(",", ":"))
    numbers = {name: np.ascontiguousarray(a, dtype="<f8").reshape(np.shape(a)) for name, a in arrays.items()}
    content = save(numbers, metadata={KEY: text})
    _judge(path, content[: _header_end(path, content[:8], len(content))], len(content))  # else it could not be read
    write_whole(path, content)


def read(path: str | PathLike[str]) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """The arrays and the header of a model file.

    Raises
    ------
    ModelFileError
        It is truncated, damaged, hostile, too large, from a newer version of bactrian, or no model file at all.
    OSError
        There is no such file, or it cannot be read.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f"{_shown(path)} is a folder; give the path of a .bactrian model file")
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {_shown(path)}; give the path of a .bactrian model file")
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(8)
            start += file.read(_header_end(path, start, size) - len(start))
            header = _judge(path, start, size)
            content = start + file.read(size - len(start))
        arrays = load(content)
    except OSError as error:
        raise type(error)(f"{_shown(path)} cannot be read: {error.strerror}") from error
    except SafetensorError as error:
        raise _damaged(path, "its numbers do not fit their description") from error
    return {name: np.array(a, dtype=np.float64) for name, a in arrays.items()}, header


def _header_end(path: str | PathLike[str], start: bytes, size: int) -> int:
    """Where the header ends, from the eight bytes that state its length."""
    if len(start) < 8:
        raise _damaged(path, f"it has only {len(start)} bytes")
    length = int.from_bytes(start, "little")
    if length > HEADER_BYTES:
        raise _not_a_model(path, "its first eight bytes are not the length of a header; is it data, or a picture?")
    if 8 + length > size:
        raise _damaged(path, f"its header should end at byte {8 + length}, but it has {size}")
    return 8 + length


def _judge(path: str | PathLike[str], start: bytes, size: int) -> dict[str, Any]:
    """Our header, once the file is known to be what it says it is."""
    described = _parse(path, start[8:])
    metadata = described.pop("__metadata__", None)
    if not isinstance(metadata, dict) or list(metadata) != [KEY] or not isinstance(metadata[KEY], str):
        raise _not_a_model(path, "it has no bactrian header")
    header = _parse(path, metadata[KEY].encode("utf-8", "surrogatepass"))
    version = header.get("format_version")
    if type(version) is not int or version < 1:
        raise _damaged(path, "its format version is not a number from 1")
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{_shown(path)} has format version {version}, but this bactrian reads versions up to "
            f"{FORMAT_VERSION}; update bactrian"
        )
    _check_tensors(path, described, size - len(start))
    return header


def _check_tensors(path: str | PathLike[str], tensors: dict[str, Any], n_bytes: int) -> None:
    """Every tensor is float64, their bytes follow each other without a gap and fill the file exactly."""
    if len(tensors) > TENSORS:
        raise _damaged(path, f"it holds {len(tensors)} arrays, and at most {TENSORS} are allowed")
    spans = sorted(_span(path, tensor) for tensor in tensors.values())
    if [begin for begin, _ in spans] != [0, *(end for _, end in spans)][: len(spans)]:
        raise _damaged(path, "its arrays overlap or leave gaps")
    declared = spans[-1][1] if spans else 0
    if declared != n_bytes:
        raise _damaged(path, f"its arrays should have {declared} bytes, but {n_bytes} are there")
    if declared > 8 * NUMBERS:
        raise ModelFileError(
            f"{_shown(path)} holds {declared // 8} numbers, and at most {NUMBERS} are allowed in a model file"
        )


def _span(path: str | PathLike[str], tensor: Any) -> tuple[int, int]:
    """First byte and end of one tensor, as its description states them."""
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"} or tensor["dtype"] != "F64":
        raise _damaged(path, "its arrays should be float64")
    shape, offsets = tensor["shape"], tensor["data_offsets"]
    if not (_are_counts(shape) and _are_counts(offsets) and len(shape) <= 3 and len(offsets) == 2 and all(shape)):
        raise _damaged(path, "the shape of an array is not a shape")
    begin, end = offsets
    if end - begin != 8 * math.prod(shape):
        raise _damaged(path, f"an array of shape {tuple(shape)} cannot have {end - begin} bytes")
    return begin, end


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**53 for v in values)


def _parse(path: str | PathLike[str], raw: bytes) -> dict[str, Any]:
    """A JSON object whose keys are unique and whose numbers are finite."""
    # a short text can describe many small objects, each of which costs far more memory than its characters
    if sum(raw.count(mark) for mark in b",[{") > HEADER_ITEMS:
        raise _damaged(path, f"its header has more than {HEADER_ITEMS} entries")
    try:
        parsed = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _not_a_model(path, "its header is not the JSON it should be") from error
    if not isinstance(parsed, dict):
        raise _not_a_model(path, "its header is not the JSON it should be")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _refuse(literal: str) -> Any:
    raise ValueError(f"{literal} is not JSON")


def _strict(value: Any) -> Any:
    """The same value in strict JSON."""
    if isinstance(value, Mapping):
        return {str(key): _strict(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    if isinstance(value, np.generic):
        return _strict(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _shown(path: str | PathLike[str]) -> str:
    return repr(os.fspath(path))


def _damaged(path: str | PathLike[str], why: str) -> ModelFileError:
    return ModelFileError(f"{_shown(path)} is truncated or damaged: {why}{AGAIN}")


def _not_a_model(path: str | PathLike[str], why: str) -> ModelFileError:
    return ModelFileError(f"{_shown(path)} {NO_MODEL}: {why}")
