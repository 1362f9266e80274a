"""Ever larger samples of many rows: a climb on each begins where the one before has ended.

Far from the top a pass over a sample leads as far as one over all rows, so few of these are left to make. What a sample
says stands only as firmly as its size allows, so climbs on it end where its own chance begins to be followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bactrian import em
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel
from bactrian.sources import Resident, Source
from bactrian.starts.moves import mover
from bactrian.starts.search import chance, forgetful, sample_size

STEP = 4  # each sample, and all rows at last, are so many times the one before
LEAST = 10_000  # rows of the smallest
LARGER = 2  # times the rows that the start was found on, at least
BYTES = 16 << 20  # of the largest
LONGEST = 100  # iterations on each
ROUGH = 3.0  # times its chance that a climb may leave
SEED = 0  # which rows stand for all is no matter of chance that a user could want to vary


class Levels:
    """Samples of a source, drawn when they are first asked for; all candidates share them."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def sizes(self) -> list[int]:
        """Rows of each sample, smallest first; none of few rows."""
        source = self._source
        n = min(source.n_rows // STEP, BYTES // (source.n_features * (4 if source.single_precision else 8)))
        sizes: list[int] = []
        while n >= LEAST:
            sizes.insert(0, n)
            n //= STEP
        return sizes

    def __bool__(self) -> bool:
        return bool(self.sizes)

    @cached_property
    def samples(self) -> list[Resident]:
        sizes = self.sizes
        if not sizes:
            return []
        rng = np.random.default_rng(SEED)
        return list(self._source.samples([(size, rng) for size in sizes]))

    def above(self, n_components: int) -> bool:
        """Whether there is one larger than the sample on which starts of so many components are found."""
        return any(size >= _known(n_components, self._source.n_features) for size in self.sizes)

    def climbed(
        self,
        kernel: Kernel,
        start: em.Climb,
        *,
        tol: float,
        moves: bool,
        tries: int | None = None,
        memory: em.Memory | None = None,
    ) -> em.Climb:
        """A start that was found on a sample, after climbs on all that are larger.

        ``moves`` : whether those are made, on the first of them, that a sample of fewer rows could not judge: what is
        known to gain, and so many ``tries`` of others; None is as many as are cheap.
        """
        for sample in self.samples:
            if sample.n_rows >= _known(*start.mixture.shape) and not start.held:
                climb = _Climb(sample, kernel, ROUGH * max(tol, chance(start, sample.total)), memory)
                start, moves = climb.after(start, tries, moves=moves), False
        return start


def _known(n_components: int, n_features: int) -> int:
    return LARGER * sample_size(n_components, n_features)


@dataclass(frozen=True, eq=False)
class _Climb:
    """On one sample."""

    sample: Source
    kernel: Kernel
    tol: float
    memory: em.Memory | None

    def after(self, start: em.Climb, tries: int | None, *, moves: bool) -> em.Climb:
        """The start after the climb; the same where that collapses."""
        how: Any = {"tol": self.tol, "max_iter": LONGEST, "acceleration": "quasi-newton", "memory": self.memory}
        try:
            (end,) = em.run(self.sample, self.kernel, [start], **how)
        except CovarianceError:
            return start
        if moves and not end.held:
            end = self._improved(end, tries)
        return start if end.held else forgetful(end)

    def _improved(self, climb: em.Climb, tries: int | None) -> em.Climb:
        rng = np.random.default_rng(SEED)
        found = mover(self.sample, self.kernel, climb.objective, rng, tol=self.tol, memory=self.memory)
        return climb if found is None else found.improve(climb, tries=tries)
