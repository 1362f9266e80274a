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

# Numbers that pass between two looks at whether somebody still waits: less than a second of work.
HEEDLESS = 50_000_000


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
        climb, made = em.Climb(self.objective, self.mixture), 0
        leg = max(1, HEEDLESS // (source.n_rows * self.mixture.means.size))
        try:
            while climb.status is not em.Status.CONVERGED and made < LONGEST:
                stopping.heed()
                (climb,) = em.run(source, kernel, [climb], tol=nats / source.total, max_iter=min(leg, LONGEST - made))
                made += leg
        except CovarianceError:
            return None
        return None if climb.held else climb

    def in_double(self) -> Subject:
        """The same with float64 rows, where that costs little: the core then climbs by itself."""
        if not (self.is_small and self.source.single_precision):
            return self
        return replace(self, source=in_double(self.source))
