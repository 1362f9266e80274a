"""What is fitted again: rows, what is maximised on them, and where every refit begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel, Parameters
from bactrian.objective import Objective
from bactrian.resampling.rows import in_double
from bactrian.resampling.threads import Stopping
from bactrian.sources import Source
from bactrian.sources.array import SMALL

# Iterations after which a refit is taken as it is. Components that overlap much can need thousands.
LONGEST = 20_000


@dataclass(frozen=True, eq=False)
class Subject:
    """A fit, as those see it who fit again.

    Attributes
    ----------
    source : Source
    objective : Objective
        What every refit maximises: the same family, floor, prior, region of noise and equality of weights.
    mixture : Parameters
        The fit's own. Refits begin there, so that components keep their numbers.
    names : tuple of str, or None
        Of the features.
    """

    source: Source
    objective: Objective
    mixture: Parameters
    names: tuple[str, ...] | None = None

    @property
    def is_small(self) -> bool:
        """Whether a refit keeps one core busy at most: threads then share out refits, not the rows of each."""
        return self.source.n_rows * self.mixture.means.size <= SMALL

    def refit(self, source: Source, kernel: Kernel, nats: float, stopping: Stopping) -> em.Climb | None:
        """The maximum on other rows, to within ``nats`` of log-likelihood; None if a component collapsed there."""
        start = em.Climb(self.objective, self.mixture)
        observe = None if self.is_small else stopping.heed
        try:
            (end,) = em.run(source, kernel, [start], tol=nats / source.total, max_iter=LONGEST, observe=observe)
        except CovarianceError:
            return None
        return None if end.held else end

    def in_double(self) -> Subject:
        """The same with float64 rows, where that costs little: the core then climbs by itself."""
        if not (self.is_small and self.source.single_precision):
            return self
        return replace(self, source=in_double(self.source))
