"""The compiled kernel: the same five functions, fused, vectorised and threaded in C++ (see cpp/).

Nothing here computes: it decides the working precision, hands arrays to the core and names what comes back.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bactrian import _core
from bactrian.covariance import Covariance, Diagonal, Full, Spherical
from bactrian.covariance.form import frozen
from bactrian.errors import ParameterError
from bactrian.kernels.kernel import Ascent, Climber, FirstStep, Kernel, Leg, Noise, Parameters, Whole
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray, IntArray

FORM_CODES = {"spherical": 0, "diagonal": 1, "full": 2}
SCATTER_CODES = {Scatter.TRACE: 0, Scatter.DIAGONAL: 1, Scatter.FULL: 2, Scatter.POOLED: 3}

# float32 is safe while whitening magnifies rounding less than this, and while squares stay in its range
LARGEST_MAGNIFICATION = 300.0
SINGLE_RANGE = (1e-12, 1e12)
# the core says -1e30 in float32 where a log-density is lower; such rows are few
FARTHEST_SINGLE = -0.99e30


@dataclass(frozen=True)
class NativeKernel:
    """Parameters of the machine, not of the problem: the result is the same for any number of threads.

    Parameters
    ----------
    n_threads : int, optional
        Default: BACTRIAN_NUM_THREADS; else all cores the process may use, but no more than OMP_NUM_THREADS, which
        joblib sets for its workers.
    instructions : str, optional
        ``"v4"`` (AVX-512), ``"v3"`` (AVX2), ``"v2"`` (SSE4.2) or ``"plain"``. Default: BACTRIAN_INSTRUCTIONS, else
        the best this machine has.

    Raises
    ------
    ParameterError
        A number of threads below 1, or an instruction set this machine does not have.
    """

    n_threads: int | None = None
    instructions: str | None = None
    _threads: int = field(init=False, repr=False, compare=False)
    _variant: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_threads", _read_threads(self.n_threads))
        object.__setattr__(self, "_variant", _read_instructions(self.instructions))

    @property
    def threads(self) -> int:
        """The number of threads that a pass may use."""
        return self._threads

    @property
    def variant(self) -> str:
        """The instruction set that is used."""
        return self._variant

    def accumulate(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        parameters: Parameters,
        scatter: Scatter,
        whole: Whole | None = None,
    ) -> Statistics:
        single = _single_is_safe(rows, parameters)
        model = _model(parameters)
        code = SCATTER_CODES[scatter]
        known = None if whole is None else (whole.centre, whole.scatter, whole.total)
        sums = _core.accumulate(rows, sample_weight, model, code, known, single, self._threads, self._variant)
        return _statistics(sums, parameters.means, scatter)

    def accumulate_given(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        assignment: FloatArray | IntArray,
        shift: FloatArray,
        scatter: Scatter,
    ) -> Statistics:
        shift = np.ascontiguousarray(shift)
        labels = np.ascontiguousarray(assignment, dtype=np.intp) if assignment.ndim == 1 else None
        z = np.ascontiguousarray(assignment, dtype=np.float64) if assignment.ndim == 2 else None
        code = SCATTER_CODES[scatter]
        # the spread is not known yet, so float32 rows are summed in float64
        sums = _core.accumulate_given(rows, sample_weight, shift, labels, z, code, self._threads, self._variant)
        return _statistics(sums, shift, scatter)

    def accumulate_groups(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        labels: FloatArray | IntArray,
        middle: FloatArray,
        n_components: int,
        scatter: Scatter,
    ) -> Statistics:
        """The statistics under labels (n,) about the groups' means, which are found first, about ``middle`` (D,)."""
        labels, middle = np.ascontiguousarray(labels, dtype=np.intp), np.ascontiguousarray(middle)
        code = SCATTER_CODES[scatter]
        sums = _core.accumulate_groups(
            rows, sample_weight, middle, labels, n_components, code, self._threads, self._variant
        )
        flat, size = np.frombuffer(sums[3]), n_components * len(middle)
        return _read(sums, flat[size:], flat[:size].reshape(n_components, -1), scatter)

    def groups(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        labellings: Sequence[IntArray],
        middle: FloatArray,
        n_components: int,
        scatter: Scatter,
    ) -> NativeGroups:
        """What ``accumulate_groups`` finds under several labellings (n,), kept in the core for all first M-steps."""
        core = _core.Groups(
            rows, sample_weight, np.ascontiguousarray(middle), list(labellings), n_components, SCATTER_CODES[scatter],
            self._threads, self._variant,
        )  # fmt: skip
        return NativeGroups(core, scatter, (n_components, rows.shape[1]))

    def whole(self, rows: FloatArray, sample_weight: FloatArray | None, centre: FloatArray) -> Whole:
        """What all rows have in common, in float64; no responsibilities are made for it."""
        statistics = self.about(rows, sample_weight, centre, Scatter.POOLED)
        return Whole(centre, statistics.second, statistics.total)

    def about(
        self, rows: FloatArray, sample_weight: FloatArray | None, centre: FloatArray, scatter: Scatter
    ) -> Statistics:
        """The statistics of one component that has all rows, about a point (D,), in float64; without densities."""
        shift, code = np.ascontiguousarray(centre[None]), SCATTER_CODES[scatter]
        sums = _core.accumulate_given(rows, sample_weight, shift, None, None, code, self._threads, self._variant)
        return _statistics(sums, shift, scatter)

    def log_densities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        found = np.asarray(self._score(rows, parameters, 0))
        if rows.dtype == np.float32 and len(far := np.flatnonzero(found < FARTHEST_SINGLE)):
            found[far] = self._score(rows[far].astype(np.float64), parameters, 0)
        return found

    def responsibilities(self, rows: FloatArray, parameters: Parameters) -> FloatArray:
        return np.asarray(self._score(rows, parameters, 1))

    def classify(self, rows: FloatArray, parameters: Parameters) -> IntArray:
        return np.asarray(self._score(rows, parameters, 2))

    def kmeans(
        self,
        rows: FloatArray,
        sample_weight: FloatArray | None,
        metric: Covariance,
        middle: FloatArray,
        positions: FloatArray,
        n_components: int,
        *,
        order: IntArray | None = None,
        anchors: FloatArray | None = None,
        candidates: int = 1,
        steps: int | None = None,
        moves: int = 0,
    ) -> tuple[IntArray, IntArray | None]:
        """Centres (n, K - K0), as numbers of rows, and labels (n, N) after at most ``steps`` of Lloyd's steps.

        ``moves`` : of two groups that become one while another becomes two, lots of these at most that lower the sum of
        squared distances, and then as many steps again.

        Everything happens in float64, on rows whitened about ``middle`` (D,) by a tied ``metric``. ``starts.kmeans``
        has the slow twins, and says what the arguments are. Without ``steps`` there are no labels.
        """
        whitener = np.repeat(metric.whiteners, rows.shape[1]) if metric.kind == "spherical" else metric.whiteners[0]
        anchors = np.empty((0, rows.shape[1])) if anchors is None else np.ascontiguousarray(anchors, dtype=np.float64)
        found: tuple[IntArray, IntArray | None] = _core.kmeans(
            rows, sample_weight, np.ascontiguousarray(middle), whitener, order, anchors, n_components, candidates,
            positions, steps or 0, moves, steps is not None, self._threads, self._variant,
        )  # fmt: skip
        return found

    def climber(self, rows: FloatArray, sample_weight: FloatArray | None, leg: Leg) -> NativeClimber:
        """EM in the core as long as it is ordinary, on float64 rows; ``em.run`` is the slow twin."""
        core = _core.Climber(
            rows, sample_weight, _model(leg.first), leg.letters, np.ascontiguousarray(leg.minimum), leg.constant,
            leg.span, leg.equal_weights, leg.noise, _prior(leg), list(leg.history), leg.tol, leg.last, leg.strides,
            self._variant,
        )  # fmt: skip
        return NativeClimber(core, leg)

    def _score(self, rows: FloatArray, parameters: Parameters, what: int) -> Any:
        single = _single_is_safe(rows, parameters)
        return _core.score(rows, _model(parameters), what, single, self._threads, self._variant)


