"""What users say about noise: rows that belong to no component, spread evenly over the region of the data.

The density is pi_0 / V; V stays fixed (Banfield & Raftery 1993, Biometrics 49:803).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from bactrian.arguments import not_masked
from bactrian.errors import DataError, ParameterError
from bactrian.kernels import Noise, Parameters
from bactrian.mixture import Mixture
from bactrian.sources import ArraySource, ChunkedSource, Labelled, LabelledChunks, Source
from bactrian.sources.in_range import check_in_range
from bactrian.sources.known import in_order
from bactrian.sources.labelled import UNKNOWN
from bactrian.typing import FloatArray, IntArray

ALL_NOISE = (
    "all rows are noise, and the components together hold less than one; give the noise a larger volume (a number is "
    "no share of the rows, but the volume of the region they lie in)"
)


def is_all(mixture: Parameters, total: float) -> bool:
    """Whether the noise has swallowed the rows, of this total weight."""
    return mixture.noise is not None and (1.0 - mixture.noise.weight) * total < 1.0


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """``log_density`` is -log V; ``rows`` (N,) bool are those that EM begins with as noise, or None."""

    log_density: float
    rows: NDArray[np.bool_] | None = None


def read_noise(noise: Any, source: Source, n_rows: int) -> NoiseModel | None:
    """``False``, ``True``, the volume V of the region as a number, or a mask (N,) of rows to begin with as noise.

    Raises
    ------
    ParameterError, DataError
        None of these, or a region without volume.
    """
    if noise is None or noise is False or (isinstance(noise, np.bool_) and not noise):
        return None
    if isinstance(noise, NoiseModel):
        return noise
    if noise is True or isinstance(noise, np.bool_):
        return NoiseModel(-log_volume(source))
    if isinstance(noise, Real):
        if not 0 < float(noise) < np.inf:
            raise ParameterError(f"the volume given as noise should be positive and finite, but got {noise!r}")
        return NoiseModel(-float(np.log(float(noise))))
    mask = np.asarray(not_masked(noise, "noise"))
    if mask.dtype != np.bool_ or mask.shape != (n_rows,):
        raise ParameterError(
            f"noise should be True, the volume of the region, or a mask of {n_rows} booleans, but got "
            f"{mask.dtype} of shape {mask.shape}"
        )
    if mask.all() or not mask.any():
        raise ParameterError(f"noise marks {int(mask.sum())} of {n_rows} rows; mark some, and leave some")
    return NoiseModel(-log_volume(source), mask)


@overload
def without_noise(noise: NoiseModel | None, source: ArraySource) -> ArraySource | None: ...
@overload
def without_noise(noise: NoiseModel | None, source: Source) -> Source | None: ...
def without_noise(noise: NoiseModel | None, source: Source) -> Source | None:
    """The rows that do not begin as noise, with what is known of their components; None where none is marked.

    Raises
    ------
    DataError
        A row is marked whose component is known, all rows of positive weight are marked or none is, or the rows are
        on a cluster.
    """
    if noise is None or noise.rows is None:
        return None
    if not isinstance(source, (Labelled, LabelledChunks)):
        whole = in_order(source, "a mask of rows as noise")
        return _part(whole, noise.rows, _staying(whole, noise.rows))
    stay = _staying(source, noise.rows)
    both = np.flatnonzero(~stay & (source.labels != UNKNOWN))
    if len(both):
        row = source.keep(np.arange(source.n_given))[both[0]]
        raise DataError(
            f"row {row} is marked as noise, but labels say that it is of component {source.labels[both[0]]}; leave "
            "one of the two out"
        )
    if isinstance(source, LabelledChunks):
        return LabelledChunks(source.whole.without(noise.rows), source.labels[stay])
    return Labelled(_resident(source.whole, stay), source.labels[stay])


def _staying(
    source: ArraySource | ChunkedSource | Labelled | LabelledChunks, marked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which of the rows of positive weight do not begin as noise: some, and not all."""
    stay = source.keep(~marked)
    if stay.all() or not stay.any():
        raise DataError(
            f"noise marks {int((~stay).sum())} of the {len(stay)} rows of positive weight; mark some of "
            "these, and leave some"
        )
    return stay


def _part(
    source: ArraySource | ChunkedSource, rows: NDArray[np.bool_], stay: NDArray[np.bool_]
) -> ArraySource | ChunkedSource:
    return source.without(rows) if isinstance(source, ChunkedSource) else _resident(source, stay)


def _resident(whole: ArraySource, stay: NDArray[np.bool_]) -> ArraySource:
    return ArraySource(whole.values[stay], None if whole.weight is None else whole.weight[stay])


def log_volume(source: Source) -> float:
    """log of the smaller of the bounding boxes along the features and along the principal axes."""
    check_in_range(source.moments.covariance)
    _, axes = np.linalg.eigh(source.moments.covariance)
    with np.errstate(divide="ignore"):
        volumes = [float(np.log(source.extent(directions)).sum()) for directions in (np.eye(len(axes)), axes)]
    if not np.isfinite(volumes[0]):
        raise DataError("a constant column leaves the region of the data without volume; leave the column out")
    return min(v for v in volumes if np.isfinite(v))


def logpdf_beside(mixture: Mixture, noise: Noise | None, data: Any) -> FloatArray | Any:
    """log p(x) of a mixture of which ``noise`` has its weight, (N,), in nats."""
    inside = mixture.logpdf(data)
    if noise is None or noise.weight == 0:
        return inside
    mixture_weight, outside = log_joint(noise)
    return np.logaddexp(mixture_weight + inside, outside)


def log_joint(noise: Noise) -> tuple[float, float]:
    """log of the components' weight, and of the noise's times its density; minus infinity where a weight is 0."""
    with np.errstate(divide="ignore"):
        return float(np.log1p(-noise.weight)), float(np.log(noise.weight)) + noise.log_density


def responsibilities_beside(mixture: Mixture, noise: Noise | None, data: Any) -> FloatArray | Any:
    """P(k | x), (N, K); with noise (N, K + 1), the last column being the noise's."""
    z = mixture.responsibilities(data)
    if noise is None:
        return z
    if noise.weight == 0:
        return np.concatenate([z, np.zeros((*z.shape[:-1], 1))], axis=-1)
    mixture_weight, outside = log_joint(noise)
    inside = mixture_weight + np.asarray(mixture.logpdf(data))
    both = np.logaddexp(inside, outside)
    return np.concatenate([z * np.exp(inside - both)[..., None], np.exp(outside - both)[..., None]], axis=-1)


def classify_beside(mixture: Mixture, noise: Noise | None, data: Any) -> IntArray | Any:
    """The most responsible component of each row, (N,); -1 for noise."""
    if noise is None:
        return mixture.classify(data)
    labels = responsibilities_beside(mixture, noise, data).argmax(axis=-1)
    return np.where(labels == mixture.n_components, -1, labels)


def beside(components: Parameters, noise: Noise | None) -> Parameters:
    """Components and noise in one."""
    if noise is None:
        return components
    return replace(components, weights=(1 - noise.weight) * components.weights, noise=noise)
