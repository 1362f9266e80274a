"""What a kernel is: five functions of a chunk of rows.

The reference kernel defines their results; every other kernel is tested against it. A kernel never knows
where rows come from, nor the name of a family.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bactrian.covariance import Covariance
from bactrian.priors import Prior
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray


class Holder(Protocol):
    """Numbers of a mixture that a kernel holds; ``shape`` is (K, D)."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def read(self, name: str) -> dict[str, Any]:
        """The numbers of that name, and what comes with them: ``weights`` and ``means``, or ``covariance``."""
        ...


@dataclass(frozen=True)
class Noise:
    """Rows that belong to no component: ``weight``, and ``log_density`` -log V, the same everywhere."""

    weight: float
    log_density: float


@dataclass(frozen=True, eq=False)
class Parameters:
    """The numbers of a mixture, checked: ``weights`` (K,), ``means`` (K, D), ``covariance``.

    With ``noise`` all weights together sum to 1. A kernel may hold the numbers (``standing``) until they are asked for:
    most climbs of a search are only compared.
    """

    weights: FloatArray
    means: FloatArray
    covariance: Covariance
    noise: Noise | None = None

    @property
    def holder(self) -> Holder | None:
        """The kernel's, where the numbers came from there."""
        return self.__dict__.get("_holder")

    @property
    def shape(self) -> tuple[int, int]:
        """(K, D)."""
        holder = self.__dict__.get("_holder")
        return self.means.shape if holder is None else holder.shape

    @classmethod
    def standing(cls, holder: Holder, noise: Noise | None = None) -> Parameters:
        """The numbers that a kernel holds."""
        self = object.__new__(cls)
        self.__dict__.update(_holder=holder, noise=noise)
        return self

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet."""
        holder = self.__dict__.get("_holder")
        if holder is None or name not in ("weights", "means", "covariance"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}")
        self.__dict__.update(holder.read(name))
        return self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("weights", "means", "covariance", "noise")}

    def without_noise(self) -> Parameters:
        """What the components make by themselves."""
        if self.noise is None:
            return self
        return Parameters(self.weights / self.weights.sum(), self.means, self.covariance)

    @property
    def log_noise(self) -> float:
        """log of the noise's weight times its density; minus infinity without."""
        if self.noise is None or self.noise.weight <= 0:
            return -math.inf
        return math.log(self.noise.weight) + self.noise.log_density


FirstStep: TypeAlias = tuple[Parameters, tuple[int, ...]]
"""A mixture, and the components that the floor held."""


@dataclass(frozen=True, eq=False)
class Whole:
    """What is known of all rows that a kernel is given, so that it need not be added up again.

    Attributes
    ----------
    centre : (D,) array
        Near their mean.
    scatter : (D, D) array
        Sum of w (x - centre)(x - centre)^T.
    total : float
        Sum of the row weights w.
    """

    centre: FloatArray
    scatter: FloatArray
    total: float


class Leg(NamedTuple):
    """Iterations of EM that a kernel is asked to make by itself.

    Attributes
    ----------
    first : Parameters
    letters : str
        What the covariances share: volume, shape and orientation, each E, V or I.
    form : (kind, tied)
        The form of such covariances.
    minimum : (D,) array
        Least variances.
    constant : (D,) bool, optional
        Features that do not vary.
    span : float
        The greatest variance in units of the least, where volumes are equal.
    equal_weights : bool
    noise : float, optional
        log density of the noise component.
    prior : Prior, optional
        ``first`` then has this form.
    history : tuple of float
        The log-likelihoods so far, or with a prior the log-posteriors.
    tol : float
        Nats that may remain to be gained.
    last : int
        The longest history.
    strides : bool
        Whether strides are tried between the steps of EM.
    """

    first: Parameters
    letters: str
    form: tuple[str, bool]
    minimum: FloatArray
    constant: NDArray[np.bool_] | None
    span: float
    equal_weights: bool
    noise: float | None
    prior: Prior | None
    history: tuple[float, ...]
    tol: float
    last: int
    strides: bool


class Ascent(NamedTuple):
    """Iterations of EM that a kernel made by itself.

    Attributes
    ----------
    history : list of float
        With the log-likelihoods, or with a prior the log-posteriors, of the passes that were made.
    log_likelihood : float
    map_log_responsibility : float
    ended : "handed_back", "converged", "max_iter" or "paused"
        ``"handed_back"`` where the loop has to go on, from ``mixture``: something out of the ordinary was met.
    mixture : Parameters or None
        Where it stands; None where it stands where it began.
    held : tuple of int
        The components that the floor held in the last M-step.
    """

    history: list[float]
    log_likelihood: float
    map_log_responsibility: float
    ended: str
    mixture: Parameters | None
    held: tuple[int, ...] = ()


class Groups(Protocol):
    """What several labellings say of some rows."""

    def __len__(self) -> int:
        """How many they are."""
        ...

    def statistics(self, i: int) -> Statistics:
        """Under labelling ``i``, about the groups' means."""
        ...

    def first_steps(
        self,
        letters: str,
        form: tuple[str, bool],
        minimum: FloatArray,
        constant: NDArray[np.bool_] | None,
        span: float,
        equal_weights: bool,
    ) -> list[FirstStep | None]:
        """The M-step of each; None for anything out of the ordinary. The arguments are those of a ``Leg``."""
        ...


class Climber(Protocol):
    """A leg under way: it remembers where it stands."""

    def standing(self) -> Ascent:
        """What has been climbed so far."""
        ...


class Kernel(Protocol):
    """``rows`` is an (n, D) array of float32 or float64, of any strides, without NaN."""

    def accumulate(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        parameters: Parameters,
        scatter: Scatter,
        whole: Whole | None = None,
    ) -> Statistics:
        """The statistics of the rows under the parameters, about the current means; ``whole`` saves work."""
        ...

    def accumulate_given(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        assignment: FloatArray | IntArray,
        shift: FloatArray,
        scatter: Scatter,
    ) -> Statistics:
        """The statistics under given responsibilities (n, K) or labels (n,), about ``shift`` (K, D)."""
        ...

    def log_densities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        """log p(x) of each row with the noise, (n,) float64, in nats."""
        ...

    def responsibilities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        """P(k | x), (n, K) float64; rows sum to 1, or where there is noise to what it leaves."""
        ...

    def classify(self, rows: FloatArray, parameters: Parameters) -> IntArray:
        """The component of largest responsibility, (n,) intp; the first one where they tie."""
        ...