@dataclass(frozen=True, eq=False)
class NativeClimber:
    """A leg under way in the core."""

    core: Any
    leg: Leg

    def standing(self) -> Ascent:
        leg = self.leg
        history, log_likelihood, map_log, ended, found = self.core.standing()
        ended = ("handed_back", "converged", "max_iter", "paused")[ended]
        if found is None:
            return Ascent(history, log_likelihood, map_log, ended, None)
        model, held, left = found
        noise = None if leg.noise is None else Noise(left, leg.noise)
        mixture = Parameters.standing(_Held(model, leg.form, leg.first.shape), noise)
        return Ascent(history, log_likelihood, map_log, ended, mixture, held)


@dataclass(frozen=True, eq=False)
class _Held:
    """A mixture in the core: its model, (kind, tied) and (K, D)."""

    model: Any
    form: tuple[str, bool]
    shape: tuple[int, int]

    def read(self, name: str) -> dict[str, Any]:
        k, d = self.shape
        flat = np.frombuffer(self.model.numbers())
        if name == "covariance":
            return {name: _covariance(*self.form, flat[k + k * d :], self.shape)}
        few = frozen(flat[: k + k * d].copy())  # else they would hold the covariances too
        return {"weights": few[:k], "means": few[k:].reshape(k, d)}


