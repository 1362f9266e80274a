"""What a covariance says in the words of the families: how large, what shape, which way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.covariance import Covariance
from bactrian.families.common_axes import common_axes
from bactrian.families.own_axes import own_axes
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Sigma_k = volumes_k orientations_k diag(shapes_k) orientations_k^T (Banfield & Raftery 1993).

    Attributes
    ----------
    volumes : (K,) array
        lambda_k = |Sigma_k|^(1/D).
    shapes : (K, D) array
        The diagonals of A_k, with product 1: relative variances along the axes; by feature in families along the
        features, else falling (on average over components where the axes are common).
    orientations : (K, D, D) array
        D_k, axes in columns; the largest entry of each is positive.
    """

    volumes: FloatArray
    shapes: FloatArray
    orientations: FloatArray


def decompose(covariance: Covariance, orientation: str) -> Decomposition:
    """``orientation`` : ``"I"`` along the features, ``"E"`` the same axes for all components, ``"V"`` their own."""
    matrices = covariance.dense()
    axes = _axes(matrices, orientation)
    values = np.einsum("kij,kil,klj->kj", axes, matrices, axes)
    volumes = np.exp(covariance.log_determinants / covariance.n_features)
    return Decomposition(volumes, values / volumes[:, None], axes)


def _axes(matrices: FloatArray, orientation: str) -> FloatArray:
    """(K, D, D)."""
    if orientation == "I":
        return np.broadcast_to(np.eye(matrices.shape[1]), matrices.shape).copy()
    if orientation == "V":
        return _pointed(own_axes(matrices))
    axes = common_axes(matrices)
    along = np.log(np.einsum("ij,kil,lj->kj", axes, matrices, axes)).mean(0)
    return np.broadcast_to(_pointed(axes[:, np.argsort(-along)]), matrices.shape).copy()


def _pointed(axes: FloatArray) -> FloatArray:
    """Each axis with its largest entry positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(-2)[..., None, :], -2)
    return np.asarray(axes * np.sign(largest))
