"""What users pass as ``start``, and the K it fixes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bactrian.arguments import read_counts
from bactrian.counted import counted
from bactrian.errors import ParameterError
from bactrian.kernels import Parameters
from bactrian.mixture import Mixture
from bactrian.typing import FloatArray, IntArray

# The K tried when none is asked for
ANY = range(1, 10)

NAMES = ("auto", "hierarchical", "k-means++")


def read_start(
    start: Any, n_components: int | Iterable[int], n_rows: int, n_features: int, noise: bool = False
) -> tuple[Parameters | FloatArray | IntArray | None, list[int]]:
    """The start as the search wants it, and the K to try (a start fixes K).

    With ``noise`` the last column of responsibilities is its, and labels may be -1.
    """
    counts = read_counts(n_components)
    if isinstance(start, str):
        if start not in NAMES:
            raise ParameterError(
                f"start should be a Mixture, labels, responsibilities, {', '.join(map(repr, NAMES[:-1]))} or "
                f"{NAMES[-1]!r}, but got {start!r}"
            )
        return None, counts
    first, k = _read_given_start(start, n_rows, n_features, noise)
    # any K is as good as another only where none was asked for
    if k not in counts and n_components != ANY:
        raise ParameterError(f"the start has {counted(k, 'component')}, but n_components asks for {_listed(counts)}")
    return first, [k]


def _listed(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _read_given_start(
    start: Any, n_rows: int, n_features: int, noise: bool
) -> tuple[Parameters | FloatArray | IntArray, int]:
    if isinstance(start, Mixture):
        if start.n_features != n_features:
            raise ParameterError(f"the start has {start.n_features} features, but the data has {n_features}")
        return start.parameters, start.n_components
    return _read_assignment(start, n_rows, noise)


def _read_assignment(start: Any, n_rows: int, noise: bool) -> tuple[FloatArray | IntArray, int]:
    array = np.asarray(start)
    if array.ndim not in (1, 2) or len(array) != n_rows or array.dtype.kind not in "iufb":
        raise ParameterError(
            f"start should be labels ({n_rows},) or responsibilities ({n_rows}, K), but got shape {array.shape} "
            f"of {array.dtype}"
        )
    if array.ndim == 1:
        labels = array.astype(np.intp)
        if (labels != array).any() or labels.min() < (-1 if noise else 0):
            raise ParameterError("start labels should be whole numbers from 0 to K-1")
        empty = np.flatnonzero(np.bincount(labels[labels >= 0]) == 0)
        if len(empty):
            raise ParameterError(
                f"start labels should use every number from 0 to K-1, but {empty[0]} does not occur among "
                f"0 to {labels.max()}; number the groups from 0 without gaps"
            )
        return labels, int(labels.max()) + 1
    z = array.astype(np.float64)
    if not np.isfinite(z).all() or (z < 0).any() or (np.abs(z.sum(axis=1) - 1) > 1e-6).any():
        raise ParameterError("start responsibilities should be numbers from 0 to 1 whose rows sum to 1")
    if noise:
        z = np.ascontiguousarray(z[:, :-1])
        if not z.any():
            raise ParameterError("start responsibilities should have a column for each component and one for the noise")
    return z, int(z.shape[1])