@dataclass(frozen=True, eq=False)
class NativeGroups:
    """What several labellings say of the rows, in the core."""

    core: Any
    scatter: Scatter
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.core)

    def statistics(self, i: int) -> Statistics:
        sums = self.core.sums(i)
        flat, size = np.frombuffer(sums[3]), math.prod(self.shape)
        return _read(sums, flat[size:], flat[:size].reshape(self.shape), self.scatter)

    def first_steps(
        self,
        letters: str,
        form: tuple[str, bool],
        minimum: FloatArray,
        constant: NDArray[np.bool_] | None,
        span: float,
        equal_weights: bool,
    ) -> list[FirstStep | None]:
        found = self.core.first_steps(letters, np.ascontiguousarray(minimum), constant, span, equal_weights)
        return [one and (Parameters.standing(_Held(one[0], form, self.shape)), one[1]) for one in found]


def go_all(climbers: Sequence[Climber], most: int, threads: int) -> list[Ascent]:
    """Up to ``most`` more passes of each, side by side; where they pause does not change where they end."""
    _core.go_all([climber.core for climber in climbers if isinstance(climber, NativeClimber)], most, threads)
    return [climber.standing() for climber in climbers]


class OwnRows(NamedTuple):
    """Rows (n, D) of one component, their weight there (n,), and the ways of dividing them in two.

    ``log_joint`` : the weighted sum of their log-responsibilities and log-densities.
    """

    rows: FloatArray
    weight: FloatArray
    log_joint: float
    ways: NativeGroups


def own_rows(
    kernel: Kernel,
    rows: FloatArray,
    sample_weight: FloatArray | None,
    order: IntArray | None,
    z: FloatArray,
    log_density: FloatArray,
    components: IntArray,
    means: FloatArray,
    whiteners: FloatArray,
    axes: FloatArray,
    positions: FloatArray,
    nothing: float,
    scatter: Scatter,
) -> list[OwnRows]:
    """The rows for which (C,) ``components`` have a responsibility above ``nothing``, in ``order`` (n,).

    They are divided along the longest axis (C, D), by two centres drawn at ``positions`` (C, 2) in [0, 1) of the
    cumulated weight, and into a core and its surroundings; but not so that a part has no more weight than features.
    ``z`` : (N, K) responsibilities; ``log_density`` : (N,); ``whiteners`` : (C, D, D), inverse Cholesky factors.
    """
    threads, variant = _beside(kernel)
    found = _core.own_rows(
        rows, sample_weight, order, z, log_density, components, means, whiteners, axes, positions, nothing,
        SCATTER_CODES[scatter], threads, variant,
    )  # fmt: skip
    shape = 2, rows.shape[1]
    return [OwnRows(own, weight, joint, NativeGroups(ways, scatter, shape)) for own, weight, joint, ways in found]


def longest_axes(matrices: FloatArray) -> FloatArray:
    """(M, D) unit vectors, of each of (M, D, D) symmetric matrices the eigenvector of its largest eigenvalue."""
    return _core.longest_axes(matrices)


def doubts(
    kernel: Kernel, z: FloatArray, sample_weight: FloatArray | None, pairs: IntArray, sure: float
) -> list[float]:
    """For (P, 2) pairs of components, the entropy of which of the two the rows came from, in nats.

    ``z`` : (N, K) responsibilities; where one is below ``sure`` there is no doubt.
    """
    return _core.doubts(np.ascontiguousarray(z), sample_weight, pairs.tolist(), sure, _beside(kernel)[0])


def _beside(kernel: Kernel) -> tuple[int, str]:
    """Threads and instructions for what the core does beside a kernel."""
    native = kernel if isinstance(kernel, NativeKernel) else NativeKernel(n_threads=1)
    return native.threads, native.variant


def numbered_by_appearance(labels: IntArray) -> bytes:
    """Of labels (n,) >= 0: equal for two labellings exactly when they are the same partition."""
    return bytes(_core.numbered_by_appearance(labels))


