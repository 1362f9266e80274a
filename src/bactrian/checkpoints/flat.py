"""Values as one vector of float64, and back to the same bits.

Each value is a tag and what follows it. A vector from a stranger can be read: nothing but the values below comes out
of it, and no more memory is taken than it has numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from bactrian.kernels import Noise, Parameters
from bactrian.packing import PackedParameters
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

NOTHING, FLAG, WHOLE, NUMBER, TEXT, ARRAY, LIST, TABLE, MIXTURE, SUMS = range(10)
DEEPEST = 20


def flatten(value: Any) -> FloatArray:
    """The value as a vector.

    Parameters
    ----------
    value : None, bool, int, float, str, float64 array, Parameters, Statistics, or tuples and dicts of these
        Lists come back as tuples.
    """
    pieces: list[Any] = []
    _write(value, pieces)
    return np.concatenate([np.asarray(piece, dtype=np.float64).ravel() for piece in pieces])


def _write(value: Any, pieces: list[Any]) -> None:
    if value is None:
        pieces.append([NOTHING])
    elif isinstance(value, (bool, np.bool_)):
        pieces.append([FLAG, value])
    elif isinstance(value, (int, np.integer)):
        pieces.append([WHOLE, value])
    elif isinstance(value, (float, np.floating)):
        pieces.append([NUMBER, value])
    elif isinstance(value, str):
        pieces.append([TEXT, len(value), *map(ord, value)])
    elif isinstance(value, np.ndarray) and value.dtype == np.float64:
        pieces += [[ARRAY, value.ndim, *value.shape], value]
    elif isinstance(value, (tuple, list, dict)):
        items = [x for pair in value.items() for x in pair] if isinstance(value, dict) else value
        pieces.append([TABLE if isinstance(value, dict) else LIST, len(value)])
        for item in items:
            _write(item, pieces)
    elif isinstance(value, Parameters):
        pieces.append([MIXTURE])
        _write(_fields(value), pieces)
    elif isinstance(value, Statistics):
        pieces.append([SUMS])
        _write({**{f.name: getattr(value, f.name) for f in fields(value)}, "scatter": value.scatter.value}, pieces)
    else:
        raise TypeError(f"a {type(value).__name__} cannot be written as numbers")


def _fields(mixture: Parameters) -> tuple[Any, ...]:
    p = PackedParameters.of(mixture)
    noise = () if p.noise is None else (p.noise.weight, p.noise.log_density)
    return p.kind, p.tied, p.n_components, p.n_features, p.numbers, noise


def restore(vector: FloatArray, shape: tuple[int, int] | None = None) -> Any:
    """What was flattened.

    Parameters
    ----------
    shape : (K, D), optional
        That any mixture in it must have.

    Raises
    ------
    ValueError
        This is no such vector.
    """
    reader = _Reader(vector, shape)
    value = reader.value(DEEPEST)
    if reader.at != len(vector):
        raise ValueError("numbers are left over")
    return value


class _Reader:
    def __init__(self, vector: FloatArray, shape: tuple[int, int] | None) -> None:
        self.vector, self.shape, self.at = vector, shape, 0

    def take(self, n: int) -> FloatArray:
        if n > len(self.vector) - self.at:
            raise ValueError("numbers are missing")
        self.at += n
        return self.vector[self.at - n : self.at]

    def count(self) -> int:
        number = float(self.take(1)[0])
        if not (0 <= number < 2**53 and number.is_integer()):
            raise ValueError(f"{number} does not count anything")
        return int(number)

    def value(self, depth: int) -> Any:
        tag = self.count()
        if depth < 0 or tag not in READERS:
            raise ValueError(f"there is no value of kind {tag} here")
        return READERS[tag](self, depth - 1)

    def text(self) -> str:
        letters = self.take(self.count())
        if not ((letters >= 0) & (letters < 0x110000)).all():
            raise ValueError("a text is not one")
        return "".join(map(chr, letters.astype(int)))

    def array(self) -> FloatArray:
        shape = tuple(self.count() for _ in range(min(self.count(), 4)))
        return self.take(math.prod(shape)).reshape(shape).copy()

    def table(self, depth: int) -> dict[str, Any]:
        return {str(self.value(depth)): self.value(depth) for _ in range(self.count())}

    def mixture(self, depth: int) -> Parameters:
        kind, tied, k, d, numbers, noise = self.value(depth)
        sizes = {"spherical": 1, "diagonal": d, "full": d * (d + 1) // 2}
        if self.shape not in (None, (k, d)) or numbers.shape != (k + k * d + (1 if tied else k) * sizes[kind],):
            raise ValueError("a mixture has another number of components or features")
        found = PackedParameters(kind, tied, k, d, numbers, Noise(*noise) if noise else None).unpack()
        if not np.isfinite(numbers).all() or (found.weights < 0).any():
            raise ValueError("a mixture is none")
        return found

    def sums(self, depth: int) -> Statistics:
        if self.count() != TABLE:
            raise ValueError("statistics are none")
        sums = self.table(depth)
        found = Statistics(**{**sums, "scatter": Scatter(sums.get("scatter"))})
        k, d = found.shift.shape
        if self.shape not in (None, (k, d)) or found.second.shape != found.scatter.shape(k, d):
            raise ValueError("statistics have another number of components or features")
        if found.counts.shape != (k,) or found.first.shape != (k, d):
            raise ValueError("statistics are none")
        return found


READERS: dict[int, Callable[[_Reader, int], Any]] = {
    NOTHING: lambda reader, _: None,
    FLAG: lambda reader, _: bool(reader.count()),
    WHOLE: lambda reader, _: int(reader.take(1)[0]),
    NUMBER: lambda reader, _: float(reader.take(1)[0]),
    TEXT: lambda reader, _: reader.text(),
    ARRAY: lambda reader, _: reader.array(),
    LIST: lambda reader, depth: tuple(reader.value(depth) for _ in range(reader.count())),
    TABLE: lambda reader, depth: reader.table(depth),
    MIXTURE: lambda reader, depth: reader.mixture(depth),
    SUMS: lambda reader, depth: reader.sums(depth),
}
