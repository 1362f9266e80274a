"""What users say about noise: rows that belong to no component, spread evenly over the region of the data.

The density is pi_0 / V; V stays fixed (Banfield & Raftery 1993, Biometrics 49:803).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import DataError, ParameterError
from bactrian.sources import Source


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
    if noise is True or isinstance(noise, np.bool_):
        return NoiseModel(-log_volume(source))
    if isinstance(noise, Real):
        if not 0 < float(noise) < np.inf:
            raise ParameterError(f"the volume given as noise should be positive and finite, but got {noise!r}")
        return NoiseModel(-float(np.log(float(noise))))
    mask = np.asarray(noise)
    if mask.dtype != np.bool_ or mask.shape != (n_rows,):
        raise ParameterError(
            f"noise should be True, the volume of the region, or a mask of {n_rows} booleans, but got "
            f"{mask.dtype} of shape {mask.shape}"
        )
    if mask.all() or not mask.any():
        raise ParameterError(f"noise marks {int(mask.sum())} of {n_rows} rows; mark some, and leave some")
    return NoiseModel(-log_volume(source), mask)


def log_volume(source: Source) -> float:
    """log of the smaller of the bounding boxes along the features and along the principal axes."""
    _, axes = np.linalg.eigh(source.moments.covariance)
    with np.errstate(divide="ignore"):
        volumes = [float(np.log(source.extent(directions)).sum()) for directions in (np.eye(len(axes)), axes)]
    if not np.isfinite(volumes[0]):
        raise DataError("a constant column leaves the region of the data without volume; leave the column out")
    return min(v for v in volumes if np.isfinite(v))
