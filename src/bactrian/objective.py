"""What EM maximises: a family's likelihood or posterior, under the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bactrian.errors import CovarianceError
from bactrian.families import Family, Floor, Scatters
from bactrian.kernels import Noise, Parameters
from bactrian.priors import Prior
from bactrian.statistics import Statistics
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Objective:
    """The rules of one candidate; it knows no rows.

    Parameters
    ----------
    family : Family
    floor : Floor
    prior : Prior, optional
        None is maximum likelihood.
    equal_weights : bool
        All components have the same weight.
    noise : float, optional
        log density of the noise component, -log V; None is no noise.
    """

    family: Family
    floor: Floor
    prior: Prior | None = None
    equal_weights: bool = False
    noise: float | None = None

    @property
    def plain(self) -> bool:
        """Maximum likelihood of a mixture and nothing else."""
        return self.prior is None and not self.equal_weights and self.noise is None

    def n_parameters(self, n_components: int, n_features: int) -> int:
        """Free parameters: covariances, means, weights, and two for noise (its weight and its volume)."""
        k = n_components
        p = self.family.n_parameters(k, n_features) - (k - 1 if self.equal_weights else 0)
        return p + (0 if self.noise is None else 2)

    def maximize(self, statistics: Statistics, before: Parameters | None = None) -> tuple[Parameters, tuple[int, ...]]:
        """The M-step: the best mixture for the statistics, and the components that the floor held.

        ``before`` : where an iterative M-step may begin.
        """
        counts = np.maximum(statistics.counts, 0.0)
        if self.prior is None and not counts.any():
            raise CovarianceError("no component has rows: all are noise; give the noise a larger volume")
        if before is not None:
            statistics = _settled(statistics, before)
        here = before.covariance if before is not None and self.family.iterates else None
        covariance, low = self.family.m_step(self._scatters(statistics, counts), self.lowest, here)
        means = statistics.means() if self.prior is None else self.prior.means(statistics)
        weights, noise = self._weights(counts, statistics.total)
        mixture = Parameters(weights, means, covariance, noise)
        if not len(low) and all(counts.tolist()):
            return mixture, ()
        held = counts == 0
        held[slice(None) if covariance.tied and len(low) else low] = True
        return mixture, tuple(np.flatnonzero(held).tolist())

    def value(self, log_likelihood: float, mixture: Parameters) -> float:
        """What may never decrease: the log-likelihood, or with a prior the log-posterior, in nats."""
        if self.prior is None:
            return log_likelihood
        return log_likelihood + self.prior.log_density(mixture.weights, mixture.means, mixture.covariance)

    @property
    def lowest(self) -> Floor:
        """A prior gives every component spread, so nothing needs to be kept from stretching."""
        return self.floor if self.prior is None else self.floor.unbounded

    def _scatters(self, statistics: Statistics, counts: FloatArray) -> Scatters:
        within, n_features = statistics.within, statistics.first.shape[1]
        if self.prior is None:
            return Scatters(within(), counts, n_features)
        return Scatters(*self.prior.scatters(statistics, self.family.kind, self.family.tied), n_features)

    def _weights(self, counts: FloatArray, total: float) -> tuple[FloatArray, Noise | None]:
        """Mixing weights (K,), and the noise with what is left of the rows."""
        shares = counts if self.prior is None else self.prior.weights(counts)
        if self.noise is None and not self.equal_weights:
            return shares / np.add.reduce(shares), None
        left = 0.0 if self.noise is None else max(0.0, total - float(counts.sum()))
        components = shares.sum()
        if self.equal_weights:
            shares = np.full(len(counts), components / len(counts))
        noise = None if self.noise is None else Noise(left / (components + left), self.noise)
        return shares / (components + left), noise


def _settled(statistics: Statistics, before: Parameters) -> Statistics:
    """After a pass about the means before: no mean takes a step that is only rounding, and so no step leads down."""
    known = before.covariance.kind == "full" and np.array_equal(statistics.shift, before.means)
    return statistics.settled(before.covariance.whiteners) if known else statistics
