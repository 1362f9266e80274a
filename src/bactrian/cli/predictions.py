"""What a mixture says of rows, a chunk at a time: no array of all rows and components is ever held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from bactrian.cli.models import mixture_of
from bactrian.files import Chunk
from bactrian.files.columns import Columns, named_or_in_order
from bactrian.fit_result import Fit
from bactrian.mixture import Mixture
from bactrian.noise import logpdf_beside, responsibilities_beside
from bactrian.online import OnlineFit
from bactrian.operations.uncertainty import uncertainty
from bactrian.typing import FloatArray


def predictions(model: Fit | Mixture | OnlineFit, blocks: Iterable[FloatArray]) -> Iterator[Chunk]:
    """``label``, ``p0`` .. ``p{K-1}``, ``log_density`` (nats), ``uncertainty`` (sum of the other p) of rows.

    Of a fit with noise also ``p_noise``; its label is -1.
    """
    mixture, noise = mixture_of(model), model.noise if isinstance(model, Fit) else None
    names = [f"p{k}" for k in range(mixture.n_components)] + ([] if noise is None else ["p_noise"])
    for rows in blocks:
        p = responsibilities_beside(mixture, noise, rows)
        labels = p.argmax(axis=1).astype(np.int64)
        yield {
            "label": np.where(labels == mixture.n_components, -1, labels),
            **{name: np.ascontiguousarray(column) for name, column in zip(names, p.T, strict=True)},
            "log_density": logpdf_beside(mixture, noise, rows),
            "uncertainty": uncertainty(p),
        }


def features_of(mixture: Mixture, columns: tuple[str, ...] | None) -> Columns:
    """Which columns are a mixture's features.

    Those that the user names; else those of the mixture's names; a table without names of its own, or a mixture
    without, is read by position.
    """
    names = mixture.feature_names
    if names is None or (columns is not None and set(columns) != set(names)):
        return columns
    if columns is not None:
        return names  # the same names: whatever their order, each goes to its own feature
    return named_or_in_order(names)
