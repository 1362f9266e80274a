"""Split and merge: from one optimum to a better one.

EM cannot carry a component across a gap: where two components share one group and another covers two, it stays. A
move merges a pair that loses little and splits a component that gains much (Ueda, Nakano, Ghahramani & Hinton 2000,
Neural Computation 12:2109). What a split gains at least and a union loses at most is known before: moves that gain are
made, all at once where they do not meet. Where components overlap others may end higher too, once all components have
come to rest: they are tried, and undone if they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from bactrian import em
from bactrian.acceleration import remaining
from bactrian.errors import CovarianceError
from bactrian.kernels import Kernel, Parameters
from bactrian.objective import Objective
from bactrian.sources import ArraySource, Source
from bactrian.starts.halves import Halves, Split
from bactrian.starts.noise_moves import NoiseMoves
from bactrian.starts.parts import NOISE, mixture_of, parts_of
from bactrian.starts.support import merit
from bactrian.starts.tops import apart
from bactrian.starts.unions import Union, cheapest_unions

PAIRS = 24  # pairs that lose least, for merging
EACH = 2  # moves tried with one split
TRIES = 8, 16  # moves that fail before the search ends: at least, and at most
ANEW = 6  # pairs that are fitted anew, at most
PATIENT = 50_000  # N D K up to which these are all followed to their ends, and about that of rows that stand for more
SCOUT = 6  # times K (D + 1) rows are these at least, but no more than half of all
SCOUTED = 4  # tops that are reached there are followed on all rows
ALIKE = 10  # times what may remain: climbs that have ended on one
CHEAP = 600_000  # N D K of all moves that are tried together, within those bounds
TOGETHER = 4  # moves that are tried side by side
RACE = 8  # iterations of these, then of the better half twice as many, and so on
TRIAL = 30  # iterations after which a move must promise to end higher
TO_THE_TOP = 300, "quasi-newton"  # iterations, and their acceleration
SHORT = 8  # iterations after a move that is known to gain
WORTH = 0.1  # part of what may remain that a move must gain


@dataclass(frozen=True, eq=False)
class Move:
    """``gain`` in nats, at least."""

    split: Split
    union: Union

    @property
    def gain(self) -> float:
        return self.split.gain - self.union.loss

    @property
    def touches(self) -> set[int]:
        return {self.split.c, self.union.i, self.union.j}


@dataclass(frozen=True, eq=False)
class Mover:
    """Moves over the rows of one source, for climbs of one objective."""

    source: ArraySource
    kernel: Kernel
    halves: Halves
    tol: float
    memory: em.Memory | None
    noise: NoiseMoves | None = None

    def improve(
        self, climb: em.Climb, *, tries: int | None = None, strides: bool = True, pairs: bool = False
    ) -> em.Climb:
        """The climb, or a better one that moves lead to.

        Parameters
        ----------
        tries : int
            Moves without a known gain that fail before the search ends; None is as many as are cheap.
        strides : bool
            Whether moves that gain are followed to the end; False is a short way.
        pairs : bool
            Whether pairs of components are fitted anew once no move leads higher.
        """
        tries = int(np.clip(CHEAP // self._size(climb), *TRIES)) if tries is None else tries
        better: em.Climb | None = None if climb.held else climb
        while better is not None and (self.noise is not None or pairs or climb.mixture.shape[0] > 2):
            climb = better
            moves = self.moves(climb)
            better = self.gainful(climb, moves, strides) or self.tried(climb, moves, tries)
            better = self.fitted_anew(climb) if better is None and pairs else better
        return climb

    def _size(self, climb: em.Climb) -> int:
        """N D K."""
        return self.source.n_rows * self.source.n_features * climb.mixture.shape[0]

    def moves(self, climb: em.Climb) -> list[Move]:
        """The most promising first."""
        source, parts = self.source, parts_of(climb.mixture)
        z = self.kernel.responsibilities(source.values, climb.mixture)
        unions = cheapest_unions(parts, z, source.weight, source.total, PAIRS, self.kernel)
        if self.noise is not None:
            unions = unions + self.noise.unions(climb.mixture, z)
        splits = self.halves.of(climb.mixture, z, min((union.loss for union in unions), default=np.inf))
        if self.noise is not None:
            splits = splits + self.noise.splits(climb.mixture, z)
        found = [Move(s, u) for s in splits for u in unions if s.c not in (u.i, u.j)]
        # out of the noise and into it at once: what is said of the gain is no more than a guess
        found += [m for m in (Move(s, u) for s in splits for u in unions if s.c == u.j == NOISE) if m.gain > 0]
        return sorted(found, key=lambda move: -move.gain)

    def gainful(self, climb: em.Climb, moves: Sequence[Move], strides: bool) -> em.Climb | None:
        """Where the moves that gain lead together, a short way or with strides to the end."""
        chosen: list[Move] = []
        for move in moves:
            if move.gain > self._worth and not any(move.touches & m.touches for m in chosen):
                chosen.append(move)
        while chosen:
            found = self._made(climb, chosen, strides)
            if found is not None:
                return found
            del chosen[len(chosen) // 2 :]  # one that leads to a component without support must not spoil the others
        return None

    def _made(self, climb: em.Climb, moves: Sequence[Move], strides: bool) -> em.Climb | None:
        try:
            start = em.Climb(climb.objective, self._after(climb, moves))
            (found,) = self._run([start], *(TO_THE_TOP if strides else (SHORT, None)))
        except CovarianceError:
            return None
        return self._if_better(climb, [found])

    def tried(self, climb: em.Climb, moves: Sequence[Move], tries: int) -> em.Climb | None:
        """Where the first move that turns out to be better leads."""
        used: dict[int, int] = {}
        lot: list[Move] = []
        for move in moves:
            if len(lot) == tries:
                break
            used[id(move.split)] = used.get(id(move.split), 0) + 1
            if used[id(move.split)] <= EACH:
                lot.append(move)
        return self._best_of(climb, lot)

    def fitted_anew(self, climb: em.Climb) -> em.Climb | None:
        """Where pairs of components that lose least as one lead, fitted anew on the rows that they hold together.

        It moves what lies between two components, which merging one pair and splitting another cannot.
        """
        parts, z = parts_of(climb.mixture), self.kernel.responsibilities(self.source.values, climb.mixture)
        unions = cheapest_unions(parts, z, self.source.weight, self.source.total, ANEW, self.kernel)
        if not unions:
            return None
        pairs = reduce(add, (union.one for union in unions))
        together = np.stack([z[:, union.i] + z[:, union.j] for union in unions], axis=1)

        def after(split: Split) -> Parameters:
            union = unions[split.c]
            two = replace(split.two, weights=float(union.one.weights[0]) * split.two.weights)
            return mixture_of(parts.replaced([union.i, union.j], two), self.source.total, climb.objective)

        splits = self.halves.anew(climb.mixture, pairs, together)
        if self._size(climb) > PATIENT:
            return self._scouted(climb, map(after, splits))
        for begin in range(0, len(splits), TOGETHER):
            found = self._followed(climb, map(after, splits[begin : begin + TOGETHER]))
            if found is not None:
                return found
        return None

    def _followed(self, climb: em.Climb, mixtures: Iterable[Parameters]) -> em.Climb | None:
        """Where they lead if that is better; some creep for long before they rise."""
        try:
            found = self._run([em.Climb(climb.objective, mixture) for mixture in mixtures], *TO_THE_TOP)
        except CovarianceError:
            return None
        return self._if_better(climb, found)

    def _scouted(self, climb: em.Climb, mixtures: Iterable[Parameters]) -> em.Climb | None:
        """Where the best lead that have been followed on some of the rows, which is cheap.

        The mixture at hand is followed there too: from its top on some rows another one of all may be in reach (Elidan,
        Ninio, Friedman & Schuurmans 2002, AAAI: data perturbation).
        """
        k, d = climb.mixture.shape
        n = min(max(PATIENT // (k * d), SCOUT * k * (d + 1)), self.source.n_rows // 2)
        some = self.source.sample(n, self.halves.rng)
        try:
            climbs = [em.Climb(climb.objective, mixture) for mixture in (climb.mixture, *mixtures)]
            ends = [end for end in self._run(climbs, *TO_THE_TOP, source=some) if not end.held]
        except CovarianceError:
            return None
        best = apart(sorted(ends, key=lambda end: -end.value), ALIKE * self.tol * some.total)
        return self._followed(climb, (end.mixture for end in best[:SCOUTED]))

    def _best_of(self, climb: em.Climb, moves: Sequence[Move]) -> em.Climb | None:
        """The first that turns out to be better, each lot by what is left of it after races."""
        for begin in range(0, len(moves), TOGETHER):
            found = self._raced(climb, moves[begin : begin + TOGETHER])
            if found is not None:
                return found
        return None

    def _raced(self, climb: em.Climb, moves: Sequence[Move]) -> em.Climb | None:
        try:
            climbs = [em.Climb(climb.objective, self._after(climb, [move])) for move in moves]
            length, made = RACE, 0
            while climbs and made < TRIAL:
                climbs = [c for c in self._run(climbs, length, None) if self._promises(c, climb)]
                climbs = sorted(climbs, key=lambda c: -c.value)[: max(1, len(climbs) // 2)]
                made, length = made + length, 2 * length
            found = self._run(climbs, *TO_THE_TOP) if climbs else []
        except CovarianceError:
            return None
        return self._if_better(climb, found)

    def _run(
        self, climbs: list[em.Climb], max_iter: int, acceleration: str | None, source: Source | None = None
    ) -> list[em.Climb]:
        rows = self.source if source is None else source
        return em.run(
            rows, self.kernel, climbs, tol=self.tol, max_iter=max_iter, acceleration=acceleration, memory=self.memory
        )

    def _promises(self, found: em.Climb, climb: em.Climb) -> bool:
        """Whether it may still end higher."""
        promise = remaining(found.history)
        return not found.held and not (np.isfinite(promise) and found.value + promise < self._aim(climb))

    @property
    def _worth(self) -> float:
        return WORTH * self.tol * self.source.total

    def _aim(self, climb: em.Climb) -> float:
        return climb.value + self._worth

    def _if_better(self, climb: em.Climb, found: Sequence[em.Climb]) -> em.Climb | None:
        best = max(found, key=lambda c: merit(c, self.source), default=climb)
        higher = best.value > self._aim(climb) and merit(best, self.source) > merit(climb, self.source)
        return best if higher else None

    def _after(self, climb: em.Climb, moves: Sequence[Move]) -> Parameters:
        """The mixture after moves that do not meet: a merged pair in one place, half of a split in the other."""
        parts = parts_of(climb.mixture)
        for move in moves:
            share = _weight_of(climb.mixture, move.split.c)
            two = move.split.two
            new = move.union.one + replace(two, weights=share * two.weights)
            parts = parts.replaced([c for c in (move.union.i, move.split.c, move.union.j) if c != NOISE], new)
        return mixture_of(parts, self.source.total, climb.objective)


def _weight_of(mixture: Parameters, c: int) -> float:
    if c != NOISE:
        return float(mixture.weights[c])
    return 0.0 if mixture.noise is None else mixture.noise.weight


def mover(
    source: Source,
    kernel: Kernel,
    objective: Objective,
    rng: np.random.Generator,
    *,
    tol: float,
    memory: em.Memory | None = None,
) -> Mover | None:
    """Who makes moves over the rows of a source; None where it cannot be done.

    Parameters
    ----------
    tol : float
        Nats per row that may remain to be gained after a move.
    """
    if not isinstance(source, ArraySource):
        return None
    noise = None if objective.noise is None else NoiseMoves(source, kernel, objective, rng)
    return Mover(source, kernel, Halves(source, kernel, objective, rng), tol, memory, noise)
