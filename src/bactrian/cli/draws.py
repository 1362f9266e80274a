"""Random rows as columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bactrian.errors import ParameterError
from bactrian.files import Chunk
from bactrian.mixture import Mixture

ROWS = 1 << 16
LABEL = "label"


def draws(mixture: Mixture, n: int, seed: int | None, with_labels: bool) -> Iterator[Chunk]:
    """n rows by feature name (x0, x1 ... without names), and their components as ``label``.

    All rows are drawn at once, so that they are those of ``Mixture.sample``.
    """
    names = mixture.feature_names or tuple(f"x{i}" for i in range(mixture.n_features))
    if with_labels and LABEL in names:
        raise ParameterError(
            f"the model has a feature {LABEL!r}, so its components cannot stand in a column of that name"
        )
    rows, labels = mixture.sample(n, seed, labels=True)
    for first in range(0, n, ROWS):
        part = slice(first, first + ROWS)
        columns = {name: np.ascontiguousarray(rows[part, i]) for i, name in enumerate(names)}
        yield {**columns, LABEL: labels[part].astype(np.int64)} if with_labels else columns
