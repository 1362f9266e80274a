"""Random rows as columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bactrian.errors import ParameterError
from bactrian.files import Chunk
from bactrian.mixture import Mixture

ROWS = 1 << 16
NUMBERS = 1 << 24  # drawn at once: 128 MB
LABEL = "label"


def draws(mixture: Mixture, n: int, seed: int | None, with_labels: bool) -> Iterator[Chunk]:
    """n rows by feature name (x0, x1 ... without names), and their components as ``label``.

    They are those of ``Mixture.sample``, as far as they are drawn at once; the next ones go on with its generator.
    """
    names = mixture.feature_names or tuple(f"x{i}" for i in range(mixture.n_features))
    if with_labels and LABEL in names:
        raise ParameterError(
            f"the model has a feature {LABEL!r}, so its components cannot stand in a column of that name"
        )
    rng, most = np.random.default_rng(seed), max(ROWS, NUMBERS // mixture.n_features)
    for begin in range(0, n, most):
        rows, labels = mixture.sample(min(most, n - begin), rng, labels=True)
        for first in range(0, len(rows), ROWS):
            part = slice(first, first + ROWS)
            columns = {name: np.ascontiguousarray(rows[part, i]) for i, name in enumerate(names)}
            yield {**columns, LABEL: labels[part].astype(np.int64)} if with_labels else columns
