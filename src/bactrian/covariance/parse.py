"""From the numbers a user writes to a storage form."""

from __future__ import annotations

import numpy as np

from bactrian.covariance.diagonal import Diagonal
from bactrian.covariance.form import Covariance
from bactrian.covariance.full import Full
from bactrian.covariance.spherical import Spherical
from bactrian.errors import CovarianceError, ParameterError
from bactrian.typing import FloatArray

FORMS = ("full", "tied", "diagonal", "tied diagonal", "spherical", "tied spherical")


def parse_covariance(values: FloatArray, n_components: int, n_features: int, form: str | None = None) -> Covariance:
    """Read covariances by their shape, or by the name of their form.

    Parameters
    ----------
    values : array
        (K, D, D) full, (D, D) tied, (K, D) diagonal, (D,) tied diagonal, (K,) spherical, () tied spherical.
    n_components, n_features : int
        K and D.
    form : str, optional
        One of the names above; needed only where K = D makes two shapes the same.

    Raises
    ------
    ParameterError
        The shape fits no form, or two forms and none was named.
    CovarianceError
        A matrix is not symmetric positive definite; says which and its smallest eigenvalue.
    """
    values = np.asarray(values, dtype=np.float64)
    form = _form_by_shape(values.shape, n_components, n_features) if form is None else form
    if form not in FORMS:
        raise ParameterError(f"form should be one of {', '.join(FORMS)}, but got {form!r}")
    expected = _shapes(n_components, n_features)[form]
    if values.shape != expected:
        raise ParameterError(
            f"{form} covariances of {n_components} components and {n_features} features should have "
            f"shape {expected}, but got {values.shape}"
        )
    tied = form.startswith("tied")
    stored = values[None] if tied else values
    if form.endswith("spherical"):
        return Spherical(stored, n_components, n_features, tied)
    if form.endswith("diagonal"):
        return Diagonal(stored, n_components, tied)
    return Full(_symmetric(stored, tied), n_components, tied)


def _shapes(k: int, d: int) -> dict[str, tuple[int, ...]]:
    return {
        "full": (k, d, d),
        "tied": (d, d),
        "diagonal": (k, d),
        "tied diagonal": (d,),
        "spherical": (k,),
        "tied spherical": (),
    }


def _form_by_shape(shape: tuple[int, ...], k: int, d: int) -> str:
    fitting = [form for form, expected in _shapes(k, d).items() if expected == shape]
    if not fitting:
        raise ParameterError(
            f"covariances of {k} components and {d} features should have shape {(k, d, d)} (full), "
            f"{(d, d)} (tied), {(k, d)} (diagonal), {(d,)} (tied diagonal), {(k,)} (spherical) or () (tied "
            f"spherical), but got {shape}"
        )
    if len(fitting) > 1 and d > 1:
        raise ParameterError(
            f"covariances of shape {shape} can be read as {' or as '.join(fitting)} when there are as many "
            f"components as features ({k}); say which with form={fitting[0]!r} or form={fitting[1]!r}"
        )
    return fitting[-1]  # one feature, where every reading means the same: the plainest


def _symmetric(matrices: FloatArray, tied: bool) -> FloatArray:
    """The symmetric part, once the rest is known to be rounding."""
    scale = np.sqrt(np.abs(np.diagonal(matrices, axis1=1, axis2=2)))
    with np.errstate(over="ignore"):  # two huge entries of opposite sign differ by infinity, which is enough
        gap = matrices.swapaxes(1, 2) - matrices
    wrong = np.abs(gap) > 1e-8 * scale[:, :, None] * scale[:, None, :]
    if wrong.any():
        m, i, j = (int(index) for index in np.argwhere(wrong)[0])
        where = "the tied covariance" if tied else f"the covariance of component {m}"
        raise CovarianceError(
            f"{where} is not symmetric: entry ({i}, {j}) is {matrices[m, i, j]:g} and entry ({j}, {i}) is "
            f"{matrices[m, j, i]:g}"
        )
    return matrices + gap / 2
