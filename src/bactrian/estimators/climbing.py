"""From starts to the climb that is kept: how ``tol``, ``max_iter`` and ``reg_covar`` are meant."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from bactrian import em
from bactrian.counted import listed, was
from bactrian.errors import CollapseError, CollapseWarning, CovarianceError
from bactrian.estimators.progress import Reporter
from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.noise import ALL_NOISE, is_all
from bactrian.regularization import make_floor
from bactrian.sources import Source
from bactrian.sources.outweighed import outweighed
from bactrian.starts import Levels, climb_from_best

# EM goes on until what can be gained is this part of tol: at scikit-learn's default of 1e-3 per row a few
# hundred rows leave estimates a whole standard error away from the optimum (scikit-learn #10122)
FURTHER = 0.01

# but with a few rows for each free parameter, as of many features, chance adds much more to the height of a maximum:
# half the parameters, in nats (Akaike 1973). Where a thousandth of it is left, estimates are within some three
# hundredths of their standard errors, and EM need not go on; that much may be left, up to this part of tol
CHANCE, MOST = 0.001, 0.2

# a variance of this part of the default floor is rounding, not spread, whatever reg_covar allows
ROUNDING = 1e-4

ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for "
    "instance caused by singleton or collapsed samples). Try to decrease the number of components, increase "
    "reg_covar, or scale the input data."
)
NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, "
    "tol, or check for degenerate data."
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The climb kept, the iterations of this fit, and whether it converged in scikit-learn's sense."""

    climb: em.Climb
    n_iter: int
    converged: bool


def floor_of(source: Source, reg_covar: float | None) -> Floor:
    """The least variances: relative to the data's for None, absolute for a number; never below rounding."""
    relative = make_floor(source, None, lenient=True)
    return relative if reg_covar is None else Floor(np.maximum(reg_covar, ROUNDING * relative.minimum))


def climb(
    source: Source,
    kernel: Kernel,
    starts: list[list[em.Climb]],
    *,
    tol: float,
    max_iter: int,
    acceleration: str | None,
    reporter: Reporter | None,
    levels: Levels | None = None,
) -> Outcome:
    """Climb from all starts in lock-step and keep the best."""
    known = max(len(start.history) for start, *_ in starts)
    objective, (k, d) = starts[0][0].objective, starts[0][0].mixture.shape
    by_chance = CHANCE * objective.n_parameters(k, d) / (2 * source.total)
    left = min(MOST * tol, max(FURTHER * tol, by_chance))
    if reporter is not None:
        reporter.start(len(starts))
    try:
        climbs = climb_from_best(
            source, kernel, starts, tol=left, max_iter=max_iter, acceleration=acceleration, observe=reporter,
            levels=levels, moves=True,
        )  # fmt: skip
    except CovarianceError as error:
        raise CollapseError(ILL_DEFINED) from error
    best = max(climbs, key=lambda c: c.rank)
    if max_iter > 0 and is_all(best.mixture, source.total):
        raise CollapseError(ALL_NOISE)
    n_iter = len(best.history) - max(known, 1)
    converged = best.status is em.Status.CONVERGED or _small_gain(best.history, tol * source.total)
    if reporter is not None:
        reporter.end(best, converged)
    return Outcome(best, n_iter, converged)


def _small_gain(history: Sequence[float], tol: float) -> bool:
    """scikit-learn's test of convergence; the first gain does not count."""
    return len(history) > 2 and abs(history[-1] - history[-2]) < tol


def judge(
    outcome: Outcome,
    source: Source,
    reg_covar: float | None,
    tol: float,
    max_iter: int,
    names: Sequence[str] | None = None,
) -> None:
    """Warn, or with ``reg_covar=0`` raise, about a fit that collapsed; warn where it did not converge.

    ``names`` : of the features, if they have some.
    """
    if max_iter == 0:  # the start itself was asked for
        return
    held, constant = outcome.climb.held, outcome.climb.objective.floor.constant
    if held and reg_covar == 0 and outcome.converged:
        raise CollapseError(f"{ILL_DEFINED} Collapsed: {listed(held)}.")
    if why := outweighed(source, FURTHER * tol):
        warnings.warn(why, CollapseWarning, stacklevel=4)
    elif held:
        warnings.warn(
            f"{listed(held)} shrank to the least variance that reg_covar={reg_covar} allows and {was(held)} held "
            "there, for want of rows or of spread; use fewer components, a simpler covariance_type or a "
            "larger reg_covar",
            CollapseWarning,
            stacklevel=4,
        )
    if constant is not None and constant.any():
        warnings.warn(
            f"{_columns(np.flatnonzero(constant).tolist(), names)} constant, so every component was held at the least "
            f"variance there, and the level of the log-density means nothing; leave "
            f"{'it' if constant.sum() == 1 else 'them'} out, or give the least variance with reg_covar=",
            CollapseWarning,
            stacklevel=4,
        )
    if not outcome.converged:
        warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=4)


def _columns(which: Sequence[int], names: Sequence[str] | None) -> str:
    """ "column 2 is", "columns 'a', 'b' are"."""
    some = ", ".join(repr(str(names[i])) if names is not None else str(i) for i in which[:6])
    return f"column {some} is" if len(which) == 1 else f"columns {some}{' ...' if len(which) > 6 else ''} are"
