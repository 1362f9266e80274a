"""The uncertainty of a fit, by a method that users name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.arguments import at_least
from bactrian.errors import CollapseError, ParameterError
from bactrian.kernels import NativeKernel, Parameters
from bactrian.randomness import generator
from bactrian.resampling.designs import Bootstrap, Design, Jackknife, Parametric, Subsets, Weighted, normal_interval
from bactrian.resampling.information import information_errors
from bactrian.resampling.numbers import numbers_of, stack
from bactrian.resampling.rows import check_counts, check_drawn, in_memory, weights_of
from bactrian.resampling.standard_errors import StandardErrors
from bactrian.resampling.subject import Subject
from bactrian.resampling.threads import Stopping, share_out
from bactrian.typing import RandomState


def _of(design: type[Design]) -> Callable[[Subject, int, np.random.Generator], Design]:
    return lambda subject, n, rng: design(subject, tuple(rng.spawn(n)))


def _jackknife(subject: Subject, n: int, rng: np.random.Generator) -> Design:
    """One row at a time, or where that were more than n refits n random blocks; of rows with copies random subsets."""
    n_rows = in_memory(subject.source).n_rows
    if n_rows > n and weights_of(subject.source).max() > 1:
        return Subsets(subject, tuple(rng.spawn(n)))
    blocks = np.arange(n_rows) if n_rows <= n else rng.permutation(np.arange(n_rows) % n)
    return Jackknife(subject, (rng,) * min(n, n_rows), blocks)


METHODS: dict[str, Callable[[Subject, int, np.random.Generator], Design]] = {
    "bootstrap": _of(Bootstrap),
    "weighted": _of(Weighted),
    "parametric": _of(Parametric),
    "jackknife": _jackknife,
}
INFORMATION = "information"


@dataclass(frozen=True)
class ResamplingProgress:
    """What an observer is told after each refit."""

    n_done: int
    n_resamples: int
    n_collapsed: int

    @property
    def done(self) -> int:
        return self.n_done

    @property
    def total(self) -> int:
        return self.n_resamples

    def __str__(self) -> str:
        collapsed = f", {self.n_collapsed} collapsed" if self.n_collapsed else ""
        return f"refit {self.n_done} of {self.n_resamples}{collapsed}"


Observer = Callable[[ResamplingProgress], None]


def standard_errors(
    subject: Subject,
    method: str = "bootstrap",
    *,
    n_resamples: int = 999,
    level: float = 0.95,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    progress: Observer | None = None,
) -> StandardErrors:
    """Standard errors and intervals for a fit: see ``Fit.standard_errors``."""
    if method != INFORMATION and method not in METHODS:
        raise ParameterError(f"method should be one of {', '.join([*METHODS, INFORMATION])}, but got {method!r}")
    n, rng = at_least(n_resamples, 2, "n_resamples"), generator(random_state)
    level = read_level(level)
    check_counts(subject.source, len(subject.mixture.weights))
    if method == INFORMATION:
        return _by_information(subject, level, n_threads)
    if method == "parametric":
        check_drawn(subject.source)
    return _by_resampling(method, METHODS[method](subject.in_double(), n, rng), level, n_threads, progress)


def _by_information(subject: Subject, level: float, n_threads: int | None) -> StandardErrors:
    estimate = numbers_of(subject.mixture)
    errors = information_errors(subject, NativeKernel(n_threads=n_threads))
    low, high = normal_interval(estimate, errors, level)
    tied = subject.mixture.covariance.tied
    return StandardErrors(INFORMATION, level, estimate, errors, low, high, feature_names=subject.names, tied=tied)


def _by_resampling(
    method: str, design: Design, level: float, n_threads: int | None, progress: Observer | None
) -> StandardErrors:
    refitted = refit_all(design, n_threads, progress)
    drawn = [b for b, mixture in enumerate(refitted) if mixture is not None]
    left_out, mixture = design.n - len(drawn), design.subject.mixture
    if len(drawn) < 2:
        raise CollapseError(
            f"a component collapsed in {left_out} of {design.n} resamples, so that nothing can be said about its "
            "uncertainty; use fewer components, a simpler family or a prior"
        )
    replicates = stack([mixture for mixture in refitted if mixture is not None], drawn)
    errors = design.errors(replicates)
    low, high = design.interval(replicates, errors, level)
    return StandardErrors(
        method, level, numbers_of(mixture), errors, low, high, design.n, left_out, replicates,
        design.subject.names, mixture.covariance.tied and design.subject.objective.family.tied,
    )  # fmt: skip


def refit_all(design: Design, n_threads: int | None, progress: Observer | None = None) -> list[Parameters | None]:
    """The mixture of each resample; None where a component collapsed."""
    subject, whole = design.subject, NativeKernel(n_threads=n_threads)
    # threads either take a refit each or share the rows of one, never both
    n_workers, kernel = (whole.threads, NativeKernel(n_threads=1)) if subject.is_small else (1, whole)
    collapsed = 0

    def work(b: int, stopping: Stopping) -> Parameters | None:
        end = subject.refit(design.draw(b), kernel, design.nats, stopping)
        return None if end is None else end.mixture

    def tell(n_done: int, mixture: Parameters | None) -> None:
        nonlocal collapsed
        collapsed += mixture is None
        if progress is not None:
            progress(ResamplingProgress(n_done, design.n, collapsed))

    return share_out(work, design.n, n_workers, tell)


def read_level(level: Any) -> float:
    """A probability strictly between 0 and 1."""
    try:
        number = float(level)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < 1:
        raise ParameterError(f"level should be a probability strictly between 0 and 1, as 0.95, but got {level!r}")
    return number
