"""The numbers of a mixture that have an uncertainty, and stacks of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bactrian.covariance import Covariance
from bactrian.kernels import Parameters
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Numbers:
    """Something about each number of a mixture: its value, its standard error, an end of its interval.

    Attributes
    ----------
    weights : (K,) array
        Among the components; with noise they are what is left without it.
    means : (K, D) array
    covariances : (K, D, D) array
        Written out: what all components share stands K times.
    noise : float or None
        Of the weight of the noise.
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    noise: float | None = None


@dataclass(frozen=True, eq=False)
class Replicates:
    """The mixtures of B resamples, in the order they were drawn; those that collapsed are not there.

    Attributes
    ----------
    weights : (B, K) array
    means : (B, K, D) array
    covariances : (B, ...) array
        In the form they have: (B, K, D, D) full, (B, D, D) tied, and so on as ``Mixture.covariances``.
    noise : (B,) array or None
    drawn : (B,) array
        The number of each one's resample.
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    noise: FloatArray | None
    drawn: FloatArray
    _form: Covariance = field(repr=False)

    def __len__(self) -> int:
        return len(self.weights)

    def __repr__(self) -> str:
        return f"Replicates({len(self)} of weights {self.weights.shape[1:]}, means {self.means.shape[1:]})"

    def summarised(self, by: Callable[[FloatArray], FloatArray]) -> Numbers:
        """What a function of (B, ...) arrays makes of them, its result without the first axis.

        It treats each number by itself, and in other units gives the same in these.
        """
        noise = None if self.noise is None else float(by(self.noise))
        covariances = written_out(_in_range(by, self.covariances), self._form)
        return Numbers(by(self.weights), _in_range(by, self.means), covariances, noise)


def _in_range(by: Callable[[FloatArray], FloatArray], values: FloatArray) -> FloatArray:
    """In powers of two near each number: squares of variances would leave the range of float64."""
    exponents = np.frexp(np.abs(values).max(axis=0))[1]
    return np.asarray(np.ldexp(by(np.ldexp(values, -exponents)), exponents))


def stack(mixtures: Sequence[Parameters], drawn: Sequence[int]) -> Replicates:
    """At least one mixture, all of one form."""
    bare = [m.without_noise() for m in mixtures]
    return Replicates(
        weights=np.array([m.weights for m in bare]),
        means=np.array([m.means for m in bare]),
        covariances=np.array([m.covariance.array for m in bare]),
        noise=None if mixtures[0].noise is None else np.array([m.noise.weight for m in mixtures if m.noise]),
        drawn=np.array(drawn),
        _form=bare[0].covariance,
    )


def numbers_of(mixture: Parameters) -> Numbers:
    """The estimates themselves."""
    bare = mixture.without_noise()
    noise = None if mixture.noise is None else mixture.noise.weight
    return Numbers(bare.weights, bare.means, bare.covariance.dense(), noise)


def written_out(values: FloatArray, like: Covariance) -> FloatArray:
    """(K, D, D) from numbers that belong to a form's ``array``; what the form does not have is 0."""
    k, d = like.n_components, like.n_features
    if like.kind == "spherical":
        values = values[..., None]
    if like.kind != "full":
        values = values[..., None] * np.eye(d)
    return np.array(np.broadcast_to(values, (k, d, d)))
