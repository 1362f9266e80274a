"""Cholesky factors and their inverses, accurate to the square root of the condition number.

Log-densities are as good as L^-1: rounding each of its entries costs eps sqrt(cond), but a plain
factorisation in float64 costs eps cond. The compiled core therefore repeats an ill-conditioned
factorisation in twice the precision.
"""

from __future__ import annotations

import numpy as np

import bactrian._core as _core
from bactrian.errors import CovarianceError
from bactrian.typing import FloatArray


def factor(matrices: FloatArray, tied: bool = False) -> tuple[FloatArray, FloatArray]:
    """L and L^-1 of (M, D, D) symmetric matrices, both lower triangular.

    Raises
    ------
    CovarianceError
        A matrix is not positive definite; says which, and its smallest eigenvalue.
    """
    _, cholesky, whiteners = _factored(matrices, tied, both=True)
    return cholesky, whiteners


def whitened(matrices: FloatArray, tied: bool = False) -> tuple[FloatArray, FloatArray]:
    """The matrices and L^-1, which nobody can write into.

    Only lower triangles count; the upper ones mirror them to the last bit, whatever was rounded.

    Raises
    ------
    CovarianceError
        As ``factor``.
    """
    mirrored, _, whiteners = _factored(matrices, tied, both=False)
    return mirrored, whiteners


def _factored(matrices: FloatArray, tied: bool, both: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The matrices, L (empty unless asked for) and L^-1."""
    *found, failed = _core.factor(np.ascontiguousarray(matrices, dtype=np.float64), both)
    if failed >= 0:
        raise CovarianceError(_not_positive_definite(matrices[failed], failed, tied))
    mirrored, cholesky, whiteners = (np.frombuffer(one).reshape(-1, *matrices.shape[1:]) for one in found)
    return mirrored, cholesky, whiteners


def _not_positive_definite(matrix: FloatArray, index: int, tied: bool) -> str:
    where = "the tied covariance" if tied else f"the covariance of component {index}"
    if not np.isfinite(matrix).all():
        return f"{where} holds NaN or infinity; every entry must be a finite number"
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    return (
        f"{where} is not positive definite: its smallest eigenvalue is {smallest:.6g}; all must be clearly above zero"
    )