@cache
def available_instructions() -> tuple[str, ...]:
    """The instruction sets this machine can run, best first."""
    return tuple(_core.variants())


def _model(parameters: Parameters) -> Any:
    if isinstance(parameters.holder, _Held):
        return parameters.holder.model
    covariance = parameters.covariance
    code = FORM_CODES[covariance.kind]
    weights, means = np.ascontiguousarray(parameters.weights), np.ascontiguousarray(parameters.means)
    return _core.Model(code, covariance.tied, weights, means, covariance.whiteners, parameters.log_noise)


def _prior(leg: Leg) -> Any:
    """What a prior says of covariances of the leg's form."""
    if leg.prior is None:
        return None
    p, (kind, _) = leg.prior, leg.form
    mean, scale = np.ascontiguousarray(p.mean), np.ascontiguousarray(p.scale_of(kind))
    return _core.Prior(mean, p.mean_strength, p.count(kind), scale, p.weight_concentration)


def _covariance(kind: str, tied: bool, numbers: FloatArray, shape: tuple[int, ...]) -> Covariance:
    k, d = shape
    if kind == "spherical":
        return Spherical(numbers, k, d, tied)
    if kind == "diagonal":
        return Diagonal(numbers.reshape(-1, d), k, tied)
    return Full(numbers.reshape(-1, d, d), k, tied)


def _statistics(sums: Any, shift: FloatArray, scatter: Scatter) -> Statistics:
    return _read(sums, np.frombuffer(sums[3]), shift, scatter)


def _read(sums: Any, flat: FloatArray, shift: FloatArray, scatter: Scatter) -> Statistics:
    """``flat`` : counts, first and second moments, one after the other."""
    log_likelihood, map_log_responsibility, total, _ = sums
    k, d = shift.shape
    counts, second = flat[:k], flat[k + k * d :]
    if scatter is Scatter.FULL:
        second = _unpacked(second.reshape(k, -1), d)
    elif scatter is Scatter.POOLED:
        second = _unpacked(second[None], d)[0]
    else:
        second = second.reshape(scatter.shape(k, d))
    first = flat[k : k + k * d].reshape(k, d)
    return Statistics(log_likelihood, map_log_responsibility, total, counts, shift, first, second, scatter)


def _unpacked(triangles: FloatArray, n_features: int) -> FloatArray:
    """(M, D, D) symmetric matrices from (M, D(D+1)/2) lower triangles, row by row."""
    return np.asarray(triangles[:, _triangle_index(n_features)])


@cache
def _triangle_index(n_features: int) -> IntArray:
    i, j = np.indices((n_features, n_features))
    row, column = np.maximum(i, j), np.minimum(i, j)
    return np.asarray(row * (row + 1) // 2 + column)


def _single_is_safe(rows: FloatArray, parameters: Parameters) -> bool:
    """Whether float32 rows can be worked on in float32: well-conditioned components of ordinary size."""
    if rows.dtype != np.float32:
        return False
    low, high = SINGLE_RANGE
    means, covariance = parameters.means, parameters.covariance
    if covariance.kind == "full":
        variances = np.einsum("mdd->md", covariance.dense()[:1] if covariance.tied else covariance.dense())
        magnified = np.einsum("mij,mj->mi", covariance.whiteners**2, variances)
        if magnified.max() > LARGEST_MAGNIFICATION**2:
            return False
    else:
        variances = 1 / covariance.whiteners**2
    sds = np.sqrt(variances)
    return bool(sds.min() > low and sds.max() < high and np.abs(means).max() < high)


def _read_threads(n_threads: int | None) -> int:
    asked = os.environ.get("BACTRIAN_NUM_THREADS") if n_threads is None else n_threads
    if asked is None:
        outer = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
        return min(usable_cores(), int(outer)) if outer.isdecimal() and int(outer) > 0 else usable_cores()
    try:
        threads = int(asked)
    except (TypeError, ValueError):
        threads = 0
    if threads < 1:
        raise ParameterError(f"the number of threads should be an integer of at least 1, but got {asked!r}")
    return threads


@cache
def usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return int(_core.hardware_threads())


def _read_instructions(instructions: str | None) -> str:
    asked = instructions or os.environ.get("BACTRIAN_INSTRUCTIONS") or available_instructions()[0]
    if asked not in available_instructions():
        raise ParameterError(
            f"this machine has the instruction sets {', '.join(available_instructions())}, but {asked!r} was asked for"
        )
    return asked
