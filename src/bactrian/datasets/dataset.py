"""Dataset: rows, what their columns are called, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

from bactrian.mixture import Mixture
from bactrian.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Rows with their story; the arrays are read-only.

    Attributes
    ----------
    data : (N, D) array
    feature_names : tuple of D str
    description : str
        What was measured, in which units.
    source : str
        Who published it, or how it was generated.
    mixture : Mixture or None
        The distribution the rows were drawn from, where it is known.
    labels : (N,) array or None
        The group of each row, from 0; for generated data the component it was drawn from.
    label_names : tuple of str or None
        What the groups are called.
    sample_weight : (N,) array or None
        How often each row was observed; pass it on as ``bt.fit(..., sample_weight=...)``.
    """

    data: FloatArray
    feature_names: tuple[str, ...]
    description: str
    source: str
    mixture: Mixture | None = None
    labels: IntArray | None = None
    label_names: tuple[str, ...] | None = None
    sample_weight: FloatArray | None = None

    def __post_init__(self) -> None:
        for array in (self.data, self.labels, self.sample_weight):
            if array is not None:
                array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        n_rows, n_features = self.data.shape
        return f"Dataset of {n_rows} rows, {n_features} features: {self.description} ({self.source})"
