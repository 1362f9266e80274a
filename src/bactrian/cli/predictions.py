"""What a mixture says of rows, a chunk at a time: no array of all rows and components is ever held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bactrian.errors import DataError
from bactrian.files import Chunk, TableFile, open_table, read_table
from bactrian.fitting import uncertainty
from bactrian.mixture import Mixture
from bactrian.typing import FloatArray

ROWS = 1 << 16


def predictions(mixture: Mixture, values: FloatArray) -> Iterator[Chunk]:
    """``label``, ``p0`` .. ``p{K-1}``, ``log_density`` (nats), ``uncertainty`` (sum of the other p) of rows."""
    for first in range(0, len(values), ROWS):
        rows = values[first : first + ROWS]
        p = mixture.responsibilities(rows)
        yield {
            "label": p.argmax(axis=1).astype(np.int64),
            **{f"p{k}": np.ascontiguousarray(p[:, k]) for k in range(mixture.n_components)},
            "log_density": mixture.logpdf(rows),
            "uncertainty": uncertainty(p),
        }


def read_features(mixture: Mixture, path: str, columns: tuple[str, ...] | None) -> FloatArray:
    """The (N, D) features of a mixture from a file.

    By the names the user gives; else by the mixture's names; a table without names of its own, or a mixture
    without, is read by position.

    Raises
    ------
    DataError
        The features are not there, or the file cannot be read.
    """
    file = open_table(path)
    names = mixture.feature_names
    if names is not None and columns is None:
        columns = _found(file, names)
    elif names is not None and columns is not None and set(columns) == set(names):
        columns = names  # the same names: whatever their order, each goes to its own feature
    return read_table(file, columns).rows().values


def _found(file: TableFile, names: tuple[str, ...]) -> tuple[str, ...] | None:
    known = set(file.names)
    missing = [name for name in names if name not in known]
    if not missing:
        return names
    if not file.named:
        return None
    raise DataError(
        f"the model needs column {missing[0]!r}, but {file.name} has {_listed(file.names)}; where only "
        f"the names differ, give its columns for {_listed(names)} in that order with --columns"
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
