"""The conjugate prior: rows that were never seen, added to the statistics, and its log-density.

mu_k | Sigma_k ~ N(mean, Sigma_k / mean_strength), Sigma_k ~ inverse-Wishart(degrees_of_freedom, scale), in spherical
and diagonal families an inverse gamma for each variance, weights ~ Dirichlet. Defaults: Fraley & Raftery 2007
(J. Classif. 24:155). One log-posterior holds for every family: each different covariance matrix has the prior once,
each mean has its own. So the M-step of maximum likelihood, on W_k and n_k with what the prior adds to them, finds
the posterior mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.covariance import Covariance
from bactrian.errors import ParameterError
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

SINGULAR = 1e-10  # least eigenvalue of a correlation matrix that is not
MOST = 1e12  # rows that a belief may be worth: of more, the rows that are there are lost in rounding
NUMBERS = ("mean_strength", "degrees_of_freedom", "weight_concentration")


@dataclass(frozen=True)
class ConjugatePrior:
    """What is believed about a mixture before the rows are seen; free of units unless arrays are given.

    But families along the features (EEI, VEI, EVI, VVI) and spheres take the average variance of all features, as
    mclust does: bring features to units in which they vary alike, or give ``scale`` as a (D,) array.

    Parameters
    ----------
    mean : (D,) array, optional
        Where means are expected; the mean of the rows by default.
    mean_strength : float
        How many rows of a component that belief is worth; 0 says nothing about means. This and the numbers below are
        at most 1e12.
    degrees_of_freedom : float, optional
        How firm the belief about covariances is; D + 2 by default, and more than D - 1.
    scale : float, (D,) array or (D, D) array, optional
        A number is in units of the rows' own covariance; the default is K^(-2/D), as if K components shared the
        volume of the rows. Where that covariance is singular (fewer rows than features, collinear columns) its diagonal
        takes its place: a prior must leave no direction without spread. An array is absolute: the matrix of the
        inverse-Wishart, or its diagonal.
    weight_concentration : float
        Of the Dirichlet over the weights, at least 1; 1 is flat.
    """

    mean: Any = None
    mean_strength: float = 0.01
    degrees_of_freedom: float | None = None
    scale: Any = None
    weight_concentration: float = 1.0

    def about(self, mean: FloatArray, covariance: FloatArray, total: float, n_components: int) -> Prior:
        """The prior for rows with this mean (D,), covariance (D, D; divided by ``total``) and total weight.

        Raises
        ------
        ParameterError
            Numbers out of range, arrays of the wrong shape or not positive definite.
        """
        d = len(mean)
        nu = d + 2.0 if self.degrees_of_freedom is None else self.degrees_of_freedom
        spread = covariance * (total / (total - 1) if total > 1 else 1.0)
        scale, variances = _scale(n_components ** (-2 / d) if self.scale is None else self.scale, spread)
        return Prior(
            mean=mean if self.mean is None else _array(self.mean, ((d,),), "mean"),
            mean_strength=_number(self.mean_strength, 0.0, "mean_strength", MOST),
            degrees_of_freedom=_number(nu, d - 1.0, "degrees_of_freedom", MOST, strictly=True),
            scale=scale,
            variances=variances,
            weight_concentration=_number(self.weight_concentration, 1.0, "weight_concentration", MOST),
        )


@dataclass(frozen=True, eq=False)
class Prior:
    """A conjugate prior whose numbers are all known.

    ``scale`` (D, D) is for full covariances, ``variances`` (D,) for diagonal ones, their mean for spherical ones.
    """

    mean: FloatArray
    mean_strength: float
    degrees_of_freedom: float
    scale: FloatArray
    variances: FloatArray
    weight_concentration: float

    def __str__(self) -> str:
        rows = f"{self.mean_strength:g} row{'' if self.mean_strength == 1 else 's'}"
        alpha = self.weight_concentration
        return (
            f"posterior mode under a conjugate prior: means worth {rows}, covariances of "
            f"{self.degrees_of_freedom:g} degrees of freedom, weights "
            + ("flat" if alpha == 1 else f"Dirichlet({alpha:g})")
        )

    def numbers(self) -> dict[str, float]:
        """Its single numbers by name, for a model file."""
        return {name: getattr(self, name) for name in NUMBERS}

    def arrays(self) -> dict[str, FloatArray]:
        """Its arrays, for a model file."""
        return {"prior_mean": self.mean, "prior_scale": self.scale, "prior_variances": self.variances}

    def means(self, statistics: Statistics) -> FloatArray:
        """(K, D) posterior modes of the means."""
        kappa, counts = self.mean_strength, np.maximum(statistics.counts, 0.0)[:, None]
        share = counts + kappa
        pull = np.where(share > 0, kappa / np.where(share > 0, share, 1.0), 0.0)
        means = statistics.means()
        return np.asarray(means + pull * (self.mean - means))

    def scatters(self, statistics: Statistics, kind: str, tied: bool) -> tuple[FloatArray, FloatArray]:
        """W_k and n_k with the prior's share, for covariances of this form; a tied one spreads it over k."""
        counts = np.maximum(statistics.counts, 0.0)
        kappa, part = self.mean_strength, 1 / len(counts) if tied else 1.0
        pull = kappa * counts / (kappa + counts) if kappa else 0 * counts
        outer = _outer(statistics.means() - self.mean, pull, statistics.scatter)
        share = self.scale_of(kind) * (1.0 if statistics.scatter is Scatter.POOLED else part)
        return statistics.within() + outer + share, counts + (kappa > 0) + part * self.count(kind)

    def moments_about(
        self, means: FloatArray, scatter: Scatter, kind: str, tied: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What the prior adds to n_k (K,), first (K, D) and second moments about ``means``: Fisher's identity then
        gives the gradient of the log-posterior. That of the weights is apart, see ``weight_concentration``."""
        part, kappa, offsets = 1 / len(means) if tied else 1.0, self.mean_strength, self.mean - means
        share = self.scale_of(kind) * (1.0 if scatter is Scatter.POOLED else part)
        counts = np.full(len(means), (kappa > 0) + part * self.count(kind))
        return counts, kappa * offsets, _outer(offsets, np.full(len(means), kappa), scatter) + share

    def weights(self, counts: FloatArray) -> FloatArray:
        """(K,) counts with the prior's share."""
        return counts + (self.weight_concentration - 1)

    def log_density(self, weights: FloatArray, means: FloatArray, covariance: Covariance) -> float:
        """Of a mixture, in nats, up to a constant of the prior and the form."""
        once = slice(0, 1) if covariance.tied else slice(None)
        log_det, kind = covariance.log_determinants, covariance.kind
        value = -0.5 * float((self.count(kind) * log_det + self._traces(covariance))[once].sum())
        if self.mean_strength:
            value -= 0.5 * float((log_det + self.mean_strength * _distances(covariance, means - self.mean)).sum())
        if self.weight_concentration > 1:
            with np.errstate(divide="ignore"):
                value += (self.weight_concentration - 1) * float(np.log(weights).sum())
        return value

    def _traces(self, covariance: Covariance) -> FloatArray:
        """(M,) tr(scale Sigma^-1)."""
        w = covariance.whiteners
        if covariance.kind == "full":
            return np.asarray(np.einsum("mij,mij->m", w @ self.scale, w))
        return np.asarray(w**2 @ self.variances if covariance.kind == "diagonal" else w**2 * self.variances.mean())

    def count(self, kind: str) -> float:
        """What the prior of one covariance adds to n_k."""
        d, nu = len(self.mean), self.degrees_of_freedom
        return {"full": nu + d + 1, "diagonal": nu + 2, "spherical": (nu + 2) / d}[kind]

    def scale_of(self, kind: str) -> FloatArray:
        """What the prior of one covariance adds to W_k."""
        scales = {"full": self.scale, "diagonal": self.variances, "spherical": self.variances.mean()}
        return np.asarray(scales[kind])


def _outer(offsets: FloatArray, weights: FloatArray, scatter: Scatter) -> FloatArray:
    """w_k o_k o_k^T in the shape of a scatter."""
    if scatter is Scatter.TRACE:
        return np.asarray(weights * np.einsum("kd,kd->k", offsets, offsets))
    if scatter is Scatter.DIAGONAL:
        return weights[:, None] * offsets**2
    if scatter is Scatter.FULL:
        return np.asarray(weights[:, None, None] * offsets[:, :, None] * offsets[:, None, :])
    return np.asarray((offsets * weights[:, None]).T @ offsets)


def _distances(covariance: Covariance, offsets: FloatArray) -> FloatArray:
    """(K,) squared Mahalanobis lengths of (K, D) offsets."""
    w = covariance.whiteners  # (M, ...), M = 1 or K: broadcast
    if covariance.kind == "full":
        return np.asarray(
            (np.einsum("kij,kj->ki", np.broadcast_to(w, (len(offsets), *w.shape[1:])), offsets) ** 2).sum(1)
        )
    return np.asarray(((w if w.ndim == 2 else w[:, None]) ** 2 * offsets**2).sum(axis=1))


def _scale(scale: Any, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(D, D) for full covariances and (D,) for diagonal ones."""
    d = len(spread)
    if np.ndim(scale) == 0:
        factor = _number(scale, 0.0, "scale", strictly=True)
        with np.errstate(over="ignore"):
            matrix, variances = factor * _without_gaps(spread), np.full(d, factor * np.trace(spread) / d)
        if not (np.isfinite(matrix).all() and np.isfinite(variances).all()):
            raise ParameterError(
                f"the prior's scale, {factor:g} times the covariance of the rows, leaves the range of float64; divide "
                "the columns by their typical size first, or give a smaller scale"
            )
        return matrix, variances
    matrix = _array(scale, ((d,), (d, d)), "scale")
    matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=0) or np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ParameterError(
            "the prior's scale should be symmetric and positive definite; give a number to scale the data's own "
            "covariance instead"
        )
    return matrix, np.diagonal(matrix).copy()


def _without_gaps(spread: FloatArray) -> FloatArray:
    """A covariance, or its diagonal where it is singular."""
    deviations = np.sqrt(np.diagonal(spread))
    if not deviations.all():
        return np.diag(np.diagonal(spread))
    correlation = spread / deviations[:, None] / deviations
    return spread if np.linalg.eigvalsh(correlation)[0] > SINGULAR else np.diag(np.diagonal(spread))


def _number(value: Any, least: float, name: str, most: float = np.inf, *, strictly: bool = False) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not (number > least if strictly else number >= least) or number == float("inf"):
        bound = "greater than" if strictly else "at least"
        raise ParameterError(f"the prior's {name} should be a number {bound} {least:g}, but got {value!r}")
    if number > most:
        raise ParameterError(
            f"the prior's {name} should be at most {most:g} rows, but got {value!r}; beside more than that those of "
            "the data are lost in rounding"
        )
    return number


def _array(value: Any, shapes: tuple[tuple[int, ...], ...], name: str) -> FloatArray:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"the prior's {name} should be numbers, but {error}") from error
    if array.shape not in shapes:
        expected = " or ".join(map(str, shapes))
        raise ParameterError(f"the prior's {name} should have shape {expected}, but got {array.shape}")
    if not np.isfinite(array).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = str(at[0] if len(at) == 1 else at)
        what = "NaN (a missing value)" if np.isnan(array[at]) else "infinite"
        raise ParameterError(f"the prior's {name} should be finite numbers, but entry {where} is {what}")
    return array


def read_prior(prior: Any) -> ConjugatePrior | None:
    """What users pass as ``prior``: None, "conjugate" or a ``ConjugatePrior``."""
    if prior is None or isinstance(prior, ConjugatePrior):
        return prior
    if isinstance(prior, str) and prior == "conjugate":
        return ConjugatePrior()
    raise ParameterError(f"prior should be None, 'conjugate' or a ConjugatePrior, but got {prior!r}")
