"""The observed information: standard errors from derivatives at the fit, without refits.

The gradient of the log-likelihood is that of the expected complete one (Fisher's identity; Louis 1982, JRSS B 44:226),
so the statistics of one pass give it exactly; its own derivatives are central differences (Jamshidian & Jennrich 2000,
JRSS B 62:257). With a prior it is the curvature of the log-posterior.
"""

from __future__ import annotations

import numpy as np

from bactrian.errors import CovarianceError, DataError, ParameterError
from bactrian.kernels import Kernel
from bactrian.resampling.coordinates import Coordinates
from bactrian.resampling.numbers import Numbers
from bactrian.resampling.subject import Subject
from bactrian.typing import FloatArray

STEP = 1e-3  # of the error a coordinate would have if all labels were known; truncation is about its square
TOGETHER = 32  # mixtures that share one read of the rows
SINGULAR = 1e-10  # least eigenvalue of the information, in units of what it would be if all labels were known


def information_errors(subject: Subject, kernel: Kernel) -> Numbers:
    """Standard errors.

    Raises
    ------
    ParameterError
        The family's covariances are not averages.
    DataError
        The fit is not at a maximum inside its family.
    """
    if subject.objective.family.average is None:
        raise ParameterError(
            f"method='information' knows the families whose covariances are plain averages (EII, VII, EEI, VVI, EEE, "
            f"VVV), but this fit is {subject.objective.family}; use method='bootstrap' or 'weighted'"
        )
    coordinates = Coordinates.of(subject)
    matrix = _information(subject, coordinates, kernel)
    scales = coordinates.scales
    values, vectors = np.linalg.eigh(matrix * scales[:, None] * scales)
    if values[0] < SINGULAR:
        raise DataError(
            "the log-likelihood does not fall in every direction from this fit, so its curvature gives no standard "
            "errors: fit with a smaller tol, or fewer components, or use method='bootstrap'"
        )
    root = scales[:, None] * vectors / np.sqrt(values)
    return coordinates.errors(root @ root.T)


def _information(subject: Subject, coordinates: Coordinates, kernel: Kernel) -> FloatArray:
    """(P, P) minus the second derivatives of the objective."""
    steps = STEP * coordinates.scales
    moved = [sign * steps[p] * np.eye(len(steps))[p] for p in range(len(steps)) for sign in (1.0, -1.0)]
    gradients = np.concatenate(
        [_gradients(subject, coordinates, kernel, moved[i : i + TOGETHER]) for i in range(0, len(moved), TOGETHER)]
    )
    differences = -(gradients[::2] - gradients[1::2]) / (2 * steps[:, None])
    return np.asarray((differences + differences.T) / 2)


def _gradients(subject: Subject, c: Coordinates, kernel: Kernel, moved: list[FloatArray]) -> FloatArray:
    """(M, P) at the fit moved by each of M vectors (P,)."""
    try:
        mixtures = [c.mixture(by) for by in moved]
    except CovarianceError as error:
        raise DataError(f"a covariance of this fit is close to singular: {error}; use method='bootstrap'") from error
    folded = subject.source.fold(kernel, mixtures, [subject.objective.family.scatter] * len(mixtures))
    return np.array([c.gradient(m, s) for m, s in zip(mixtures, folded, strict=True)])
