"""Which component of one mixture is which of another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bactrian.kernels import Parameters
from bactrian.operations import factors
from bactrian.typing import FloatArray, IntArray

UNLIKE = 1e150  # stands for infinity, which an assignment cannot add


def match(a: Parameters, b: Parameters) -> IntArray:
    """(K,) the components of ``a``: partners first, in the order of ``b``, then those left over, as they stood.

    The pairs make the sum of ``distances`` least (Crouse 2016, IEEE T-AES 52:1679, as SciPy has it).
    """
    from scipy.optimize import linear_sum_assignment

    own, theirs = linear_sum_assignment(distances(a, b))
    left = np.setdiff1d(np.arange(len(a.weights)), own)
    return np.concatenate([own[np.argsort(theirs)], left])


def distances(a: Parameters, b: Parameters) -> FloatArray:
    """(K, L) Bhattacharyya distances -log integral sqrt(p q) between components, weights included.

    A component is taken as a pair: whether a row belongs to it, a coin of probability w, and where the row lies,
    a Gaussian. The distance of two pairs is the sum of both distances (Kailath 1967, IEEE Trans. Comm. 15:52).
    No affine map of the features changes it, and unlike Hellinger's distance, 1 - exp(-d), it still tells apart
    what is far away.
    """
    with np.errstate(all="ignore"):  # what overflows is far away
        places = np.array(list(_of_places(a, b))).T
        coins = np.sqrt(np.outer(a.weights, b.weights)) + np.sqrt(np.outer(1 - a.weights, 1 - b.weights))
        total = places - np.log(np.minimum(coins, 1.0))
    return np.asarray(np.minimum(np.nan_to_num(total, nan=UNLIKE), UNLIKE))


def _of_places(a: Parameters, b: Parameters) -> Iterator[FloatArray]:
    """(K,) distances of a's Gaussians to each of b's.

    With (A + B) / 2 = L M L^T and B = L L^T: |L^-1 d|^2_M / 8 + log det M / 2 - (log det A - log det B) / 4,
    in which M is never below 1/2, however ill-conditioned A and B are.
    """
    flat, other = factors.variances(a.covariance), factors.variances(b.covariance)
    volumes = a.covariance.log_determinants, b.covariance.log_determinants
    roots = factors.cholesky(a.covariance) if flat is None or other is None else None
    inverses = factors.whiteners(b.covariance) if roots is not None else None
    for k, mean in enumerate(b.means):
        gaps = a.means - mean
        if roots is not None and inverses is not None:
            squares, log_determinants = _by_factors(gaps @ inverses[k].T, inverses[k] @ roots)
        else:
            middle = (1 + np.asarray(flat) / np.asarray(other)[k]) / 2
            squares = (gaps**2 / np.asarray(other)[k] / middle).sum(axis=1)
            log_determinants = np.log(middle).sum(axis=1)
        yield squares / 8 + log_determinants / 2 - (volumes[0] - volumes[1][k]) / 4


def _by_factors(gaps: FloatArray, roots: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K,) squared lengths of the gaps under M = (1 + R R^T) / 2, and log det M; infinite where M overflows."""
    middle = (np.eye(gaps.shape[1]) + roots @ roots.swapaxes(1, 2)) / 2
    good = np.isfinite(middle).all(axis=(1, 2))
    lower = np.linalg.cholesky(middle[good])
    squares, log_determinants = np.full((2, len(gaps)), np.inf)
    squares[good] = (np.linalg.solve(lower, gaps[good, :, None]) ** 2).sum(axis=(1, 2))
    log_determinants[good] = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    return squares, log_determinants
