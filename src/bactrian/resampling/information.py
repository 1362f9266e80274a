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
from bactrian.typing import FloatArray, IntArray

AVERAGED = ("EII", "VII", "EEI", "VVI", "EEE", "VVV")  # covariances are free numbers in their storage form
STEP = 1e-3  # of the error a coordinate would have if all labels were known; truncation is about its square
TOGETHER = 16  # mixtures that share one read of the rows
MOST = 4000  # parameters, of which a matrix has 128 MB
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
    if subject.objective.family.code not in AVERAGED:
        raise ParameterError(
            f"method='information' knows the families whose covariances are plain averages ({', '.join(AVERAGED)}), "
            f"but this fit is {subject.objective.family}; use method='bootstrap' or 'weighted'"
        )
    if not subject.objective.family.in_form(subject.mixture.covariance):  # max_iter=0
        raise DataError(
            f"this fit is its start as it was given and no mixture of family {subject.objective.family}, so it is at "
            "no maximum: fit with max_iter of at least 1, or use method='bootstrap'"
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
    n, steps = len(coordinates.scales), STEP * coordinates.scales
    if n > MOST:
        raise ParameterError(
            f"method='information' differentiates along each of {n} free parameters, and {MOST} are its limit; use "
            "method='weighted' with few resamples, or a simpler family"
        )
    differences = np.empty((n, n))
    for begin in range(0, n, TOGETHER):
        some = np.arange(begin, min(begin + TOGETHER, n))
        ahead, behind = (_gradients(subject, coordinates, kernel, some, sign * steps) for sign in (1.0, -1.0))
        differences[some] = (behind - ahead) / (2 * steps[some, None])
    return np.asarray((differences + differences.T) / 2)


def _gradients(subject: Subject, c: Coordinates, kernel: Kernel, some: IntArray, steps: FloatArray) -> FloatArray:
    """(M, P) at the fit moved along each of M of the coordinates."""
    try:
        mixtures = [c.mixture(np.where(np.arange(len(steps)) == p, steps, 0.0)) for p in some]
    except CovarianceError as error:
        raise DataError(f"a covariance of this fit is close to singular: {error}; use method='bootstrap'") from error
    folded = subject.source.fold(kernel, mixtures, [subject.objective.family.scatter] * len(mixtures))
    return np.array([c.gradient(m, s) for m, s in zip(mixtures, folded, strict=True)])
