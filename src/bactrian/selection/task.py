"""What a search is asked to do, and what its observer is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bactrian import em
from bactrian.families import Family, Floor
from bactrian.kernels import Kernel, Parameters
from bactrian.noise import NoiseModel
from bactrian.objective import Objective
from bactrian.priors import ConjugatePrior
from bactrian.selection.candidate import Candidate
from bactrian.sources import Source
from bactrian.starts import Hierarchy, Levels
from bactrian.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Progress:
    """What an observer is told after each pass over the rows."""

    candidate: int  # from 0
    n_candidates: int
    n_components: int
    family: str
    n_iter: int
    log_likelihood: float
    best: Candidate | None = None  # so far, among those that have ended
    criterion: str = "bic"

    @property
    def done(self) -> int:
        return self.candidate

    @property
    def total(self) -> int:
        return self.n_candidates

    def __str__(self) -> str:
        now = f"fitting K={self.n_components} {self.family}, iteration {self.n_iter}"
        if self.best is None:
            return now
        value = getattr(self.best, self.criterion)
        return f"{now}; best so far K={self.best.n_components} {self.best.family}, {self.criterion.upper()} {value:.2f}"


@dataclass(frozen=True, eq=False)
class Task:
    """All that a search needs and that stays the same for every candidate.

    ``start`` : None (k-means++), a mixture's parameters, labels (N,), responsibilities (N, K) or a tree for any K.
    ``search`` : whether starts are looked for by more than short climbs from k-means++.
    ``clean`` : the source without the rows that begin as noise. ``numbered`` : components keep the user's numbers.
    """

    source: Source
    kernel: Kernel
    floor: Floor
    start: Parameters | FloatArray | IntArray | Hierarchy | None
    n_init: int
    tol: float
    max_iter: int
    rng: np.random.Generator
    observe: Callable[[Progress], None] | None = None
    floor_is_given: bool = False
    prior: ConjugatePrior | None = None
    equal_weights: bool = False
    noise: NoiseModel | None = None
    clean: Source | None = None
    acceleration: str | None = "quasi-newton"
    search: bool = True
    memory: em.Memory | None = None

    def objective(self, family: Family, n_components: int) -> Objective:
        """What a candidate maximises."""
        source, prior = self.source, None
        if self.prior is not None:
            moments = source.moments
            prior = self.prior.about(moments.mean, moments.covariance, source.total, n_components)
        noise = None if self.noise is None else self.noise.log_density
        return Objective(family, self.floor, prior, self.equal_weights, noise)

    @cached_property
    def levels(self) -> Levels | None:
        """Larger samples, where starts are found on one: those of the user are climbed from as they are."""
        given = self.start is not None and not isinstance(self.start, Hierarchy)
        return None if given or self.tol == 0 else Levels(self.source)

    @property
    def numbered(self) -> bool:
        """Whether the user gave the components their numbers, which they then keep."""
        given = self.start is not None and not isinstance(self.start, Hierarchy)
        return given or bool(len(self.source.anchored))
